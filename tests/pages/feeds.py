"""The invented coverage as feeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from feed.model import Coverage, Entry
from feed.pages import xml
from feed.pages.jsonfeed import json_feed
from feed.pages.syndication import Feed, feed_of

from .samples import ORIGIN, coverage, every_entry


def a_feed(head: Coverage | None = None, entries: Sequence[Entry] | None = None) -> Feed:
    head, entries = head or coverage(), every_entry() if entries is None else entries
    return feed_of(msgspec.to_builtins(head), msgspec.to_builtins(entries), ORIGIN)


def as_json(head: Coverage | None = None, entries: Sequence[Entry] | None = None) -> Any:
    return json_feed(a_feed(head, entries))


WRITERS = {
    "jsonfeed": lambda feed: msgspec.json.encode(json_feed(feed)),
    "atom": xml.atom,
    "rss": xml.rss,
}
