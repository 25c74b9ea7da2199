"""import and export: a coverage from a file, a coverage into a file."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from feed_client import FeedProblem
from feed_client.message import Json
from rich import box
from rich.console import Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from .access import producer, run
from .console import done, err, note, out, print_error, print_json
from .delivery import Delivery, Outcome, coverage_id
from .options import DEFAULT_URL, AsJson, CoverageId, Token, Url, file_bytes, text_option
from .prose import clean
from .receipt import facts, link

if TYPE_CHECKING:
    # Most commands end before the importers would be loaded.
    from feed.exchange import Imported, Note

app = typer.Typer()
PANEL = "In and out"

# A server that restarts in the middle of a long import is waited for.
PATIENCE_S = 30.0
NOTES_WIDTH = 110

_KINDS = {"left_out": ("left out", "bold red"), "changed": ("changed", "yellow"), "assumed": ("assumed", "dim")}


@app.command("import", rich_help_panel=PANEL)
def import_(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="- reads stdin."),
    ],
    coverage: Annotated[
        str | None,
        text_option("--coverage", help="Where it goes; made from the title if left out.", metavar="ID"),
    ] = None,
    speed: Annotated[
        float | None,
        typer.Option(
            "--speed",
            metavar="X",
            help="Replay it as it happened, X times as fast; all at once if left out.",
            min=0.0,
            show_default=False,
        ),
    ] = None,
    format: Annotated[  # noqa: A002
        str | None,
        text_option(
            "--format",
            help="If not recognised by itself: feed, livepage, jsonld, jsonfeed, rss, atom, guardian or superdesk.",
            metavar="FORMAT",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only read it and say what would be lost.")] = False,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Bring a live page in.

    It may be a page or JSON with LiveBlogPosting, JSON Feed, RSS, Atom, the plain text of a page, or our own export.

    Doing it twice does nothing twice. What could not be carried over is listed line by line.

    [dim]feed import page.html --coverage budget[/dim]

    [dim]feed import old.json --speed 60[/dim]
    """
    from feed.exchange import read

    imported = read(file_bytes(file, "FILE"), format=format, name=file.name)
    if dry_run:
        outcome = Outcome(coverage or coverage_id(imported))
    else:
        outcome = run(_deliver(imported, coverage or coverage_id(imported), speed or None, url, token))
    notes = [*imported.notes, *(_refusal(entry, reason) for entry, reason in outcome.refused.items())]
    if as_json:
        print_json(_document(imported, outcome, notes))
    else:
        _print_notes(notes)
        _print_totals(imported, outcome, notes, url, dry_run)
    if outcome.refused:
        raise typer.Exit(1)


@app.command(rich_help_panel=PANEL)
def export(
    coverage: CoverageId,
    format: Annotated[  # noqa: A002
        Literal["json", "html", "jsonfeed"],
        typer.Option("--format", help="json can be imported again; html and jsonfeed are for reading."),
    ] = "json",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="PATH", help="A file; stdout if left out.", show_default=False),
    ] = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
) -> None:
    """Write a coverage into a file.

    It holds the head, every entry as readers have it now, and as JSON the earlier revisions, which import leaves aside.
    What was deleted is not in it, nor are cursors, tokens and the pictures' files.

    [dim]feed export budget --output budget.json[/dim]
    """
    from feed import exchange

    head, entries, revisions = run(_collect(coverage, url, token, histories=format == "json"))
    match format:
        case "json":
            data = exchange.export_json(head, entries, revisions=revisions)
        case "html":
            data = exchange.export_html(head, entries, base_url=url)
        case "jsonfeed":
            data = exchange.export_jsonfeed(head, entries, base_url=url)
    if output is None or str(output) == "-":
        sys.stdout.buffer.write(data)
        return
    output.write_bytes(data)
    note(Text.assemble(("✓ ", "bold green"), f"{_entries(len(entries))}, {len(data) / 1024:.0f} KB, in {output}"))


