"""Errors as problem documents (RFC 9457)."""

from __future__ import annotations

import http
from typing import cast

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from feed.errors import FeedError
from feed.wire import encode

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"


class Problem(NamedTuple):
    """What went wrong, before it is written down for anyone. `extra` are further members of the document."""

    status: int
    code: str
    title: str
    detail: str
    extra: Mapping[str, object]
    headers: Mapping[str, str]

    def document(self) -> Response:
        body = {"type": f"/docs#{self.code}", "title": self.title, "status": self.status, "code": self.code}
        body |= {"detail": self.detail} | self.extra
        return Response(encode(body), self.status, self.headers | {"Cache-Control": "no-store"}, MEDIA_TYPE)


def problem(error: FeedError) -> Response:
    return _of_feed_error(error).document()


def problem_of(request: Request, error: FeedError | HTTPException) -> Problem:
    if isinstance(error, FeedError):
        return _of_feed_error(error)
    title = http.HTTPStatus(error.status_code).phrase
    headers = dict(error.headers or {})
    detail = {
        404: f"There is nothing at {request.url.path}.",
        405: f"{request.method} is not possible here. Allowed: {headers.get('Allow', 'see /docs')}.",
    }.get(error.status_code, error.detail)
    return Problem(error.status_code, title.lower().replace(" ", "_").replace("-", "_"), title, detail, {}, headers)


async def on_crash(request: Request, error: Exception) -> Response:
    # The server writes the traceback to its log; the caller learns only that it was not the caller's fault.
    return _document(500, "internal", "Something went wrong", "The server failed. It was logged; try again later.", {})


def _document(
    status: int,
    code: str,
    title: str,
    detail: str,
    extra: dict[str, object],
    headers: dict[str, str] | None = None,
) -> Response:
    body = {"type": f"/docs#{code}", "title": title, "status": status, "code": code, "detail": detail} | extra
    headers = dict(headers or {}) | {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(delay := extra.get("retry_after_ms"), int):
        headers["Retry-After"] = str(-(-delay // 1000))
    return Response(encode(body), status, headers, MEDIA_TYPE)
