"""Admission: a reader is counted for as long as it is here, whatever it reads over."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from feed.errors import TooManySubscribers

from .conversation import EXTENSION
from .query import node_of
from .sse import come_back


def admitted(connection: HTTPConnection) -> AbstractContextManager[None]:
    """Raises TooManySubscribers. Over our own websocket protocol it has been counted before."""
    if isinstance(connection, WebSocket) and EXTENSION in connection.scope.get("extensions", {}):
        return nullcontext()
    return node_of(connection).limits.admitted(connection.client.host if connection.client else "")


class Admitted:
    """An ASGI response, while its reader is counted."""

    def __init__(self, response: ASGIApp) -> None:
        self._response = response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        response = self._response
        try:
            with admitted(request):
                await response(scope, receive, send)
        except TooManySubscribers as error:
            if "last-event-id" not in request.headers:
                raise
            # An EventSource that returns takes any error as the last word, and never comes again.
            await come_back(error.extra["retry_after_ms"])(scope, receive, send)
