"""Processes of a run: started on their cores, never outliving the run, and what /proc says about them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from .machine import BenchError

# Programs that a server starts beside itself: its store, and the shell that guards the store.
ASIDE = ("valkey-server", "redis-server", "sh", "dash", "bash")
STOP_S = 15.0


class ServerProcess:
    """A child on its cores. What it prints goes to `log`, where it is also looked for."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        cores: Collection[int],
        log: Path,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
    ) -> None:
        self._log = log
        self._command = command
        with log.open("wb") as output, on_cores(cores):
            self._process = subprocess.Popen(  # noqa: S603
                guarded(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(os.environ if environment is None else environment),
                cwd=directory,
                # Ctrl-C is for the driver, which then stops its children one by one.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def printed(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait_printed(self, text: str, within_s: float = 30) -> str:
        """The rest of the line after `text`. Raises BenchError if that does not come."""
        deadline = time.monotonic() + within_s
        while True:
            before, found, after = self.printed.partition(text)
            if found and "\n" in after:
                return after.partition("\n")[0].strip()
            if not self.is_running or time.monotonic() > deadline:
                last = "\n".join((before + found + after).splitlines()[-8:])
                raise BenchError(f"{Path(self._command[0]).name} did not start:\n{last}")
            time.sleep(0.01)

    def stop(self) -> None:
        """SIGTERM, then SIGKILL; afterwards nothing of it runs."""
        family = descendants(self.pid)
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pid, started in family.items():
            # The number may have been given to somebody else by now.
            if started is not None and start_time(pid) == started:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def guarded(command: Sequence[str]) -> Sequence[str]:
    """Ended by the kernel when the driver dies, be it by SIGKILL."""
    guard = shutil.which("setpriv")
    return (guard, "--pdeathsig", "TERM", "--", *command) if guard else command


@contextlib.contextmanager
def on_cores(cores: Collection[int]) -> Iterator[None]:
    """What is started inside runs on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def ending_in_order() -> Iterator[None]:
    """Signals that would end the driver at once raise SystemExit instead, so that every child is stopped."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, leave) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


# ---------------------------------------------------------------- /proc


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, beginning with the state; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def start_time(pid: int) -> str | None:
    fields = _stat(pid)
    return fields[19] if fields else None


def descendants(pid: int) -> dict[int, str | None]:
    """The process and all it started, directly or not, in order of their start; each with its start time."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents[int(entry.name)] = int(fields[1])
    family = [pid]
    for member in family:
        family += sorted(child for child, parent in parents.items() if parent == member)
    return {member: start_time(member) for member in family}


def split_family(pid: int) -> tuple[list[int], list[int]]:
    """The server's own processes, and those beside it."""
    own: list[int] = []
    aside: list[int] = []
    for member in descendants(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            name = Path(f"/proc/{member}/comm").read_text().strip()
            (aside if name in ASIDE else own).append(member)
    return own, aside


def pin(pids: Collection[int], cores: Collection[int]) -> None:
    """Moves running processes, all their threads."""
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), cores)