async def _collect(
    coverage: str, url: str, token: str | None, *, histories: bool
) -> tuple[Json, list[Json], dict[str, list[Json]]]:
    """Head, entries and their histories as of one moment: read again when the coverage moved on meanwhile."""
    async with producer(url, token, deadline_s=PATIENCE_S) as server:
        while True:
            head = await server.get(coverage)
            entries = [entry async for entry in server.entries(coverage, limit=500)]
            changed = [entry["id"] for entry in entries if entry["revision"] > 1] if histories else []
            try:
                revisions = {entry: await server.revisions(coverage, entry) for entry in changed}
            except FeedProblem as problem:
                if problem.code == "entry_deleted":
                    continue
                raise
            if (await server.get(coverage))["cursor"] == head["cursor"]:
                del head["cursor"]
                return head, entries, revisions


async def _deliver(imported: Imported, coverage: str, speed: float | None, url: str, token: str | None) -> Outcome:
    with Progress(
        TextColumn("[dim]{task.description}[/dim]"),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as progress:
        bar = progress.add_task("entries", total=len(imported.entries))
        async with producer(url, token, deadline_s=PATIENCE_S) as server:
            return await Delivery(server, imported, coverage, speed, lambda n: progress.advance(bar, n)).run()


def _refusal(entry: str, reason: str) -> Note:
    from feed.exchange import Note

    return Note(kind="left_out", where=f"entry {entry}", message=f"the server refused it: {reason}")


def _print_notes(notes: Sequence[Note]) -> None:
    """Each with its line of the file, what happened, and below it what the file has there."""
    if not notes:
        return
    lines = any(one.line is not None for one in notes)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_header=lines, width=min(out.width, NOTES_WIDTH))
    if lines:
        table.add_column("line", justify="right", style="dim", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("where and what", ratio=1)
    for one in notes:
        name, style = _KINDS[one.kind]
        what: list[RenderableType] = [Text.assemble((clean(one.where), "bold"), f"  {clean(one.message)}")]
        if one.excerpt:
            # The line break in a heading of the file is none of the table's.
            excerpt = " ".join(clean(one.excerpt).split())
            what.append(Text(excerpt, "dim", no_wrap=True, overflow="ellipsis"))
        table.add_row(*([str(one.line or "")] if lines else []), Text(name, style), Group(*what))
    out.print(table)


def _print_totals(imported: Imported, outcome: Outcome, notes: Sequence[Note], url: str, dry_run: bool) -> None:
    kinds = Counter(one.kind for one in notes)
    totals = facts(
        format=imported.format,
        entries=len(imported.entries),
        published=None if dry_run else str(len(outcome.published)),
        **{"already there": len(outcome.existing) or None},
        refused=len(outcome.refused) or None,
        retracted=outcome.retracted or None,
        images=_images(imported),
        **{"left out": str(kinds["left_out"])},
    )
    what = "Read" if dry_run else "Imported" if outcome.published or outcome.created else "Nothing new"
    title = Text(clean(str(imported.coverage["title"])))
    if dry_run:
        done(what, title, totals)
        return
    done(what, title, totals, link(f"{url.rstrip('/')}/c/{outcome.coverage}"))
    if outcome.refused:
        print_error(f"The server refused {_entries(len(outcome.refused))}: see the table.")


def _document(imported: Imported, outcome: Outcome, notes: Sequence[Note]) -> dict[str, Any]:
    return {
        "coverage": outcome.coverage,
        "format": imported.format,
        "entries": len(imported.entries),
        "images": _images(imported),
        "created": outcome.created,
        "published": outcome.published,
        "existing": outcome.existing,
        "refused": outcome.refused,
        "retracted": outcome.retracted,
        "ended": outcome.ended,
        "notes": [
            {name: getattr(one, name) for name in ("kind", "line", "where", "message", "excerpt")} for one in notes
        ],
    }


def _entries(count: int) -> str:
    return f"{count} entr{'y' if count == 1 else 'ies'}"


def _images(imported: Imported) -> int:
    return sum(_images_of(entry) for entry in imported.entries)


def _images_of(entry: Mapping[str, Any]) -> int:
    blocks = entry.get("blocks") or []
    alone = sum(1 for block in blocks if block["type"] == "image")
    together: int = sum(len(block["images"]) for block in blocks if block["type"] == "gallery")
    return alone + together + len(entry.get("images") or ())
