"""What the feeds of a coverage say, whatever their format: a head, and its entries as items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .body import absolute, body_writer
from .media import media_type
from .plain import excerpt, plain_text
from .words import words_for

# As readers get them.
Coverage = Mapping[str, Any]
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Person:
    name: str
    url: str | None
    avatar: str | None


@dataclass(frozen=True)
class Attachment:
    """A picture, a film or a recording. `medium` is image, video or audio; `type` its media type, as far as known."""

    url: str
    medium: str
    type: str
    title: str | None = None
    alt: str | None = None
    credit: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class Item:
    """An entry. `id` is its permalink, or without an address of the server its bare id. Times are RFC 3339 in UTC.

    Of a withdrawn entry there is the reason, and nothing of what it said."""

    id: str
    url: str | None
    title: str | None
    html: str
    excerpt: str
    published: str
    updated: str
    authors: tuple[Person, ...]
    labels: tuple[str, ...]
    language: str | None
    attachments: tuple[Attachment, ...]

    @property
    def image(self) -> Attachment | None:
        return next((one for one in self.attachments if one.medium == "image"), None)


@dataclass(frozen=True)
class Feed:
    """A coverage. `url` is its page, `site` what to call who publishes it; `summary` is HTML, sanitised."""

    url: str | None
    title: str
    summary: str
    site: str
    language: str
    authors: tuple[Person, ...]
    labels: tuple[str, ...]
    image: str | None
    updated: str
    ended: bool
    items: tuple[Item, ...]


def feed_of(coverage: Coverage, entries: Iterable[Entry], public_url: str) -> Feed:
    """Newest first. `public_url` is the origin readers use, without a slash at its end; "" where it is not known."""
    language = coverage.get("language", "en")
    page = f"{public_url}/c/{coverage['id']}" if public_url else None
    write = body_writer(language, public_url)
    newest_first = sorted(entries, key=lambda entry: (entry["display_at"], entry["id"]), reverse=True)
    items = tuple(_item(entry, page, public_url, write(entry), words_for(language)) for entry in newest_first)
    image = coverage.get("image", {}).get("url")
    return Feed(
        url=page,
        title=coverage["title"],
        summary=coverage.get("summary", ""),
        site=words_for(language)["site"],
        language=language,
        authors=_people(coverage, public_url),
        labels=tuple(coverage.get("labels", ())),
        image=absolute(public_url, image) if image else None,
        updated=max([coverage["updated_at"], *(item.updated for item in items)]),
        ended=coverage.get("status") == "ended",
        items=items,
    )


def _item(entry: Entry, page: str | None, public_url: str, html: str, words: Mapping[str, Any]) -> Item:
    withdrawn = entry.get("retraction")
    url = f"{page}/e/{entry['id']}" if page else None
    return Item(
        id=url or entry["id"],
        url=url,
        title=words["withdrawn"] if withdrawn else entry.get("headline"),
        html=html,
        excerpt=excerpt(plain_text(html), 300),
        published=entry["display_at"],
        updated=max(entry["display_at"], entry["updated_at"]),
        authors=_people(entry, public_url),
        labels=tuple(entry.get("labels", ())),
        language=entry.get("language"),
        attachments=() if withdrawn else tuple(_attachments(entry, public_url)),
    )


def _people(of: Mapping[str, Any], public_url: str) -> tuple[Person, ...]:
    def address(author: Mapping[str, Any], field: str) -> str | None:
        return absolute(public_url, author[field]) if author.get(field) else None

    return tuple(Person(one["name"], address(one, "url"), address(one, "avatar")) for one in of.get("authors", ()))


def _attachments(entry: Entry, public_url: str) -> Iterable[Attachment]:
    for block in entry.get("blocks", ()):
        if block["type"] in ("image", "gallery"):
            for picture in block.get("images", [block]):
                if picture.get("url"):
                    yield _attachment(picture, "image", media_type(picture["url"], "image") or "image/*", public_url)
        elif block["type"] in ("video", "audio") and (type_ := media_type(block["url"], block["type"])):
            yield _attachment(block, block["type"], type_, public_url)


def _attachment(media: Mapping[str, Any], medium: str, type_: str, public_url: str) -> Attachment:
    return Attachment(
        url=absolute(public_url, media["url"]),
        medium=medium,
        type=type_,
        title=media.get("title") or media.get("caption"),
        alt=media.get("alt"),
        credit=media.get("credit"),
        width=media.get("width"),
        height=media.get("height"),
    )
