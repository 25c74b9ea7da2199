"""A reader that is far behind is given what it missed as fast as it takes it, and no more of it waits in the node."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest

from feed.hub import Hub
from feed.live.connection import HIGH_WATER
from feed.live.sse import EventStream
from feed.message import PORTION_BYTES
from feed.store.redis import RedisStore
from feed.tokens import NOBODY, Tokens
from feed.watch import Watch
from tests.following import Log
from tests.running import StoreProcess

from .adopting import adopted

# Not so many that its window would not reach back to the reader.
ENTRIES = 30


@pytest.fixture
def log(store: RedisStore, each_store: StoreProcess) -> Iterator[Log]:
    with each_store.client() as keeper:
        yield Log(store, keeper)


def entries_in(data: bytes) -> list[bytes]:
    return re.findall(rb'"entry":{"id":"([^"]+)"', data)


@pytest.mark.parametrize("length", [100, 10_000, 100_000])
async def test_no_more_than_two_portions_wait_for_a_reader_that_takes_little(log: Log, length: int) -> None:
    await log.begin()
    hub = Hub(log.store)
    socket, wire = await adopted(hub, "c")
    (channel,) = hub.open_channels
    wire.stall()
    socket.pause_writing()
    for number in range(ENTRIES):
        await log.publish(f"e{number}", text="x" * length)
    await channel.catch_up()
    assert channel.fanout.take() == []
    for _ in range(ENTRIES + 1):
        wire.take()
    assert entries_in(wire.written) == [b"e%d" % number for number in range(ENTRIES)]
    assert socket in channel.fanout
    assert wire.most_waiting < HIGH_WATER + max(PORTION_BYTES, length) + 1_000


async def test_an_event_stream_is_given_a_portion_at_a_time(log: Log) -> None:
    created = await log.begin()
    for number in range(ENTRIES):
        await log.publish(f"e{number}", text="x" * 10_000)
    await log.end()
    bodies: list[bytes] = []

    async def send(event: Any) -> None:
        bodies.append(event.get("body", b""))

    async def receive() -> Any:
        await asyncio.Event().wait()

    hub, watch = Hub(log.store), Watch(Tokens(log.store, "an-administrator"))
    await EventStream(hub, "c", created, 50, NOBODY, watch)({}, receive, send)
    assert entries_in(b"".join(bodies)) == [b"e%d" % number for number in range(ENTRIES)]
    assert max(map(len, bodies)) < PORTION_BYTES + 1_000
