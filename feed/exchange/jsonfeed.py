"""Format ``jsonfeed``: JSON Feed 1 and 1.1, https://www.jsonfeed.org/version/1.1/."""

from __future__ import annotations

from html import escape
from typing import Any

from feed.errors import ImportFormatError

from .fields import items_of, words_of
from .imported import Imported
from .ledger import Ledger
from .source import decoded, json_document
from .syndication import Attachment, Channel, Item, imported, kind_of

_VERSION = "https://jsonfeed.org/version/"
_FEED = {
    "version", "title", "description", "language", "author", "authors", "icon", "home_page_url", "expired", "items",
}  # fmt: skip
_ITEM = {
    "id", "title", "content_html", "content_text", "summary", "image", "banner_image", "date_published",
    "date_modified", "author", "authors", "tags", "language", "attachments", "external_url",
}  # fmt: skip


def is_one(document: Any) -> bool:
    return isinstance(document, dict) and words_of(document.get("version")).startswith(_VERSION)


def read(data: bytes, *, name: str = "") -> Imported:
    ledger = Ledger()
    document = json_document(decoded(data)[0])
    if not is_one(document):
        raise ImportFormatError(f'The file is no JSON Feed: its "version" does not begin with {_VERSION}.')
    if not isinstance(document.get("items"), list):
        raise ImportFormatError('The JSON Feed has no "items", a list.')
    _note_rest(document, _FEED, "page head", ledger)
    icon = words_of(document.get("icon"))
    channel = Channel(
        title=words_of(document.get("title")),
        summary=escape(words_of(document.get("description")), quote=False),
        language=document.get("language"),
        authors=_authors(document),
        image=Attachment(kind="image", url=icon) if icon else None,
        base=words_of(document.get("home_page_url")),
        finished=document.get("expired") is True,
    )
    items: list[Item] = []
    for number, item in enumerate(document["items"], 1):
        if isinstance(item, dict):
            items.append(_item(item, f"entry {number}", ledger))
        else:
            ledger.left_out(f"entry {number}", "an item that is no object", excerpt=str(item))
    return imported("jsonfeed", channel, items, ledger, name=name)


def _item(item: dict[str, Any], where: str, ledger: Ledger) -> Item:
    _note_rest(item, _ITEM, where, ledger)
    html, text = words_of(item.get("content_html")), words_of(item.get("content_text"))
    attachments = [_attached(one) for one in items_of(item.get("attachments")) if isinstance(one, dict)]
    pictures = [words_of(item.get(field)) for field in ("image", "banner_image")]
    elsewhere = words_of(item.get("external_url"))
    return Item(
        where=where,
        names=[words_of(item.get("id")), words_of(item.get("url"))],
        title=escape(words_of(item.get("title")), quote=False),
        body=html or escape(text, quote=False),
        summary=escape(words_of(item.get("summary")), quote=False),
        published=item.get("date_published"),
        updated=item.get("date_modified"),
        authors=_authors(item),
        labels=items_of(item.get("tags")),
        attachments=[
            *(Attachment(kind="image", url=url) for url in pictures if url),
            *attachments,
            *([Attachment(kind="link", url=elsewhere)] if elsewhere else []),
        ],
        language=item.get("language"),
        base=words_of(item.get("url")),
    )


def _attached(attachment: dict[str, Any]) -> Attachment:
    return Attachment(
        kind=kind_of(words_of(attachment.get("mime_type"))),
        url=words_of(attachment.get("url")),
        title=escape(words_of(attachment.get("title")), quote=False),
    )


def _authors(of: dict[str, Any]) -> list[dict[str, Any]]:
    """Version 1 had one ``author``, 1.1 has ``authors``."""
    given = items_of(of.get("authors")) or items_of(of.get("author"))
    return [author for author in given if isinstance(author, dict)]


def _note_rest(of: dict[str, Any], known: set[str], where: str, ledger: Ledger) -> None:
    for name, value in of.items():
        if name not in known and value not in (None, "", [], {}):
            ledger.repeated("left_out", where, f"the field {name} has no place here")
