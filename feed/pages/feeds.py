"""/c/{id}/feed.json, atom.xml, rss.xml, /sitemap.xml and /robots.txt: coverage for other programs to read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from feed.live.query import DEFAULT_LIMIT, node_of
from feed.model import Coverage, Moment, moment_from, moment_from_ms, moment_to_ms
from feed.store.port import Store
from feed.wire import coverage_from_json, encode

from . import sitemap, xml
from .answering import HEADERS, Endpoint, has_already, headers_for, origin_of, written
from .jsonfeed import json_feed
from .syndication import Feed, feed_of

# Read from the store at a time.
_BATCH = 500
# What ended longer ago is taken to be as its head says, and its log is not asked for the newest change.
_SETTLED = timedelta(days=2)


def feed(media_type: str, write: Callable[[Feed], bytes]) -> Endpoint:
    """The newest entries of a coverage, written by `write`."""

    async def endpoint(request: Request) -> Response:
        found = await node_of(request).store.page(
            request.path_params["coverage"], limit=DEFAULT_LIMIT, public_only=True
        )
        headers = headers_for(coverage_from_json(found.coverage), found.cursor)
        if has_already(request, headers):
            return Response(status_code=304, headers=headers)

        def document() -> bytes:
            decode = msgspec.json.decode
            return write(feed_of(decode(found.coverage), [decode(data) for data in found.entries], origin_of(request)))

        return Response(await written(found.entries, document), headers=headers, media_type=media_type)

    return endpoint


async def site_map(request: Request) -> Response:
    store, now = node_of(request).store, datetime.now(UTC)
    places = [
        sitemap.place(coverage, await _changed(store, coverage, now), now) async for coverage in public_ones(store)
    ]
    headers = HEADERS | {"Cache-Control": "public, max-age=60"}
    return Response(sitemap.sitemap(places, origin_of(request)), headers=headers, media_type="application/xml")


async def robots(request: Request) -> Response:
    return PlainTextResponse(sitemap.robots(origin_of(request)), headers={"Cache-Control": "public, max-age=3600"})


async def public_ones(store: Store, batch: int = _BATCH) -> AsyncGenerator[Coverage, None]:
    """Newest first, at most as many as a sitemap holds; `batch` of them are read from the store at a time."""
    before, listed, more = None, 0, True
    while more:
        heads = await store.coverages(["live", "scheduled", "ended"], before=before, limit=batch)
        more = len(heads) == batch
        for head in heads:
            coverage = coverage_from_json(head)
            before = f"{moment_to_ms(coverage.created_at)}-{coverage.id}"
            if coverage.visibility != "public":
                continue
            if listed == sitemap.LARGEST:
                return
            listed += 1
            yield coverage


async def _changed(store: Store, coverage: Coverage, now: datetime) -> Moment:
    """The head's own time says nothing of entries; the tip of the log does."""
    if coverage.ended_at and coverage.updated_at < moment_from(now - _SETTLED):
        return coverage.updated_at
    return moment_from_ms((await store.head(coverage.id)).cursor.ms)


routes = [
    Route("/c/{coverage}/feed.json", feed("application/feed+json", lambda feed: encode(json_feed(feed)))),
    Route("/c/{coverage}/atom.xml", feed("application/atom+xml", xml.atom)),
    Route("/c/{coverage}/rss.xml", feed("application/rss+xml", xml.rss)),
    Route("/sitemap.xml", site_map),
    Route("/robots.txt", robots),
]
