"""A store that answers with nonsense: a reader that cannot be continued is sent away, to come back."""

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
from feed.message import close_frame
from feed.model import Cursor
from feed.session import Session
from feed.store.keys import coverage_keys
from feed.store.redis import RedisStore
from tests.following import Log
from tests.running import StoreProcess


class Wire(asyncio.Transport):
    """Takes everything, and keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: Any) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...
    def resume_reading(self) -> None: ...


async def test_a_reader_that_cannot_be_continued_is_closed_with_1011(
    store: RedisStore, each_store: StoreProcess
) -> None:
    with each_store.client() as keeper:
        log = Log(store, keeper)
        await log.begin()
        hub, wire = Hub(store), Wire()
        channel = await hub.enter("c")
        node: Any = SimpleNamespace(limits=Limits())
        socket = LiveSocket(cast(Config, None), ServerState(), {"node": node, "heartbeat": Heartbeat()})
        socket.connection_made(wire)
        socket.accepted(b"", deflate=False)
        opening = await channel.open(None, 50)
        socket.adopt(hub, channel, Session("c", public=True), opening, channel.forks, 50)
        keeper.delete(coverage_keys("c").log)
        keeper.set(coverage_keys("c").log, "no log")
        channel.forks += 1  # where the reader stands may not be in the log any more
        socket.proceed_from(Cursor(1, 1))
        async with asyncio.timeout(20):
            while not wire.written.endswith(close_frame(1011)):
                await asyncio.sleep(0.001)
        assert hub.subscribers == 0
