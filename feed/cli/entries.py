"""publish, revise, retract, delete, pin: what a producer does with an entry."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from .access import producer, run
from .console import done, print_json, wants_json
from .options import (
    DEFAULT_URL,
    CoverageId,
    EntryId,
    Key,
    ReceiptAsJson,
    Token,
    Url,
    clear_option,
    cleared,
    file_bytes,
    given,
    text_option,
    titled_link,
)
from .receipt import durability_in_words, facts, print_coverage_receipt, print_entry_receipt

app = typer.Typer()
PANEL = "Entries"
BODY = "Text and pictures"
ABOUT = "About the entry"
ENTRY_FIELDS = (
    "headline", "html", "markdown", "text", "images", "links", "display_at", "authors", "labels", "key_event", "kind",
    "importance", "verification", "language",
)  # fmt: skip

Kind = Literal["update", "summary", "analysis", "wrap"]
Verified = Literal["confirmed", "unverified", "claim"]

Headline = Annotated[str | None, text_option("--headline", help="Plain text.", panel=BODY)]
Markdown = Annotated[str | None, text_option("--markdown", help="The text, or - to read it from stdin.", panel=BODY)]
Html = Annotated[str | None, text_option("--html", help="The same as HTML.", metavar="HTML", panel=BODY)]
Plain = Annotated[str | None, text_option("--text", help="The same as plain text.", panel=BODY)]
Images = Annotated[list[str] | None, text_option("--image", help="Picture. Repeat it.", metavar="URL", panel=BODY)]
Captions = Annotated[list[str] | None, text_option("--caption", help="Of the picture in the same place.", panel=BODY)]
Credits = Annotated[list[str] | None, text_option("--credit", help="Of the picture in the same place.", panel=BODY)]
Alts = Annotated[list[str] | None, text_option("--alt", help="What that picture shows.", panel=BODY)]
Links = Annotated[
    list[str] | None,
    text_option("--link", help="Related page: 'Title https://…'. Repeat it.", metavar="LINK", panel=BODY),
]
DisplayAt = Annotated[
    str | None,
    text_option("--display-at", help="Editorial time, RFC 3339; now if left out.", metavar="TIME", panel=ABOUT),
]
Labels = Annotated[list[str] | None, text_option("--label", help="Repeat it.", panel=ABOUT)]
Authors = Annotated[list[str] | None, text_option("--author", help="Name. Repeat it.", metavar="NAME", panel=ABOUT)]
KeyEvent = Annotated[
    bool | None,
    typer.Option(
        "--key-event/--no-key-event", help="One of the key events.", show_default=False, rich_help_panel=ABOUT
    ),
]
AKind = Annotated[Kind | None, typer.Option("--kind", help="What it is.", show_default=False, rich_help_panel=ABOUT)]
Importance = Annotated[
    int | None,
    typer.Option("--importance", help="3 is highest.", min=1, max=3, show_default=False, rich_help_panel=ABOUT),
]
Verification = Annotated[
    Verified | None,
    typer.Option("--verification", help="Whether it was checked.", show_default=False, rich_help_panel=ABOUT),
]
VerifiedBy = Annotated[
    str | None, text_option("--verification-by", help="Who claims it, or checked it.", metavar="NAME", panel=ABOUT)
]
Language = Annotated[str | None, text_option("--language", help="As in en, ar, hy.", metavar="TAG", panel=ABOUT)]


def _fields(
    *,
    headline: str | None,
    markdown: str | None,
    html: str | None,
    text: str | None,
    image: list[str] | None,
    caption: list[str] | None,
    credit: list[str] | None,
    alt: list[str] | None,
    link: list[str] | None,
    author: list[str] | None,
    verification: str | None,
    verification_by: str | None,
    **rest: Any,
) -> dict[str, Any]:
    bodies = given(markdown=markdown, html=html, text=text)
    if len(bodies) > 1:
        raise typer.BadParameter(f"Give only one of --{' and --'.join(bodies)}.")
    for name, body in bodies.items():
        if body == "-":
            bodies[name] = sys.stdin.read()
    if verification_by is not None and verification is None:
        raise typer.BadParameter("Say with --verification whether it is confirmed, unverified or a claim.")
    return given(
        headline=headline,
        **bodies,
        images=_images(image or [], caption=caption or [], credit=credit or [], alt=alt or []),
        links=[titled_link(one, "--link") for one in link or []],
        authors=[{"name": name} for name in author or []],
        verification=given(status=verification, by=verification_by) or None,
        **rest,
    )


def _images(urls: list[str], **words: list[str]) -> list[dict[str, str]]:
    images = [{"url": url, "alt": ""} for url in urls]
    for name, texts in words.items():
        if len(texts) > len(images):
            raise typer.BadParameter(
                f"There are more of --{name} than of --image: the first belongs to the first picture, and so on.",
                param_hint=f"--{name}",
            )
        for image, text in zip(images, texts, strict=False):
            image[name] = text
    return images


@app.command(rich_help_panel=PANEL)
def publish(
    coverage: CoverageId,
    headline: Headline = None,
    markdown: Markdown = None,
    html: Html = None,
    text: Plain = None,
    image: Images = None,
    caption: Captions = None,
    credit: Credits = None,
    alt: Alts = None,
    link: Links = None,
    display_at: DisplayAt = None,
    label: Labels = None,
    author: Authors = None,
    key_event: KeyEvent = None,
    kind: AKind = None,
    importance: Importance = None,
    verification: Verification = None,
    verification_by: VerifiedBy = None,
    language: Language = None,
    id: Annotated[str | None, text_option("--id", help="Chosen by you.", metavar="ID", panel=ABOUT)] = None,  # noqa: A002
    pin: Annotated[bool, typer.Option("--pin", help="Pin it to the top.", rich_help_panel=ABOUT)] = False,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="FILE",
            help="Publish many: one entry as JSON on each line, all or none; - reads stdin.",
            show_default=False,
        ),
    ] = None,
    key: Key = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: ReceiptAsJson = False,
) -> None:
    """Publish an entry.

    [dim]feed publish budget --headline "She rises" --markdown "At **12:31**." --image https://… --caption "Here"[/dim]

    [dim]cat notes.md | feed publish budget --markdown - --key-event --pin[/dim]
    """
    draft = _fields(
        headline=headline,
        markdown=markdown,
        html=html,
        text=text,
        image=image,
        caption=caption,
        credit=credit,
        alt=alt,
        link=link,
        author=author,
        verification=verification,
        verification_by=verification_by,
        display_at=display_at,
        labels=label,
        key_event=key_event,
        kind=kind,
        importance=importance,
        language=language,
        id=id,
    )
    if file is not None:
        if draft or pin:
            raise typer.BadParameter("The file says all about its entries: leave the other options out.")
        _publish_file(coverage, file, key, url, token, as_json)
        return
    if not draft.keys() & {"headline", "markdown", "html", "text", "images", "links"}:
        raise typer.BadParameter("Nothing to publish: give --headline, --markdown, --image, --link or --file.")

    async def work() -> None:
        async with producer(url, token) as server:
            receipt = await server.publish(coverage, key=key, **draft)
            what = "Published"
            try:
                if pin:
                    await server.pin(coverage, receipt["entry"]["id"], key=None if key is None else f"{key}-pin")
                    what = "Published and pinned"
            finally:  # it is published whatever becomes of the pin
                print_entry_receipt(what, receipt, url, coverage, as_json)

    run(work())


def _publish_file(coverage: str, file: Path, key: str | None, url: str, token: str | None, as_json: bool) -> None:
    drafts = []
    for number, line in enumerate(file_bytes(file, "--file").split(b"\n"), 1):
        if line.strip():
            try:
                drafts.append(json.loads(line))
            except ValueError as error:
                raise typer.BadParameter(f"Line {number} is no JSON: {error}.", param_hint="--file") from None
    if not drafts:
        raise typer.BadParameter("There is no entry in it.", param_hint="--file")

    async def work() -> Any:
        async with producer(url, token) as server:
            return await server.publish_many(coverage, drafts, key=key)

    receipt = run(work())
    if wants_json(as_json):
        print_json(receipt)
        return
    receipts = receipt["receipts"]
    done(
        f"Published {len(receipts)} entr{'y' if len(receipts) == 1 else 'ies'}",
        facts(cursor=receipts[-1]["cursor"], durability=durability_in_words(receipt.get("durability"))),
    )


@app.command(rich_help_panel=PANEL)
def revise(
    coverage: CoverageId,
    entry: EntryId,
    correction: Annotated[
        str | None, text_option("--correction", help="Note that readers see at the entry: what was wrong.")
    ] = None,
    headline: Headline = None,
    markdown: Markdown = None,
    html: Html = None,
    text: Plain = None,
    image: Images = None,
    caption: Captions = None,
    credit: Credits = None,
    alt: Alts = None,
    link: Links = None,
    display_at: Annotated[
        str | None,
        text_option("--display-at", help="Editorial time, RFC 3339; stays if left out.", metavar="TIME", panel=ABOUT),
    ] = None,
    label: Labels = None,
    author: Authors = None,
    key_event: KeyEvent = None,
    kind: AKind = None,
    importance: Importance = None,
    verification: Verification = None,
    verification_by: VerifiedBy = None,
    language: Language = None,
    clear: Annotated[list[str] | None, clear_option(ENTRY_FIELDS)] = None,
    revision: Annotated[
        int | None, typer.Option("--revision", help="Refuse if somebody changed it since.", show_default=False)
    ] = None,
    key: Key = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: ReceiptAsJson = False,
) -> None:
    """Change an entry in place.

    A new text takes the place of the text; pictures and links stay unless new ones are given.

    [dim]feed revise budget 01JD… --markdown "At **12:32**." --correction "An earlier version gave 12:31."[/dim]
    """
    fields = _fields(
        headline=headline,
        markdown=markdown,
        html=html,
        text=text,
        image=image,
        caption=caption,
        credit=credit,
        alt=alt,
        link=link,
        author=author,
        verification=verification,
        verification_by=verification_by,
        display_at=display_at,
        labels=label,
        key_event=key_event,
        kind=kind,
        importance=importance,
        language=language,
        correction=correction,
    )
    fields |= cleared(clear, ENTRY_FIELDS)
    if not fields:
        raise typer.BadParameter("Nothing to change: give at least one field, as in --markdown.")

    async def work() -> Any:
        async with producer(url, token) as server:
            return await server.revise(coverage, entry, key=key, revision=revision, **fields)

    print_entry_receipt("Revised", run(work()), url, coverage, as_json)


@app.command(rich_help_panel=PANEL)
def retract(
    coverage: CoverageId,
    entry: EntryId,
    reason: Annotated[str, text_option("--reason", help="Readers see it beside the entry.")],
    key: Key = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: ReceiptAsJson = False,
) -> None:
    """Withdraw an entry, visibly.

    It stays on the page, struck through, with the reason.

    [dim]feed retract budget 01JD… --reason "The ministry denies this."[/dim]
    """

    async def work() -> Any:
        async with producer(url, token) as server:
            return await server.retract(coverage, entry, reason, key=key)

    print_entry_receipt("Retracted", run(work()), url, coverage, as_json)


@app.command(rich_help_panel=PANEL)
def delete(
    coverage: CoverageId,
    entry: EntryId,
    reason: Annotated[str | None, text_option("--reason", help="Whoever asks for the entry gets to know it.")] = None,
    key: Key = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: ReceiptAsJson = False,
) -> None:
    """Take an entry down.

    Its text and its history are gone; to leave it visible use retract.
    """

    async def work() -> Any:
        async with producer(url, token) as server:
            return await server.delete(coverage, entry, reason=reason, key=key)

    print_entry_receipt("Deleted", run(work()), url, coverage, as_json)


@app.command(rich_help_panel=PANEL)
def pin(
    coverage: CoverageId,
    entry: Annotated[str | None, typer.Argument(metavar="[ENTRY]", help="The entry's id.", show_default=False)] = None,
    none: Annotated[bool, typer.Option("--none", help="Pin nothing any more.")] = False,
    key: Key = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: ReceiptAsJson = False,
) -> None:
    """Pin an entry to the top of the page.

    It takes the place of the one that was.
    """
    if (entry is None) != none:
        raise typer.BadParameter("Give the id of an entry, or --none.")

    async def work() -> Any:
        async with producer(url, token) as server:
            return await server.pin(coverage, entry, key=key)

    print_coverage_receipt("Unpinned" if none else "Pinned", run(work()), url, as_json)
