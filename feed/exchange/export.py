"""A whole coverage as one file for reading: a page of HTML, or a JSON Feed (https://www.jsonfeed.org/version/1.1/).

The export that brings the same timeline back is `own.export_json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from feed.pages.body import environment
from feed.pages.jsonfeed import json_feed
from feed.pages.syndication import feed_of
from feed.pages.words import direction_of, words_for

Coverage = Mapping[str, Any]
Entry = Mapping[str, Any]


def export_html(coverage: Coverage, entries: Iterable[Entry], *, base_url: str = "") -> bytes:
    """One self-contained page, newest first. `base_url` is the server's address, for addresses that begin with ``/``.

    `coverage` and `entries` as readers get them: HTML in them was sanitised when it was published."""
    language = coverage.get("language", "en")
    page = environment("feed.exchange").get_template("coverage.html")
    text = page.render(
        base_url=base_url,
        coverage=coverage,
        entries=sorted(entries, key=lambda entry: (entry["display_at"], entry["id"]), reverse=True),
        language=language,
        direction=direction_of(language),
        t=words_for(language),
    )
    return text.lstrip().encode()


def export_jsonfeed(coverage: Coverage, entries: Iterable[Entry], *, base_url: str = "") -> bytes:
    """JSON Feed 1.1, newest first. With `base_url`, the server's address, it links to the coverage and its entries."""
    document = json_feed(feed_of(coverage, entries, base_url.rstrip("/")))
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"
