"""A feed as JSON Feed 1.1, https://www.jsonfeed.org/version/1.1/."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .plain import plain_text
from .syndication import Feed, Item, Person

VERSION = "https://jsonfeed.org/version/1.1"


def json_feed(feed: Feed) -> dict[str, Any]:
    """The document. Only what is known is in it."""
    return _given(
        {
            "version": VERSION,
            "title": feed.title,
            "home_page_url": feed.url,
            "feed_url": feed.url and f"{feed.url}/feed.json",
            "description": plain_text(feed.summary),
            "language": feed.language,
            "icon": feed.image,
            "authors": _people(feed.authors),
            # "Whether or not the feed is finished - that is, whether or not it will ever update again."
            "expired": True if feed.ended else None,
        }
    ) | {"items": [_item(item) for item in feed.items]}


def _item(item: Item) -> dict[str, Any]:
    # An item needs a body, even an empty one.
    return {"id": item.id, "content_html": item.html} | _given(
        {
            "url": item.url,
            "title": item.title,
            "image": item.image and item.image.url,
            "date_published": item.published,
            "date_modified": item.updated,
            "authors": _people(item.authors),
            "tags": list(item.labels),
            "language": item.language,
            "attachments": [
                _given({"url": one.url, "mime_type": one.type, "title": one.title}) for one in item.attachments
            ],
        }
    )


def _people(people: Sequence[Person]) -> list[dict[str, Any]]:
    return [_given({"name": one.name, "url": one.url, "avatar": one.avatar}) for one in people]


def _given(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [])}
