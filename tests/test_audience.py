"""How many read a coverage: the sum over nodes on a real store, told when it changed noticeably."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from feed import audience as audience_module
from feed.audience import EVERY_S, Audience
from feed.channel import Channel
from feed.hub import Hub
from feed.message import Message
from feed.store.keys import coverage_keys
from feed.store.redis import RedisStore

from .following import Log, Reader
from .running import StoreProcess


@pytest.fixture
def log(store: RedisStore, each_store: StoreProcess) -> Iterator[Log]:
    with each_store.client() as keeper:
        yield Log(store, keeper)


class Node:
    """A hub with its audience, and one reader that is written to."""

    def __init__(self, log: Log) -> None:
        self.hub = Hub(log.store)
        self.audience = Audience(log.store, self.hub)
        self.reader = Reader()
        self.now = 0.0

    async def read(self, count: int) -> Channel:
        for _ in range(count):
            channel = await self.hub.enter("c")
        channel.join(self.reader, channel.tip)
        return channel

    async def look(self, after_s: float = EVERY_S) -> list[int]:
        """What the reader is told then."""
        self.now += after_s
        self.reader.got.clear()
        await self.audience.look(self.now)
        return [json.loads(frame[2:])["count"] for frame in self.reader.got]


async def test_readers_are_told_how_many_they_are_over_all_nodes(log: Log) -> None:
    await log.begin()
    one, other = Node(log), Node(log)
    await one.read(3)
    await other.read(4)
    assert await one.look() == [3]
    assert await other.look() == [7]
    assert await one.look() == [7]


async def test_nothing_is_told_while_nothing_noticeable_changes_or_too_soon(log: Log) -> None:
    await log.begin()
    node = Node(log)
    channel = await node.read(100)
    assert await node.look() == [100]
    assert await node.look() == []
    for _ in range(2):
        await node.read(1)
    assert await node.look() == []
    await node.read(1)
    assert await node.look(after_s=EVERY_S / 2) == []
    assert await node.look(after_s=EVERY_S / 2) == [103]
    assert channel.notice == b'{"type":"audience","count":103}'


async def test_who_left_or_whose_node_is_gone_is_not_counted(
    log: Log, each_store: StoreProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.begin()
    one, other, gone = Node(log), Node(log), Node(log)
    channel = await one.read(2)
    await other.read(1)
    await gone.read(5)
    monkeypatch.setattr(audience_module, "GOOD_FOR", 0.0)
    await gone.look()
    monkeypatch.undo()
    await one.look()
    assert await other.look() == [3]
    for _ in range(2):
        one.hub.leave(channel)
    assert await one.look() == []
    assert await other.look() == [1]
    other.hub.leave(other.hub.open_channels[0])
    await other.look()
    with each_store.client() as keeper:
        assert not keeper.exists(coverage_keys("c").audience)


async def test_without_readers_the_store_is_not_asked(log: Log) -> None:
    await log.begin()
    node = Node(log)
    node.hub.leave(await node.hub.enter("c"))
    log.lose_all()
    assert await node.look() == []


async def test_a_store_that_is_away_is_asked_again(each_store: StoreProcess, log: Log) -> None:
    await log.begin()
    node = Node(log)
    await node.read(2)
    each_store.kill()
    assert await node.look() == []
    each_store.start()
    assert await node.look() == [2]


async def test_it_is_told_again_after_something_else_was(log: Log) -> None:
    await log.begin()
    node = Node(log)
    channel = await node.read(2)
    assert await node.look() == [2]
    channel.tell(Message(b'{"type":"live"}'))
    assert await node.look() == [2]
