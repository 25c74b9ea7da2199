"""A socket that a channel has adopted, on a transport that takes what it is told to."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from feed.hub import Hub
from feed.limits import Limits
from feed.live.heartbeat import Heartbeat
from feed.live.socket import LiveSocket
from feed.session import Session


class Wire(asyncio.Transport):
    """`written` is all that it was given, `waiting` how many bytes of that it has not taken."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.waiting = 0
        self.most_waiting = 0
        self._takes = True
        self._high = 0

    def carry(self, socket: LiveSocket) -> None:
        self._socket = socket
        socket.connection_made(self)

    def stall(self) -> None:
        self._takes = False

    def take(self) -> None:
        """All that waits, and nothing of what comes then."""
        self.waiting = 0
        self._socket.resume_writing()

    def write(self, data: Any) -> None:
        self.written += data
        if not self._takes:
            was_full = self.waiting > self._high
            self.waiting += len(data)
            self.most_waiting = max(self.most_waiting, self.waiting)
            if self.waiting > self._high and not was_full:
                self._socket.pause_writing()

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = high or 0

    def is_closing(self) -> bool:
        return False

    def resume_reading(self) -> None: ...


async def adopted(hub: Hub, coverage: str) -> tuple[LiveSocket, Wire]:
    """A reader of a public coverage that has had its page."""
    channel, wire = await hub.enter(coverage), Wire()
    node: Any = SimpleNamespace(limits=Limits())
    socket = LiveSocket(cast(Config, None), ServerState(), {"node": node, "heartbeat": Heartbeat()})
    wire.carry(socket)
    socket.accepted(b"", deflate=False)
    socket.adopt(hub, channel, Session(coverage, public=True), await channel.open(None, 50), channel.forks, 50)
    return socket, wire
