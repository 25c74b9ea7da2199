"""How pages and feeds answer: their headers, what a reader has already, and errors that a person understands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from feed import __version__
from feed.errors import FeedError, UnknownCoverage
from feed.live.query import node_of
from feed.model import Coverage, Cursor

from .view import render_problem
from .words import preferred

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

Endpoint = Callable[[Request], Awaitable[Response]]
T = TypeVar("T")

# Bytes of entries that are written out in up to 40 ms. More of them is done in a thread: other readers do not wait.
LIGHT = 300_000
_writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pages")


async def written(entries: Sequence[bytes], write: Callable[[], T]) -> T:
    """What `write` makes of `entries`."""
    if sum(map(len, entries)) <= LIGHT:
        return write()
    return await asyncio.get_running_loop().run_in_executor(_writer, write)


def page(endpoint: Endpoint) -> Endpoint:
    """Errors become a page that a reader understands."""

    async def wrapped(request: Request) -> Response:
        limits = node_of(request).limits
        try:
            with limits.working(limits.reads):
                return await endpoint(request)
        except FeedError as error:
            headers = {}
            if delay := error.extra.get("retry_after_ms"):
                headers["Retry-After"] = str(-(-delay // 1000))
            return problem_page(error.status, error.title, error.detail, headers, language_of(request))

    return wrapped


def language_of(request: Request) -> str:
    """Of pages that belong to no coverage: the reader's own, as far as there are words."""
    return preferred(request.headers.get("accept-language", ""))


def problem_page(status: int, title: str, detail: str, headers: Mapping[str, str], language: str = "en") -> Response:
    headers = HEADERS | {"Cache-Control": "no-store"} | dict(headers)
    return HTMLResponse(render_problem(status, title, detail, language), status, headers)


def wants_page(request: Request) -> bool:
    """Whether a person reads the answer. The API always answers programs."""
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")


def headers_for(coverage: Coverage, cursor: Cursor) -> dict[str, str]:
    """For what shows `coverage` as it was at `cursor`. Raises UnknownCoverage for a private one: it has no page.

    The tag names the version too: after a deploy even an ended coverage is written anew.
    """
    if coverage.visibility == "private":
        raise UnknownCoverage(coverage.id)
    headers = HEADERS | {
        "ETag": f'W/"{cursor}-{__version__}"',
        "Cache-Control": "public, max-age=1, stale-if-error=60",
    }
    if coverage.visibility == "unlisted":
        headers["X-Robots-Tag"] = "noindex"
    return headers


def has_already(request: Request, headers: Mapping[str, str]) -> bool:
    """Whether the reader's copy is the one that `headers` tag (RFC 9110 section 13.1.2)."""
    tag = headers["ETag"].removeprefix("W/")
    known = request.headers.get("if-none-match", "").split(",")
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in known)


def origin_of(request: Request) -> str:
    """The address readers use: as it is set, or as this reader came."""
    return node_of(request).settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
