"""tail: follow a coverage in the terminal until it ends."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any

import typer
from feed_client import Message, Timeline, follow
from feed_client.session import Reconnect
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from .access import find_token, producer, run
from .console import note, out, print_json
from .entry_view import MEASURE, TIME_WIDTH, entry_view, local
from .options import DEFAULT_URL, AsJson, CoverageId, Token, Url
from .prose import Paragraph, address, clean, inline

app = typer.Typer()


@app.command(rich_help_panel="Reading")
def tail(
    coverage: CoverageId,
    after: Annotated[
        str | None,
        typer.Option("--after", metavar="CURSOR", help="Only what came after this cursor.", show_default=False),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="Entries to begin with.", min=1, max=500)] = 50,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Follow a coverage until it ends.

    [dim]feed tail budget[/dim]

    [dim]feed tail budget --json | jq -r 'select(.type == "entry.published").entry.headline'[/dim]
    """
    run(_tail(coverage, after, limit, url, token, as_json))


async def _tail(coverage: str, after: str | None, limit: int, url: str, token: str | None, as_json: bool) -> None:
    async with producer(url, token) as server:
        # Says at once, and better than a websocket can, that there is no server or no such coverage.
        await server.get(coverage)
    screen = Screen(url)
    messages = follow(
        url, coverage, after, find_token(url, token), limit, on_pause=None if as_json else screen.show_pause
    )
    async with aclosing(messages):
        async for message in messages:
            if as_json:
                print_json(message)
            else:
                screen.show(message)


class Screen:
    """Prints what each message changes."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._timeline = Timeline()
        self._day: str | None = None
        # What to say when it goes on.
        self._resumed = ""

    def show(self, message: Message) -> None:
        before = self._timeline.coverage
        gone = self._timeline.entry(message["id"]) if message["type"] == "entry.deleted" else None
        changed = self._timeline.apply(message)
        match message["type"]:
            case "snapshot":
                self._show_page(message)
            case "entry.published" | "entry.retracted":
                self._show_entry(message["entry"])
            case "entry.revised":
                self._show_entry(message["entry"], mark="edited")
            # In a replay the log has it in the place of every earlier change of that entry.
            case "entry.deleted" if changed:
                self._show_deleted(message, gone)
            case "coverage.changed":
                self._show_head(before or {}, message["coverage"])
            case "coverage.reopened":
                self._event(Text("The coverage goes on.", "bold green"))
            case "coverage.ended":
                self._show_end(message["coverage"])
            case "error":
                self._resumed = "… the server has news again"
                note(Text("… connected, but the server gets nothing new for the time being", "yellow dim"))
            case "live":
                self._show_live()

    def show_pause(self, pause: Reconnect) -> None:
        self._resumed = "… connected again"
        note(Text(f"… {pause.why}; trying again in {pause.delay_s:.0f} s", "yellow dim"))

    def _show_page(self, message: Message) -> None:
        coverage = message["coverage"]
        self._day = None
        out.print()
        out.print(Padding(Text(clean(coverage["title"]), "bold"), (0, 0, 0, TIME_WIDTH)))
        if summary := coverage.get("summary"):
            out.print(_beside("", inline(summary)))
        for number, point in enumerate(coverage.get("key_points", [])):
            if number == 0:
                out.print()
            out.print(_beside("" if number else "key points", Paragraph(inline(point), "• ")))
        if coverage["status"] == "scheduled" and (begins := coverage.get("starts_at")):
            out.print(_beside("begins", Text(f"{local(begins):%A %d %B %Y, %H:%M %Z}", "bold")))
        out.print()
        if message.get("next"):
            self._event(Text("There are older entries: --limit shows more.", "dim"))
        for entry in reversed(message["entries"]):
            self._show_entry(entry)

    def _show_entry(self, entry: Mapping[str, Any], mark: str | None = None) -> None:
        self._show_day(entry["display_at"])
        pinned = (self._timeline.coverage or {}).get("pin") == entry["id"]
        self._print(entry_view(entry, self._server, mark=mark, pinned=pinned))

    def _show_day(self, moment: str) -> None:
        day = f"{local(moment):%A %d %B %Y}"
        if day != self._day:
            self._day = day
            out.print(Rule(Text(day, "dim"), style="dim", align="left"), width=_width())
            out.print()

    def _show_deleted(self, deleted: Mapping[str, Any], entry: Mapping[str, Any] | None) -> None:
        what = f"“{entry['headline']}”" if entry and entry.get("headline") else f"Entry {deleted['id']}"
        reason = f": {deleted['reason']}" if deleted.get("reason") else "."
        self._event(Text.assemble((clean(f"{what} was taken down"), "bold red"), (clean(reason), "red")))

    def _show_head(self, before: Mapping[str, Any], coverage: Mapping[str, Any]) -> None:
        """Only what differs: most changes are to one field."""
        if coverage["title"] != before.get("title"):
            self._event(Text.assemble(("Title  ", "dim"), (clean(coverage["title"]), "bold")))
        if coverage.get("summary") != before.get("summary") and coverage.get("summary"):
            self._event(Text.assemble(("Summary  ", "dim"), inline(coverage["summary"])))
        if coverage.get("key_points", []) != before.get("key_points", []):
            points = [Paragraph(inline(point), "• ") for point in coverage.get("key_points", [])]
            self._event(Group(Text("Key points", "dim"), *points))
        if (pin := coverage.get("pin")) != before.get("pin"):
            entry = self._timeline.pinned or {}
            what = clean(str(entry.get("headline") or pin))
            self._event(Text.assemble(("Pinned  ", "dim"), what) if pin else Text("Nothing is pinned.", "dim"))

    def _show_end(self, coverage: Mapping[str, Any]) -> None:
        when = local(coverage.get("ended_at") or coverage["updated_at"])
        out.print(Rule(Text("This live page has now been closed", "bold"), style="dim"), width=_width())
        out.print()
        out.print(_beside("", Text.assemble((clean(coverage["title"]), "bold"))))
        out.print(_beside("", Text(f"Ended {when:%d %B %Y, %H:%M %Z}", "dim")))
        if successor := coverage.get("successor"):
            out.print(_beside("continues", Text(clean(successor["title"]), "cyan")))
            out.print(_beside("", Text(address(self._server, successor["url"]), "cyan underline")))
        out.print()

    def _show_live(self) -> None:
        if self._resumed:
            note(self._resumed)
            self._resumed = ""
        elif not self._timeline.ended:
            note(Text("● ", "bold red").append("live", "not bold dim"))

    def _event(self, text: RenderableType) -> None:
        self._print(_beside(f"{datetime.now().astimezone():%H:%M}", text))

    @staticmethod
    def _print(what: RenderableType) -> None:
        out.print(what)
        out.print()


def _beside(left: str, right: RenderableType) -> Table:
    grid = Table.grid(padding=0)
    grid.add_column(width=TIME_WIDTH, style="dim")
    grid.add_column(max_width=MEASURE)
    grid.add_row(left, right)
    return grid


def _width() -> int:
    return min(out.width, TIME_WIDTH + MEASURE)
