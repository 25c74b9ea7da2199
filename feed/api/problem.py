"""Errors as problem documents (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from feed.errors import FeedError, MethodNotAllowed, NotFound, UpgradeRequired
from feed.wire import PROBLEM, problem_document


class Problem(NamedTuple):
    """What went wrong, before it is written down for anyone. `extra` are further members of the document."""

    status: int
    code: str
    title: str
    detail: str
    extra: Mapping[str, object]
    headers: Mapping[str, str]

    def document(self) -> Response:
        body = problem_document(self.status, self.code, self.title, self.detail, self.extra)
        return Response(body, self.status, {**self.headers, "Cache-Control": "no-store"}, PROBLEM)


def problem_of(request: Request, error: FeedError | HTTPException) -> Problem:
    """An `HTTPException` is the router's, or of a route that finds nothing: it says 404 or 405."""
    if isinstance(error, FeedError):
        return _of_feed_error(error)
    if error.status_code == 405:
        return _of_feed_error(MethodNotAllowed(request.method, ", ".join(sorted(_methods_at(request)))))
    return _of_feed_error(NotFound(f"There is nothing at {request.url.path}."))


def _methods_at(request: Request) -> set[str]:
    """Of all routes for this path: each method has its own, and the router asks only the first."""
    routes = (route for route in request.app.routes if isinstance(route, Route))
    matching = (route for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    return set().union(*(route.methods or () for route in matching))


def _of_feed_error(error: FeedError) -> Problem:
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = error.allowed
    if isinstance(error, UpgradeRequired):
        headers |= {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    if isinstance(delay := error.extra.get("retry_after_ms"), int):
        headers["Retry-After"] = str(-(-delay // 1000))
    return Problem(error.status, error.code, error.title, error.detail, error.extra, headers)


async def on_crash(request: Request, error: Exception) -> Response:
    # The server writes the traceback to its log; the caller learns only that it was not the caller's fault.
    return _of_feed_error(FeedError("The server failed. It was logged; try again later.")).document()
