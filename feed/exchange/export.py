"""A whole coverage as one file for reading: a page of HTML, or a JSON Feed (https://www.jsonfeed.org/version/1.1/).

The export that brings the same timeline back is `own.export_json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urljoin

import msgspec
from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from feed.content import plain_text
from feed.pages.words import direction_of, fill, words_for

Coverage = Mapping[str, Any]
Entry = Mapping[str, Any]

_MEDIA = {"video": "video/*", "audio": "audio/*"}
_MEDIA_TYPES = {
    ".mp4": "video/mp4", ".webm": "video/webm", ".m3u8": "application/vnd.apple.mpegurl", ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4", ".ogg": "audio/ogg", ".wav": "audio/wav",
}  # fmt: skip


def export_html(coverage: Coverage, entries: Iterable[Entry], *, base_url: str = "") -> bytes:
    """One self-contained page, newest first. `base_url` is the server's address, for addresses that begin with ``/``.

    `coverage` and `entries` as readers get them: HTML in them was sanitised when it was published."""
    language = coverage.get("language", "en")
    page = _environment(base_url).get_template("coverage.html")
    text = page.render(
        coverage=coverage,
        entries=_newest_first(entries),
        language=language,
        direction=direction_of(language),
        t=words_for(language),
    )
    return text.lstrip().encode()


def export_jsonfeed(coverage: Coverage, entries: Iterable[Entry], *, base_url: str = "") -> bytes:
    """JSON Feed 1.1, newest first. With `base_url`, the server's address, it links to the coverage and its entries."""
    page = f"{base_url.rstrip('/')}/c/{coverage['id']}" if base_url else None
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": coverage["title"],
        "home_page_url": page,
        "feed_url": page and f"{page}/feed.json",
        "description": plain_text(coverage.get("summary", "")),
        "language": coverage.get("language"),
        "icon": _absolute(base_url, coverage.get("image", {}).get("url")),
        "authors": _authors(coverage, base_url),
        # "Whether or not the feed is finished - that is, whether or not it will ever update again."
        "expired": True if coverage.get("status") == "ended" else None,
        "items": [_item(entry, page, base_url) for entry in _newest_first(entries)],
    }
    return msgspec.json.format(msgspec.json.encode(_given(feed)), indent=1) + b"\n"


def _item(entry: Entry, page: str | None, base_url: str) -> dict[str, Any]:
    blocks = entry.get("blocks", [])
    body = _environment(base_url).get_template("blocks.html").module.body  # type: ignore[attr-defined]
    html = "".join(str(body(block)).strip() for block in blocks)
    if retraction := entry.get("retraction"):
        withdrawn = Markup("<p><strong>{}</strong></p>").format(retraction["reason"])
        html = f"{withdrawn}<del>{html}</del>"
    pictures = [picture for block in blocks for picture in block.get("images", [block])]
    item = {
        "id": entry["id"],
        "url": page and f"{page}/e/{entry['id']}",
        "title": entry.get("headline"),
        "content_html": html,
        "image": next(
            (_absolute(base_url, one.get("url")) for one in pictures if one.get("type", "image") == "image"), None
        ),
        "date_published": entry["display_at"],
        "date_modified": entry.get("updated_at"),
        "authors": _authors(entry, base_url),
        "tags": entry.get("labels"),
        "language": entry.get("language"),
        "attachments": [
            _given(
                {"url": _absolute(base_url, block["url"]), "mime_type": _media_type(block), "title": block.get("title")}
            )
            for block in blocks
            if block["type"] in _MEDIA
        ],
    }
    # An item needs a body, even an empty one.
    return {"id": item["id"], "content_html": html} | _given(item)


def _authors(of: Mapping[str, Any], base_url: str) -> list[dict[str, Any]]:
    return [
        _given(
            {
                "name": author["name"],
                "url": _absolute(base_url, author.get("url")),
                "avatar": _absolute(base_url, author.get("avatar")),
            }
        )
        for author in of.get("authors", [])
    ]


def _media_type(block: Mapping[str, Any]) -> str:
    path = block["url"].partition("?")[0].lower()
    return next((kind for ending, kind in _MEDIA_TYPES.items() if path.endswith(ending)), _MEDIA[block["type"]])


def _newest_first(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry["display_at"], entry["id"]), reverse=True)


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [])}


def _absolute(base_url: str, url: str | None) -> str | None:
    return urljoin(base_url, url) if url and base_url else url


@cache
def _environment(base_url: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("feed.exchange"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        sanitised=Markup,  # only for HTML that was sanitised when it was published
        absolute=lambda url: _absolute(base_url, url),
        direction=direction_of,
        fill=fill,
    )
    return environment
