"""The front of every connection: a websocket handshake goes to our protocol as it came, all else to uvicorn's HTTP.

uvicorn would parse an upgrade, put it together again for the websocket protocol and keep what it needed for that.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from .socket import LiveSocket


class Front(asyncio.Protocol):
    __slots__ = ("_arguments", "_server_state", "_transport")

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._arguments = {"config": config, "server_state": server_state, "app_state": app_state, "_loop": _loop}
        self._server_state = server_state

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._server_state.connections.add(cast(Any, self))

    def connection_lost(self, exc: Exception | None) -> None:
        self._server_state.connections.discard(cast(Any, self))

    def eof_received(self) -> None:
        return None

    def shutdown(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        # A handshake that comes in pieces goes to HTTP, which hands it on to the same websocket protocol.
        is_handshake = data.startswith(b"GET ") and data.endswith(b"\r\n\r\n") and b"upgrade: websocket" in data.lower()
        protocol = cast(Any, LiveSocket if is_handshake else HttpToolsProtocol)(**self._arguments)
        self._server_state.connections.discard(cast(Any, self))
        protocol.connection_made(self._transport)
        self._transport.set_protocol(protocol)
        protocol.data_received(data)
