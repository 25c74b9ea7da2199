"""What every answer keeps to: no token in an address, and no guessing at what a body is."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feed.errors import TokenInAddress
from feed.live.query import shows_token

from .problem import problem_of

_NO_SNIFFING = (b"x-content-type-options", b"nosniff")


class Discretion:
    """Refuses requests of the API with a token in the address, which ends up in logs and histories, whatever they ask
    for: nobody should come to rely on it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_typed(message: Message) -> None:
            # What a producer wrote is in many answers: a browser must not take one for something that runs.
            if message["type"] == "http.response.start" and _NO_SNIFFING not in message["headers"]:
                message["headers"] = [*message["headers"], _NO_SNIFFING]
            await send(message)

        if scope["path"].startswith("/v1/") and shows_token(scope["query_string"]):
            await problem_of(Request(scope), TokenInAddress()).document()(scope, receive, send_typed)
        else:
            await self._app(scope, receive, send_typed)
