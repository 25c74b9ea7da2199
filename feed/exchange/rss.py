"""Format ``rss``: RSS 2.0 (https://www.rssboard.org/rss-specification) with the extensions newsrooms use; RSS 1.0."""

from __future__ import annotations

import re

from feed.errors import ImportFormatError

from .imported import Imported
from .ledger import Ledger
from .markup import Element, root_of
from .syndication import Attachment, Channel, Item, imported, kind_of

ROOTS = ("rss", "rdf:RDF")
_CHANNEL = {
    "title", "link", "description", "language", "dc:language", "image", "category", "managingEditor", "dc:creator",
    "item", "items",
}  # fmt: skip
_ITEM = {
    "title", "description", "content:encoded", "guid", "pubDate", "dc:date", "author", "dc:creator", "category",
    "dc:subject", "enclosure", "media:content", "media:group", "media:thumbnail", "media:credit", "media:description",
    "media:title", "atom:updated", "dcterms:modified",
}  # fmt: skip
# managingEditor and author are an address with a name: desk@example.org (Ana Roe).
_MAILBOX = re.compile(r"[^\s()@]+@[^\s()]+\s*\(([^()]+)\)")


def read(data: bytes, *, name: str = "") -> Imported:
    ledger = Ledger()
    root = root_of(data)
    channel = root.first("channel")
    if root.name not in ROOTS or channel is None:
        raise ImportFormatError(f"The file is no RSS: its root is <{root.name}>, and not <rss> with a <channel>.")
    _note_rest(channel, _CHANNEL, "page head", ledger)
    link = channel.words("link")
    image = channel.first("image")
    head = Channel(
        title=channel.words("title"),
        summary=channel.words("description"),
        language=channel.words("language", "dc:language"),
        authors=[{"name": _person(one.words())} for one in channel.elements("managingEditor", "dc:creator")],
        labels=[one.words() for one in channel.elements("category")],
        image=Attachment(kind="image", url=image.words("url"), alt=image.words("title")) if image is not None else None,
        base=link,
    )
    # In RSS 1.0 the items stand beside the channel.
    items = [*channel.elements("item"), *root.elements("item")]
    read_items = [_item(item, f"entry {number}", ledger) for number, item in enumerate(items, 1)]
    return imported("rss", head, read_items, ledger, name=name)


def _item(item: Element, where: str, ledger: Ledger) -> Item:
    _note_rest(item, _ITEM | {"link"}, where, ledger)
    link = item.words("link")
    return Item(
        where=where,
        names=[item.words("guid"), item.attributes.get("rdf:about", ""), link],
        title=item.words("title"),
        body=item.words("content:encoded"),
        summary=item.words("description"),
        published=item.words("pubDate", "dc:date"),
        updated=item.words("atom:updated", "dcterms:modified"),
        authors=[{"name": _person(one.words())} for one in item.elements("dc:creator", "author") if one.words()],
        labels=[one.words() for one in item.elements("category", "dc:subject")],
        attachments=[
            *(_media(one) for one in _media_contents(item)),
            *(
                Attachment(kind=kind_of(one.attributes.get("type", "")), url=one.attributes.get("url", ""))
                for one in item.elements("enclosure")
            ),
        ],
        base=link,
    )


def _media_contents(item: Element) -> list[Element]:
    """Of a media:group the first, which is the default one; a thumbnail only where there is no picture."""
    found = [*item.elements("media:content")]
    for group in item.elements("media:group"):
        inner = list(group.elements("media:content"))
        found += [one for one in inner if one.attributes.get("isDefault") == "true"][:1] or inner[:1]
    if not any(_kind(one) == "image" for one in found):
        found += [*item.elements("media:thumbnail")][:1]
    return found


def _media(media: Element) -> Attachment:
    thumbnail = media.first("media:thumbnail")
    return Attachment(
        kind="image" if media.name == "media:thumbnail" else _kind(media),
        url=media.attributes.get("url", ""),
        title=media.words("media:description", "media:title"),
        credit=media.words("media:credit"),
        alt=media.words("media:title") if media.first("media:description") else "",
        poster=thumbnail.attributes.get("url", "") if thumbnail is not None else "",
        width=media.attributes.get("width"),
        height=media.attributes.get("height"),
    )


def _kind(media: Element) -> str:
    return kind_of(media.attributes.get("type", ""), media.attributes.get("medium", ""))


def _person(text: str) -> str:
    mailbox = _MAILBOX.fullmatch(text)
    return mailbox[1].strip() if mailbox else text


def _note_rest(element: Element, known: set[str], where: str, ledger: Ledger) -> None:
    for child in element.elements():
        if child.name not in known and (child.words() or child.attributes):
            ledger.repeated("left_out", where, f"the element <{child.name}> has no place here")
