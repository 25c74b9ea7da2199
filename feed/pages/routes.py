"""/, /c/{id} and their files: pages for readers, complete without any script."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import feed_reader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

import feed.demo
from feed.errors import FeedError, UnknownCoverage
from feed.live.query import DEFAULT_LIMIT, node_of
from feed.store.port import Page
from feed.wire import coverage_from_json, entry_from_json

from .view import PageView, render_coverage, render_index, render_problem

# Nothing inline and nothing from elsewhere but what entries show: pictures, sound, film.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' https: http: data:",
        "media-src 'self' https: http:",
        "connect-src 'self' ws: wss:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
# At most so many coverages on the index.
INDEX_LENGTH = 200

Endpoint = Callable[[Request], Awaitable[Response]]


def page(endpoint: Endpoint) -> Endpoint:
    """Errors become a page that a reader understands."""

    async def wrapped(request: Request) -> Response:
        try:
            return await endpoint(request)
        except FeedError as error:
            headers = HEADERS | {"Cache-Control": "no-store"}
            if delay := error.extra.get("retry_after_ms"):
                headers["Retry-After"] = str(-(-delay // 1000))
            return HTMLResponse(render_problem(error.status, error.title, error.detail), error.status, headers)

    return wrapped


@page
async def index(request: Request) -> Response:
    heads = await node_of(request).store.coverages(["live", "scheduled", "ended"], before=None, limit=INDEX_LENGTH)
    shown = [coverage for head in heads if (coverage := coverage_from_json(head)).visibility == "public"]
    return HTMLResponse(render_index(shown, _origin(request)), headers=HEADERS | {"Cache-Control": "public, max-age=5"})


@page
async def coverage(request: Request) -> Response:
    before = request.query_params.get("before")
    found = await node_of(request).store.page(request.path_params["coverage"], before=before, limit=DEFAULT_LIMIT)
    return _page(request, found, before=before)


@page
async def entry(request: Request) -> Response:
    """The page as it is when the entry is on it; else the one that begins with the entry."""
    store, id_, focus = node_of(request).store, request.path_params["coverage"], request.path_params["entry"]
    newest = await store.page(id_, limit=DEFAULT_LIMIT)
    if coverage_from_json(newest.coverage).visibility == "private":
        raise UnknownCoverage(id_)  # before anything is said about its entries
    if any(entry_from_json(data).id == focus for data in newest.entries):
        return _page(request, newest, focus=focus)
    older = await store.page_with(id_, focus, limit=DEFAULT_LIMIT)
    return _page(request, older, focus=focus, before=focus)


def _page(request: Request, found: Page, *, focus: str | None = None, before: str | None = None) -> Response:
    head = coverage_from_json(found.coverage)
    if head.visibility == "private":
        raise UnknownCoverage(head.id)
    headers = HEADERS | {"ETag": f'W/"{found.cursor}"', "Cache-Control": "public, max-age=1, stale-if-error=60"}
    if head.visibility == "unlisted":
        headers["X-Robots-Tag"] = "noindex"
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    view = PageView(
        coverage=head,
        entries=[entry_from_json(data) for data in found.entries],
        cursor=str(found.end or found.cursor),
        next=found.following,
        pinned=entry_from_json(found.pinned) if found.pinned else None,
        public_url=_origin(request),
        now=datetime.now(UTC),
        focus=focus,
        before=before,
    )
    return HTMLResponse(render_coverage(view), headers=headers)


def _origin(request: Request) -> str:
    """The address readers use: as it is set, or as this reader came."""
    return node_of(request).settings.public_url or f"{request.url.scheme}://{request.url.netloc}"


def _files(package: Path) -> StaticFiles:
    return StaticFiles(directory=package)


routes = [
    Route("/", index, methods=["GET"]),
    Route("/c/{coverage}", coverage, methods=["GET"]),
    Route("/c/{coverage}/e/{entry}", entry, methods=["GET"]),
    Mount("/static", _files(cast(Path, feed_reader.STATIC)), name="static"),
    Mount("/demo", _files(Path(__file__).parents[1] / "demo" / "images"), name="demo"),
]
