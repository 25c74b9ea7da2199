"""A store that answers with nonsense: a reader that cannot be continued is sent away, to come back."""

from __future__ import annotations

import asyncio

from feed.hub import Hub
from feed.message import close_frame
from feed.model import Cursor
from feed.store.keys import coverage_keys
from feed.store.redis import RedisStore
from tests.following import Log
from tests.running import StoreProcess

from .adopting import adopted


async def test_a_reader_that_cannot_be_continued_is_closed_with_1011(
    store: RedisStore, each_store: StoreProcess
) -> None:
    with each_store.client() as keeper:
        await Log(store, keeper).begin()
        hub = Hub(store)
        socket, wire = await adopted(hub, "c")
        keeper.delete(coverage_keys("c").log)
        keeper.set(coverage_keys("c").log, "no log")
        (channel,) = hub.open_channels
        channel.forks += 1  # where the reader stands may not be in the log any more
        socket.proceed_from(Cursor(1, 1))
        async with asyncio.timeout(20):
            while not wire.written.endswith(close_frame(1011)):
                await asyncio.sleep(0.001)
        assert hub.subscribers == 0
