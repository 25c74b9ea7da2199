"""What may not be in the address of a request, which ends up in logs and histories: tokens."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from feed.errors import TokenInAddress
from feed.live.query import shows_token

from .problem import problem_of


class Discretion:
    """Refuses requests of the API that carry one, whatever they ask for: nobody should come to rely on it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/v1/") and shows_token(scope["query_string"]):
            await problem_of(Request(scope), TokenInAddress()).document()(scope, receive, send)
        else:
            await self._app(scope, receive, send)
