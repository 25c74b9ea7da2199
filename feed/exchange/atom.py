"""Format ``atom``: Atom 1.0 (RFC 4287)."""

from __future__ import annotations

from html import escape
from typing import Any

from feed.errors import ImportFormatError

from .imported import Imported
from .ledger import Ledger
from .markup import Element, root_of
from .syndication import Attachment, Channel, Item, imported, kind_of

ROOT = "atom:feed"
_FEED = {"title", "subtitle", "id", "updated", "author", "category", "logo", "icon", "link", "entry"}
_ENTRY = {"title", "id", "updated", "published", "author", "contributor", "category", "link", "content", "summary"}


def read(data: bytes, *, name: str = "") -> Imported:
    ledger = Ledger()
    feed = root_of(data)
    if feed.name != ROOT:
        raise ImportFormatError(f"The file is no Atom feed: its root is <{feed.name}>, and not <feed> of Atom.")
    _note_rest(feed, _FEED, "page head", ledger)
    logo = feed.words("atom:logo", "atom:icon")
    base = feed.attributes.get("xml:base", "") or _link(feed, "alternate")
    channel = Channel(
        title=_text(feed.first("atom:title")),
        summary=_text(feed.first("atom:subtitle")),
        language=feed.attributes.get("xml:lang"),
        authors=_people(feed),
        labels=_labels(feed),
        image=Attachment(kind="image", url=logo) if logo else None,
        base=base,
    )
    items = [
        _item(entry, f"entry {number}", base, ledger) for number, entry in enumerate(feed.elements("atom:entry"), 1)
    ]
    return imported("atom", channel, items, ledger, name=name)


def _item(entry: Element, where: str, base: str, ledger: Ledger) -> Item:
    _note_rest(entry, _ENTRY, where, ledger)
    content = entry.first("atom:content")
    attachments: list[Attachment] = []
    if content is not None and "src" in content.attributes:
        kind = kind_of(content.attributes.get("type", ""))
        attachments.append(Attachment(kind=kind, url=content.attributes["src"]))
    for link in entry.elements("atom:link"):
        relation = link.attributes.get("rel", "alternate")
        if relation in ("enclosure", "related", "via"):
            kind = kind_of(link.attributes.get("type", "")) if relation == "enclosure" else "link"
            title = escape(link.attributes.get("title", ""), quote=False)
            attachments.append(Attachment(kind=kind, url=link.attributes.get("href", ""), title=title))
        elif relation not in ("alternate", "self", "edit"):
            ledger.repeated("left_out", where, f"a link with the relation {relation} has no place here")
    return Item(
        where=where,
        names=[entry.words("atom:id"), _link(entry, "alternate")],
        title=_text(entry.first("atom:title")),
        body=_text(content),
        summary=_text(entry.first("atom:summary")),
        published=entry.words("atom:published"),
        updated=entry.words("atom:updated"),
        authors=_people(entry),
        labels=_labels(entry),
        attachments=attachments,
        language=entry.attributes.get("xml:lang"),
        base=entry.attributes.get("xml:base", base),
    )


def _text(element: Element | None) -> str:
    """HTML of a text construct (section 3.1): plain text is escaped, so that nothing in it is taken for a tag."""
    if element is None:
        return ""
    kind = element.attributes.get("type", "text")
    if kind == "xhtml":
        div = element.first("xhtml:div")
        return (div or element).inner_html().strip()
    return element.words() if kind in ("html", "text/html") else escape(element.words(), quote=False)


def _people(of: Element) -> list[dict[str, Any]]:
    people = of.elements("atom:author", "atom:contributor")
    return [{"name": one.words("atom:name"), "url": one.words("atom:uri")} for one in people]


def _labels(of: Element) -> list[str]:
    return [one.attributes.get("label") or one.attributes.get("term", "") for one in of.elements("atom:category")]


def _link(of: Element, relation: str) -> str:
    links = of.elements("atom:link")
    return next(
        (one.attributes.get("href", "") for one in links if one.attributes.get("rel", "alternate") == relation), ""
    )


def _note_rest(element: Element, known: set[str], where: str, ledger: Ledger) -> None:
    for child in element.elements():
        if child.name.removeprefix("atom:") not in known and (child.words() or child.attributes):
            ledger.repeated("left_out", where, f"the element <{child.name}> has no place here")
