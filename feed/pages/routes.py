"""/, /c/{id} and their files: pages for readers, complete without any script."""

from __future__ import annotations

from contextlib import aclosing
from datetime import UTC, datetime
from os import PathLike, stat_result

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from feed.demo import IMAGES
from feed.live.query import DEFAULT_LIMIT, node_of
from feed.model import Coverage
from feed.store.port import Page
from feed.wire import coverage_from_json, entry_from_json

from . import feeds, files
from .answering import HEADERS, has_already, headers_for, language_of, origin_of, page, written
from .view import PageView, render_coverage, render_index

# At most so many coverages on the index.
INDEX_LENGTH = 200


@page
async def index(request: Request) -> Response:
    shown: list[Coverage] = []
    async with aclosing(feeds.public_ones(node_of(request).store, INDEX_LENGTH)) as coverages:
        async for one in coverages:
            shown.append(one)
            if len(shown) == INDEX_LENGTH:
                break
    headers = HEADERS | {"Cache-Control": "public, max-age=5", "Vary": "Accept-Language"}
    return HTMLResponse(render_index(shown, origin_of(request), language_of(request)), headers=headers)


@page
async def coverage(request: Request) -> Response:
    before = request.query_params.get("before")
    found = await node_of(request).store.page(
        request.path_params["coverage"], before=before, limit=DEFAULT_LIMIT, public_only=True
    )
    return await _page(request, found, before=before)


@page
async def entry(request: Request) -> Response:
    """The page as it is when the entry is on it; else the one that begins with the entry."""
    store, id_, focus = node_of(request).store, request.path_params["coverage"], request.path_params["entry"]
    newest = await store.page(id_, limit=DEFAULT_LIMIT, public_only=True)
    if any(entry_from_json(data).id == focus for data in newest.entries):
        return await _page(request, newest, focus=focus)
    older = await store.page_with(id_, focus, limit=DEFAULT_LIMIT, public_only=True)
    return await _page(request, older, focus=focus, before=focus)


async def _page(request: Request, found: Page, *, focus: str | None = None, before: str | None = None) -> Response:
    head = coverage_from_json(found.coverage)
    headers = headers_for(head, found.cursor)
    if has_already(request, headers):
        return Response(status_code=304, headers=headers)

    def write() -> str:
        view = PageView(
            coverage=head,
            entries=[entry_from_json(data) for data in found.entries],
            cursor=str(found.end or found.cursor),
            next=found.following,
            pinned=entry_from_json(found.pinned) if found.pinned else None,
            public_url=origin_of(request),
            now=datetime.now(UTC),
            focus=focus,
            before=before,
        )
        return render_coverage(view)

    return HTMLResponse(await written(found.entries, write), headers=headers)


class Pictures(StaticFiles):
    """Those of the sample coverage, and its film, of which browsers ask for parts."""

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response


routes = [
    Route("/", index, methods=["GET"]),
    Route("/c/{coverage}", coverage, methods=["GET"]),
    Route("/c/{coverage}/e/{entry}", entry, methods=["GET"]),
    *feeds.routes,
    *files.routes,
    Mount("/demo", Pictures(directory=IMAGES), name="demo"),
]
