"""create, change, end, reopen, list: what a producer does with a coverage."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from .access import producer, run
from .console import note, out, print_json
from .options import (
    DEFAULT_URL,
    AsJson,
    CoverageId,
    Key,
    ReceiptAsJson,
    Token,
    Url,
    clear_option,
    cleared,
    given,
    plain_address,
    text_option,
    titled_link,
)
from .prose import clean
from .receipt import print_coverage_receipt

app = typer.Typer()
PANEL = "Coverages"
HEAD = "Head of the page"
HEAD_FIELDS = (
    "summary", "key_points", "language", "timezone", "starts_at", "image", "links", "labels", "authors", "adverts",
    "pin",
)  # fmt: skip

Status = Literal["scheduled", "live", "ended"]
Visibility = Literal["public", "unlisted", "private"]

Summary = Annotated[str | None, text_option("--summary", help="Standfirst, inline HTML.", metavar="HTML", panel=HEAD)]
KeyPoints = Annotated[
    list[str] | None,
    text_option("--key-point", help="One line of the key points, inline HTML. Repeat it.", metavar="HTML", panel=HEAD),
]
Language = Annotated[str | None, text_option("--language", help="As in en, ar, hy.", metavar="TAG", panel=HEAD)]
Timezone = Annotated[
    str | None, text_option("--timezone", help="The newsroom's, as in Europe/London.", metavar="ZONE", panel=HEAD)
]
StartsAt = Annotated[
    str | None, text_option("--starts-at", help="When it will begin, RFC 3339.", metavar="TIME", panel=HEAD)
]
Seen = Annotated[
    Visibility | None,
    typer.Option("--visibility", help="Who may see it.", show_default=False, rich_help_panel=HEAD),
]
Image = Annotated[str | None, text_option("--image", help="Picture of the coverage.", metavar="URL", panel=HEAD)]
Alt = Annotated[str | None, text_option("--alt", help="What the picture shows.", panel=HEAD)]
Links = Annotated[
    list[str] | None,
    text_option("--link", help="Related page: 'Title https://…'. Repeat it.", metavar="LINK", panel=HEAD),
]
Labels = Annotated[list[str] | None, text_option("--label", help="Repeat it.", panel=HEAD)]
Authors = Annotated[list[str] | None, text_option("--author", help="Name. Repeat it.", metavar="NAME", panel=HEAD)]
AdvertsEvery = Annotated[
    int | None,
    typer.Option(
        "--adverts-every", metavar="N", help="Place for an advertisement after N entries.", min=1, max=50,
        show_default=False, rich_help_panel=HEAD,
    ),
]  # fmt: skip
AdvertsLabel = Annotated[str | None, text_option("--adverts-label", help="What stands above each.", panel=HEAD)]
AdvertsHeight = Annotated[
    int | None,
    typer.Option(
        "--adverts-height", metavar="PX", help="How high each is. [250]", min=50, max=1_200,
        show_default=False, rich_help_panel=HEAD,
    ),
]  # fmt: skip


def _head(
    image: str | None,
    alt: str | None,
    links: list[str] | None,
    authors: list[str] | None,
    adverts: dict[str, Any],
    **fields: Any,
) -> dict[str, Any]:
    if alt is not None and image is None:
        raise typer.BadParameter("--alt describes the picture of --image: give both.", param_hint="--alt")
    if adverts and "every" not in adverts:
        raise typer.BadParameter("Say after how many entries with --adverts-every.", param_hint="--adverts-every")
    return given(
        adverts=adverts or None,
        image=None if image is None else {"url": image, "alt": alt or ""},
        links=[titled_link(text, "--link") for text in links or []],
        authors=[{"name": name} for name in authors or []],
        **fields,
    )


@app.command(rich_help_panel=PANEL)
def create(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="Headline of the page.", show_default=False)],
    id: Annotated[  # noqa: A002
        str | None, text_option("--id", help="Its place in addresses; made from the title if left out.", metavar="ID")
    ] = None,
    summary: Summary = None,
    key_point: KeyPoints = None,
    language: Language = None,
    timezone: Timezone = None,
    starts_at: StartsAt = None,
    visibility: Seen = None,
    image: Image = None,
    alt: Alt = None,
    link: Links = None,
    label: Labels = None,
    author: Authors = None,
    adverts_every: AdvertsEvery = None,
    adverts_label: AdvertsLabel = None,
    adverts_height: AdvertsHeight = None,
    key: Key = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: ReceiptAsJson = False,
) -> None:
    """Open a coverage.

    [dim]feed create "Budget day" --id budget --timezone Europe/London --key-point "Speech at [b]12:30[/b]"[/dim]
    """
    fields = _head(
        image,
        alt,
        link,
        author,
        given(every=adverts_every, label=adverts_label, height=adverts_height),
        id=id,
        summary=summary,
        key_points=key_point,
        language=language,
        timezone=timezone,
        starts_at=starts_at,
        visibility=visibility,
        labels=label,
    )

    async def work() -> Any:
        async with producer(url, token) as server:
            return await server.create(title, key=key, **fields)

    print_coverage_receipt("Created", run(work()), url, as_json)


@app.command(rich_help_panel=PANEL)
def change(
    coverage: CoverageId,
    title: Annotated[str | None, text_option("--title", help="Headline of the page.", panel=HEAD)] = None,
    summary: Summary = None,
    key_point: KeyPoints = None,
    language: Language = None,
    timezone: Timezone = None,
    starts_at: StartsAt = None,
    visibility: Seen = None,
    image: Image = None,
    alt: Alt = None,
    link: Links = None,
    label: Labels = None,
    author: Authors = None,
    adverts_every: AdvertsEvery = None,
    adverts_label: AdvertsLabel = None,
    adverts_height: AdvertsHeight = None,
    clear: Annotated[list[str] | None, clear_option(HEAD_FIELDS)] = None,
    revision: Annotated[
        int | None, typer.Option("--revision", help="Refuse if somebody changed it since.", show_default=False)
    ] = None,
    key: Key = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: ReceiptAsJson = False,
) -> None:
    """Change the head of a coverage.

    Lists, and the --adverts options together, replace what was there.

    [dim]feed change budget --title "Budget day: the speech" --key-point "Fuel duty frozen"[/dim]
    """
    fields = _head(
        image,
        alt,
        link,
        author,
        given(every=adverts_every, label=adverts_label, height=adverts_height),
        title=title,
        summary=summary,
        key_points=key_point,
        language=language,
        timezone=timezone,
        starts_at=starts_at,
        visibility=visibility,
        labels=label,
    )
    fields |= cleared(clear, HEAD_FIELDS)
    if not fields:
        raise typer.BadParameter("Nothing to change: give at least one field, as in --title.")

    async def work() -> Any:
        async with producer(url, token) as server:
            return await server.change(coverage, key=key, revision=revision, **fields)

    print_coverage_receipt("Changed", run(work()), url, as_json)


@app.command(rich_help_panel=PANEL)
def end(
    coverage: CoverageId,
    successor: Annotated[
        str | None, text_option("--successor", help="Address of the page that continues it.", metavar="URL")
    ] = None,
    successor_title: Annotated[str | None, text_option("--successor-title", help="What that page is called.")] = None,
    title: Annotated[
        str | None, text_option("--title", help="The title from now on, in the past tense.", panel=HEAD)
    ] = None,
    summary: Summary = None,
    key_point: KeyPoints = None,
    headline: Annotated[
        str | None, text_option("--headline", help="Headline of a last entry, published in the same step.")
    ] = None,
    markdown: Annotated[str | None, text_option("--markdown", help="Text of that last entry.")] = None,
    at: Annotated[
        str | None, text_option("--at", help="When it ended, RFC 3339; now if left out.", metavar="TIME")
    ] = None,
    key: Key = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: ReceiptAsJson = False,
) -> None:
    """End a coverage.

    Everybody who follows it is told, and it takes no new entries.

    [dim]feed end budget --successor https://live.example/c/budget-2 --headline "That is all for today"[/dim]
    """
    if successor_title is not None and successor is None:
        raise typer.BadParameter("Give the page's address too.", param_hint="--successor")
    entry = given(headline=headline, markdown=markdown)
    fields = given(title=title, summary=summary, key_points=key_point, ended_at=at, entry=entry or None)
    if successor is not None:
        fields["successor"] = {"title": successor_title or plain_address(successor), "url": successor}

    async def work() -> Any:
        async with producer(url, token) as server:
            return await server.end(coverage, key=key, **fields)

    print_coverage_receipt("Ended", run(work()), url, as_json)


@app.command(rich_help_panel=PANEL)
def reopen(
    coverage: CoverageId, key: Key = None, url: Url = DEFAULT_URL, token: Token = None, as_json: ReceiptAsJson = False
) -> None:
    """Take up an ended coverage again."""

    async def work() -> Any:
        async with producer(url, token) as server:
            return await server.reopen(coverage, key=key)

    print_coverage_receipt("Reopened", run(work()), url, as_json)


@app.command("list", rich_help_panel=PANEL)
def list_coverages(
    status: Annotated[Status | None, typer.Option("--status", help="Only these.", show_default=False)] = None,
    limit: Annotated[int, typer.Option("--limit", help="At most this many, newest first.", min=1)] = 50,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """List the coverages that the token may read."""

    async def work() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        async with producer(url, token) as server:
            async for coverage in server.coverages(status, limit=min(limit, 100)):
                found.append(coverage)
                if len(found) == limit:
                    break
        return found

    coverages = run(work())
    if as_json:
        for coverage in coverages:
            print_json(coverage)
        return
    if not coverages:
        note('No coverages. Open one with: feed create "Title"')
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("coverage", no_wrap=True)
    table.add_column("status")
    table.add_column("title", ratio=1)
    table.add_column("changed", no_wrap=True, style="dim")
    colours = {"live": "bold red", "scheduled": "yellow", "ended": "dim"}
    for coverage in coverages:
        state = Text(coverage["status"], colours.get(coverage["status"], ""))
        if coverage["visibility"] != "public":
            state.append(f" {coverage['visibility']}", "magenta")
        changed = coverage["updated_at"].replace("T", " ")[:16]
        table.add_row(Text(clean(coverage["id"])), state, Text(clean(coverage["title"])), changed)
    out.print(table)
