"""demo: a server with a sample coverage that goes from its first entry to its end while one watches."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import shutil
import signal
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from feed_client import FeedProblem
from feed_client.producer import new_key
from feed_client.requests import Requests
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TextColumn
from rich.rule import Rule
from rich.text import Text

from feed.errors import FeedError, SettingsError
from feed.settings import Settings

from .access import run
from .console import note, out
from .listening import why_not_listening
from .prose import clean

if TYPE_CHECKING:
    from feed.demo.script import Script, Step

app = typer.Typer()

HOST = "127.0.0.1"
STARTS_WITHIN_S = 60.0
STOPS_WITHIN_S = 20.0

_SIGNS = {
    "create": ("○", "cyan"),
    "publish": ("●", "green"),
    "revise": ("✎", "yellow"),
    "retract": ("✗", "red"),
    "delete": ("–", "red"),
    "pin": ("▲", "cyan"),
    "unpin": ("△", "cyan"),
    "change": ("≡", "magenta"),
    "end": ("■", "bold"),
}


class ServerStopped(FeedError):
    code, title = "server_stopped", "The server stopped"


@app.command(rich_help_panel="Server")
def demo(
    port: Annotated[
        int | None,
        typer.Option(
            "--port", help="8000 if left out, or a free one if that is taken.", min=0, max=65_535, show_default=False
        ),
    ] = None,
    speed: Annotated[float, typer.Option("--speed", metavar="X", help="So many times as fast.", min=0.01)] = 1.0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Keep it here; thrown away if left out.", show_default=False),
    ] = None,
    leave: Annotated[bool, typer.Option("--exit", help="Stop when the coverage has ended.")] = False,
) -> None:
    """Watch a sample coverage happen.

    Three minutes: entries, corrections, a retraction, the end. The page stays up until Ctrl-C.

    [dim]feed demo --speed 4[/dim]
    """
    with contextlib.ExitStack() as stack:
        if data is None:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="feed-demo-")))
        data = data.absolute()
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        run(_demo(data, _usable(port), speed, browser, leave))


def _usable(port: int | None) -> int:
    wanted = 8000 if port is None else port
    problem = why_not_listening(HOST, wanted) if wanted else None
    if problem is None:
        return wanted
    if port is not None:
        raise SettingsError(f"Port {port} cannot be used: {problem}. Choose another with --port, or 0 for a free one.")
    note(f"Port {wanted} cannot be used ({problem}), so this takes a free one.")
    return 0


async def _demo(data: Path, port: int, speed: float, browser: bool, leave: bool) -> None:
    task = asyncio.current_task()
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True
        if task is not None:
            task.cancel()

    # What stops a service must not leave the files behind.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    try:
        async with _server(data, port) as (url, token, process):
            await _perform(url, token, process, speed, browser, leave)
    except asyncio.CancelledError:
        if stopped:
            raise typer.Exit(128 + signal.SIGTERM) from None
        raise


async def _perform(
    url: str, token: str, process: asyncio.subprocess.Process, speed: float, browser: bool, leave: bool
) -> None:
    from feed.demo.script import load_script

    script = load_script()
    page = f"{url}/c/{script.coverage}"
    out.print()
    out.print(Padding(Text.assemble(("Feed", "bold"), "  a sample coverage, live at"), (0, 0, 0, 2), expand=False))
    out.print(Padding(Text(page, f"bold cyan underline link {page}"), (0, 0, 0, 2), expand=False))
    follow = f"{_program()} tail {script.coverage}" + ("" if url.endswith(":8000") else f" --url {url}")
    # Not broken into lines: it is there to be copied.
    out.print(Text(f"\n  or in another terminal: {follow}\n", "dim"), soft_wrap=True)
    acting = asyncio.create_task(_act(url, token, script, speed, page if browser else None))
    ending = asyncio.create_task(process.wait())
    try:
        await asyncio.wait((acting, ending), return_when=asyncio.FIRST_COMPLETED)
        if not acting.done():
            raise ServerStopped("The server stopped in the middle of the demo.")
        await acting
        if leave:
            return
        out.print(Text("  The page stays as it is now. Ctrl-C stops the server.", "dim"))
        await ending
        raise ServerStopped("The server stopped.")
    finally:
        acting.cancel()
        ending.cancel()
        await asyncio.gather(acting, ending, return_exceptions=True)


def _program() -> str:
    """`feed` as one can type it here: with its folder, if that is where no other program is looked for."""
    installed = Path(sys.executable).with_name("feed")
    if shutil.which("feed") or not installed.exists():
        return "feed"
    return min(str(installed), os.path.relpath(installed), key=len)


async def _act(url: str, token: str, script: Script, speed: float, page: str | None) -> None:
    """Everything that is there from the start, then the browser, then the rest in its time."""
    from feed.demo.script import steps

    requests = Requests(url, token, deadline_s=30)
    todo = steps(script, datetime.now(UTC))
    try:
        with _Show(script, speed) as show:
            for step in todo:
                if step.delay_s and page:
                    # Browsers may take their time to start, or print to the terminal.
                    await asyncio.to_thread(webbrowser.open, page)
                    page = None
                await show.wait(step)
                if await _send(requests, step):
                    show.done(step)
                elif step.do == "create":
                    show.old(step)
                    if step.body["id"] == script.coverage:
                        return
    finally:
        await requests.close()


async def _send(requests: Requests, step: Step) -> bool:
    """False where an earlier run of the demo, in the same data directory, has done it."""
    try:
        await requests.send_json(
            step.method, step.path.removeprefix("/v1"), step.body, headers={"Idempotency-Key": new_key()}
        )
    except FeedProblem as problem:
        if problem.code == "coverage_exists":
            return False
        raise
    return True


class _Show:
    """A line for each step, and below them a bar that shows how far the night has gone."""

    def __init__(self, script: Script, speed: float) -> None:
        self._speed = speed
        self._progress = Progress(
            TextColumn("  [dim]{task.fields[clock]}[/dim]"),
            BarColumn(bar_width=48, complete_style="cyan", finished_style="cyan"),
            TextColumn("[dim]{task.fields[left]}[/dim]"),
            console=out,
            transient=True,
            disable=not out.is_terminal,
        )
        self._bar = self._progress.add_task("", total=script.duration_s, clock=_clock(0), left="")
        self._at = 0.0
        self._total = script.duration_s

    def __enter__(self) -> _Show:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    async def wait(self, step: Step) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while (passed := (loop.time() - began) * self._speed) < step.delay_s:
            self._move(self._at + passed)
            await asyncio.sleep(min(0.2, (step.delay_s - passed) / self._speed))
        self._at = step.at_s
        self._move(self._at)

    def _move(self, at: float) -> None:
        left = f"{_clock((self._total - at) / self._speed)} left"
        self._progress.update(self._bar, completed=at, clock=_clock(at), left=left)

    def done(self, step: Step) -> None:
        sign, style = _SIGNS.get(step.do, ("·", ""))
        # Before the first reader comes nothing has happened yet.
        line = Text.assemble((f"  {_clock(step.at_s)}  ", "dim"), (sign, style), "  ")
        line.append(clean(step.says), "dim" if step.at_s == 0 else "")
        self._progress.console.print(line, no_wrap=True, overflow="ellipsis")
        if step.do == "end":
            self._progress.console.print(Rule(style="dim"), width=min(out.width, 72))

    def old(self, step: Step) -> None:
        self._progress.console.print(Text(f"  “{clean(step.body['title'])}” is here from an earlier run.", "dim"))


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


@asynccontextmanager
async def _server(data: Path, port: int) -> AsyncIterator[tuple[str, str, asyncio.subprocess.Process]]:
    """A server in a process of its own: its address, its admin token, the process."""
    # Whoever ends the demo waits for nobody who still reads it.
    token = secrets.token_urlsafe(24)
    settings = Settings.load({}, host=HOST, port=port, data=data, admin_token=token, drain_window=0)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FEED_")}
    with open(data / "server.log", "ab") as log:  # noqa: ASYNC230 - nothing else runs yet
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "feed.cli.attached",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            env=kept | settings.environment() | {"PYTHONUNBUFFERED": "1"},
            # Ctrl-C is for us: the server is stopped when everything else is done.
            start_new_session=True,
        )
    try:
        yield await _address(process, data / "server.log"), settings.admin_token or "", process
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(STOPS_WITHIN_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _address(process: asyncio.subprocess.Process, log: Path) -> str:
    said = ""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STARTS_WITHIN_S):
            while process.stdout is not None and (line := (await process.stdout.readline()).decode()):
                said += line
                if found := re.search(r"listening on (http://\S+)", line):
                    return found[1]
    last = (await asyncio.to_thread(log.read_text, errors="replace")).strip().splitlines()[-5:]
    raise ServerStopped("The server did not start. It said:\n" + "\n".join([*said.splitlines(), *last]))
