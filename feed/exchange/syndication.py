"""What JSON Feed, RSS and Atom have in common: a channel with items, each of which becomes an entry."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from feed.errors import ImportFormatError

from .bodies import body_of, bounded, pictures_in, shown
from .chronology import dated, oldest_first
from .delivery import delivered
from .fields import HEADLINE, LINE, SUMMARY, TITLE, Fields, given
from .identity import Identities
from .imported import Imported
from .ledger import Ledger
from .plain import inline_html, plain_text
from .things import same_picture


class Attachment(Struct, frozen=True, kw_only=True):
    """A file or a page beside an item's text; `kind` is image, video, audio or link."""

    kind: str
    url: str
    title: str = ""
    credit: str = ""
    alt: str = ""
    poster: str = ""
    width: Any = None
    height: Any = None


class Item(Struct, kw_only=True):
    """An item as its format has it, still unchecked. `body` is HTML or plain text, `base` its own address."""

    where: str
    names: list[str] = field(default_factory=list)
    title: str = ""
    body: str = ""
    summary: str = ""
    published: Any = None
    updated: Any = None
    authors: list[dict[str, Any]] = field(default_factory=list)
    labels: list[Any] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    language: Any = None
    base: str = ""


class Channel(Struct, kw_only=True):
    """The head of a feed. `finished`: it says of itself that nothing more will come."""

    title: str = ""
    summary: str = ""
    language: Any = None
    authors: list[dict[str, Any]] = field(default_factory=list)
    labels: list[Any] = field(default_factory=list)
    image: Attachment | None = None
    base: str = ""
    finished: bool = False


def kind_of(mime_type: str, medium: str = "") -> str:
    main = medium or mime_type.partition("/")[0].strip().lower()
    return main if main in ("image", "video", "audio") else "link"


def imported(format_: str, channel: Channel, items: list[Item], ledger: Ledger, *, name: str) -> Imported:
    """`items` in the order of the file. Raises ImportFormatError for a feed without title and items."""
    head = Fields(ledger, "page head", base=channel.base)
    title = head.line(channel.title, "title", TITLE)
    if title is None and not items:
        raise ImportFormatError("The feed has neither a title nor an item.")
    if title is None:
        title = name[:TITLE].strip() or "Live coverage"
        ledger.assumed("page head", f"the feed has no title; {title!r} was taken")
    entries = _entries(items, channel, ledger)
    language = head.language(channel.language)
    picture = channel.image and head.picture(
        channel.image.url, alt=channel.image.alt, caption=channel.image.title, width=channel.image.width
    )
    first = entries[0]["display_at"] if entries else None
    coverage = given(
        title=title,
        summary=_summary(channel.summary, head),
        language=language,
        authors=_authors(channel.authors, head),
        labels=head.labels(channel.labels),
        image=picture,
        created_at=first,
        started_at=first,
    )
    ending = None
    if channel.finished:
        ending = given(ended_at=entries[-1]["display_at"] if entries else None)
        ledger.assumed("page head", "the feed is finished; the time of its newest entry was taken as the end")
    return delivered(format_, ledger, coverage=coverage, entries=entries, ending=ending)


def _entries(items: list[Item], channel: Channel, ledger: Ledger) -> list[dict[str, Any]]:
    identities = Identities(ledger)
    entries: list[dict[str, Any]] = []
    wheres: list[str] = []
    for item in items:
        fields = Fields(ledger, item.where, base=next(filter(_is_web, (item.base, channel.base)), ""))
        headline = fields.line(item.title, "headline", HEADLINE)
        blocks = bounded(_blocks(item, fields), fields)
        if headline is None and not blocks:
            ledger.left_out(item.where, "neither a headline nor a text in it", excerpt=" ".join(item.names))
            continue
        entry = given(
            headline=headline,
            blocks=blocks,
            display_at=_display_at(item, fields),
            authors=_authors(item.authors, fields),
            labels=fields.labels(item.labels),
            language=fields.language(item.language) if item.language != channel.language else None,
        )
        name = next(filter(None, item.names), "") or f"{item.published} {item.title} {item.body}"
        entry["id"] = identities.take(name, item.where)
        entries.append(entry)
        wheres.append(item.where)
    dated(entries, ledger, otherwise=None, wheres=wheres)
    return oldest_first(entries, ledger)


def _display_at(item: Item, fields: Fields) -> str | None:
    published, updated = fields.moment(item.published, "time"), fields.moment(item.updated, "time of the last change")
    if published is None and updated is not None:
        fields.ledger.assumed(item.where, "it gives no time of publication; that of its last change was taken")
    elif updated is not None and updated != published:
        fields.ledger.repeated("left_out", item.where, "the time of its last change: the server gives its own")
    return published or updated


def _blocks(item: Item, fields: Fields) -> list[dict[str, Any]]:
    source = item.body or item.summary
    blocks = body_of(source, fields) if source else []
    if item.body and item.summary:
        short, whole = (" ".join(plain_text(text).split()) for text in (item.summary, item.body))
        if short.rstrip("…. ") not in whole:
            fields.ledger.left_out(item.where, "a summary beside its text", excerpt=short)
    known = {same_picture(url) for url in pictures_in(blocks)} | {
        block["url"] for block in blocks if block["type"] in ("video", "audio", "embed", "link")
    }
    pictures: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for attachment in item.attachments:
        if attachment.kind == "image":
            picture = fields.picture(
                attachment.url,
                alt=attachment.alt,
                caption=attachment.title,
                credit=attachment.credit,
                width=attachment.width,
                height=attachment.height,
            )
            if picture and same_picture(picture.get("url", "")) not in known:
                known.add(same_picture(picture.get("url", "")))
                pictures.append(picture)
        elif (block := _attached(attachment, fields)) and block["url"] not in known:
            known.add(block["url"])
            others.append(block)
    return [*blocks, *shown(pictures), *others]


def _attached(attachment: Attachment, fields: Fields) -> dict[str, Any] | None:
    url = fields.url(attachment.url, f"attached {attachment.kind}")
    if url is None:
        return None
    title = fields.line(attachment.title, "title", LINE)
    if attachment.kind == "link":
        return {"type": "link", "url": url, "title": title or url, "kind": "story"}
    poster = fields.url(attachment.poster, "poster") if attachment.kind == "video" else None
    credit = fields.line(attachment.credit, "credit", LINE)
    return {"type": attachment.kind, "url": url} | given(title=title, poster=poster, credit=credit)


def _authors(authors: list[dict[str, Any]], fields: Fields) -> list[dict[str, str]]:
    found = [
        author
        for one in authors
        if (author := fields.author(one.get("name"), url=one.get("url"), avatar=one.get("avatar")))
    ]
    return fields.first([author for at, author in enumerate(found) if author not in found[:at]], 50, "authors")


def _summary(text: str, fields: Fields) -> str:
    summary = inline_html(text) if len(text) <= SUMMARY // 2 else ""
    return summary or inline_html(fields.line(text, "summary", SUMMARY // 2) or "")


def _is_web(url: str) -> bool:
    return url.startswith(("http://", "https://"))
