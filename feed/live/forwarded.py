"""Who asks, and over what, as trusted proxies in front tell it."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from feed.limits.proxies import Proxies

FORWARDED_PROTO = b"x-forwarded-proto"
_SECURE = {"http": False, "ws": False, "https": True, "wss": True}


class Forwarded:
    """ASGI middleware: `client` and `scheme` of the scope as trusted proxies tell them."""

    def __init__(self, app: ASGIApp, proxies: Proxies) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and scope.get("client"):
            peer, port = scope["client"]
            if self._proxies.trusts(peer):
                client = self._proxies.client(peer, scope["headers"])
                scope["client"] = (client, port if client == peer else 0)
                said = next((value for name, value in scope["headers"] if name == FORWARDED_PROTO), b"")
                secure = _SECURE.get(said.decode("latin-1").strip().lower())
                if secure is not None:
                    scope["scheme"] = ("http", "https", "ws", "wss")[2 * (scope["type"] == "websocket") + secure]
        await self._app(scope, receive, send)
