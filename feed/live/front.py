"""The front of every connection: a websocket handshake goes to our protocol as it came, all else to HTTP.

uvicorn would parse an upgrade, put it together again for the websocket protocol and keep what it needed for that.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from feed.node import Node

from .deadlines import Deadlines
from .http import Http
from .socket import LiveSocket

# How long a connection may say nothing at all. Browsers make some before they know what for.
SILENT_S = 14


class Front(asyncio.Protocol):
    __slots__ = ("_arguments", "_at", "_began", "_deadlines", "_node", "_server_state", "_transport")

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._arguments: dict[str, Any] = {
            "config": config,
            "server_state": server_state,
            "app_state": app_state,
            "_loop": _loop,
        }
        self._server_state = server_state
        self._node: Node = app_state["node"]
        self._deadlines: Deadlines = app_state["heartbeat"].deadlines
        self._began = self._deadlines.now
        self._at = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        limits, connections = self._node.limits, self._server_state.connections
        if len(connections) >= limits.descriptors.most_connections:
            limits.shed["descriptors"] += 1
            limits.descriptors.say_full()
            self._transport.abort()
            return
        connections.add(cast(Any, self))
        self._at = self._deadlines.add(self, SILENT_S)

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadlines.discard(self, self._at)
        self._server_state.connections.discard(cast(Any, self))

    def eof_received(self) -> None:
        return None

    def shutdown(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        # A handshake that comes in pieces goes to HTTP, which hands it on to the same websocket protocol.
        is_handshake = data.startswith(b"GET ") and data.endswith(b"\r\n\r\n") and b"upgrade: websocket" in data.lower()
        protocol: Any = LiveSocket(**self._arguments) if is_handshake else Http(**self._arguments, began=self._began)
        self._deadlines.discard(self, self._at)
        self._server_state.connections.discard(cast(Any, self))
        protocol.connection_made(self._transport)
        self._transport.set_protocol(protocol)
        protocol.data_received(data)

    def due(self) -> None:
        self._node.limits.dropped["unfinished"] += 1
        self._transport.close()
