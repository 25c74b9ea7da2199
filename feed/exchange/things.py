"""People, pictures and players as schema.org describes them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from .fields import Fields, as_count, items_of, words_of
from .linkeddata import LinkedData

_FILE = re.compile(r"\.(?:mp4|m4v|webm|mov|m3u8|mp3|m4a|ogg|oga|wav|aac)$", re.IGNORECASE)


class Things:
    """Reads what stands at one place of the file. References to other nodes are followed."""

    def __init__(self, linked: LinkedData, fields: Fields) -> None:
        self._linked = linked
        self._fields = fields

    def authors(self, *values: Any) -> list[dict[str, str]]:
        authors: list[dict[str, str]] = []
        for value in (item for several in values for item in items_of(several)):
            person = self._linked.resolved(value)
            if isinstance(person, dict):
                name = words_of(person.get("name")) or " ".join(
                    filter(None, (words_of(person.get("givenName")), words_of(person.get("familyName"))))
                )
                author = self._fields.author(
                    name,
                    tagline=person.get("jobTitle") or person.get("description"),
                    url=person.get("url") or person.get("sameAs"),
                    avatar=_address(self._linked.resolved(_first(person.get("image")))),
                )
            else:
                author = self._fields.author(value)
            if author is None:
                self._fields.ledger.left_out(self._fields.where, "an author without a name", excerpt=str(value))
            elif author not in authors:
                authors.append(author)
        return self._fields.first(authors, 50, "authors")

    def pictures(self, value: Any) -> list[dict[str, Any]]:
        """One for each picture: of several sizes of one, which differ in what follows the ``?``, the widest."""
        found: dict[str, dict[str, Any]] = {}
        for item in items_of(value):
            picture = self._picture(self._linked.resolved(item))
            if picture is None:
                continue
            key = same_picture(picture.get("url", ""))
            if key not in found or (picture.get("width") or 0) > (found[key].get("width") or 0):
                found[key] = picture
        return list(found.values())

    def _picture(self, thing: Any) -> dict[str, Any] | None:
        if not isinstance(thing, dict):
            return self._fields.picture(thing)
        caption = words_of(thing.get("caption"))
        described = words_of(thing.get("description")) or words_of(thing.get("name"))
        credit = thing.get("creditText") or thing.get("copyrightNotice") or _name(thing.get("creator"))
        return self._fields.picture(
            _address(thing),
            alt=described,
            caption=caption,
            credit=credit or _name(thing.get("author")),
            width=as_count(thing.get("width")),
            height=as_count(thing.get("height")),
        )

    def players(self, value: Any, kind: str) -> list[dict[str, Any]]:
        """Blocks for VideoObject or AudioObject (`kind` video or audio): the file, else an embed, else a link."""
        blocks: list[dict[str, Any]] = []
        for item in items_of(value):
            thing = self._linked.resolved(item)
            thing = thing if isinstance(thing, dict) else {"url": thing}
            title = self._fields.line(thing.get("name") or thing.get("headline"), f"title of the {kind}")
            plain = words_of(thing.get("url"))
            file = thing.get("contentUrl") or (plain if _FILE.search(plain.partition("?")[0]) else None)
            if url := self._fields.url(file, kind):
                caption = self._fields.line(thing.get("caption") or thing.get("description"), "caption")
                poster = self._fields.url(_first(thing.get("thumbnailUrl")), "poster") if kind == "video" else None
                block = {"type": kind, "url": url, "title": title, "poster": poster, "caption": caption}
            elif url := self._fields.url(thing.get("embedUrl"), kind):
                block = {"type": "embed", "url": url, "title": title, "provider": urlsplit(url).hostname}
            elif url := self._fields.url(plain, kind):
                page = "video" if kind == "video" else "podcast"
                block = {"type": "link", "url": url, "title": title or url, "kind": page}
            else:
                self._fields.ledger.left_out(
                    self._fields.where, f"a {kind} without an address", excerpt=str(title or item)
                )
                continue
            blocks.append({name: part for name, part in block.items() if part is not None})
        return blocks


def same_picture(url: str) -> str:
    return url.partition("?")[0]


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def _name(value: Any) -> str:
    value = _first(value)
    return words_of(value.get("name") if isinstance(value, dict) else value)


def _address(thing: Any) -> str:
    if not isinstance(thing, dict):
        return words_of(thing)
    own = words_of(thing.get("@id"))
    return words_of(thing.get("contentUrl")) or words_of(thing.get("url")) or (own if own.startswith("http") else "")
