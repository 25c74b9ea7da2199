"""The hub: the channels that a node's subscribers follow, on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from feed import departures as departures_module
from feed import hub as hub_module
from feed.errors import StoreUnavailable, UnknownCoverage
from feed.hub import Hub
from feed.model import Cursor
from feed.store.port import Announcement
from feed.store.redis import RedisStore

from .following import Log, Reader
from .running import StoreProcess, running_store


@pytest.fixture
def log(store: RedisStore, each_store: StoreProcess) -> Iterator[Log]:
    with each_store.client() as keeper:
        yield Log(store, keeper)


@pytest.fixture
async def hub(log: Log) -> Hub:
    await log.begin()
    return Hub(log.store)


async def forgotten(hub: Hub) -> bool:
    """Whether the hub lets go of every channel, soon."""
    for _ in range(200):
        if hub.channels == 0:
            return True
        await asyncio.sleep(0.01)
    return False


async def test_subscribers_of_a_coverage_share_its_channel(hub: Hub) -> None:
    async with hub.subscribed("c") as first, hub.subscribed("c") as second:
        assert first is second
        assert (hub.subscribers, first.subscribers, hub.channels) == (2, 2, 1)
    assert (hub.subscribers, hub.counts.subscriptions) == (0, 2)


async def test_many_who_come_at_once_open_one_channel(hub: Hub) -> None:
    channels = await asyncio.gather(*(hub.enter("c") for _ in range(20)))
    assert len({id(channel) for channel in channels}) == 1
    for channel in channels:
        hub.leave(channel)
    assert hub.subscribers == 0


async def test_only_an_open_channel_can_be_entered_at_once(hub: Hub) -> None:
    assert hub.enter_now("c") is None
    async with hub.subscribed("c") as channel:
        assert hub.enter_now("c") is channel
        hub.leave(channel)


async def test_an_unknown_coverage_leaves_nothing_behind(hub: Hub) -> None:
    for _ in range(2):
        with pytest.raises(UnknownCoverage):
            await hub.enter("nothing")
    assert (hub.channels, hub.subscribers, hub.counts.subscriptions) == (0, 0, 0)


async def test_a_channel_stays_warm_for_a_while_after_its_last_subscriber(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hub.subscribed("c") as channel:
        pass
    async with hub.subscribed("c") as again:
        assert again is channel
        monkeypatch.setattr(hub_module, "LINGER_S", 0.01)
        hub.leave(await hub.enter("c"))
    assert await forgotten(hub)


async def test_a_channel_that_nobody_waited_for_is_let_go(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "LINGER_S", 0.05)
    asking = asyncio.create_task(hub.enter("c"))
    while not hub.channels:
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking])
    assert asking.cancelled()
    assert hub.subscribers == 0
    assert await forgotten(hub)


async def test_a_channel_that_somebody_came_back_to_is_not_let_go(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    async with hub.subscribed("c"):
        monkeypatch.setattr(hub_module, "LINGER_S", 0.0)
    async with hub.subscribed("c"):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert hub.channels == 1


async def test_a_channel_stays_as_long_after_the_last_who_left_as_after_the_first(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "LINGER_S", 0.01)
    async with hub.subscribed("c"):
        pass
    monkeypatch.setattr(hub_module, "LINGER_S", 600)
    async with hub.subscribed("c"):
        pass
    await asyncio.sleep(0.05)  # the time of the first is over
    assert hub.channels == 1


async def test_news_brings_forward_the_channels_it_is_about(hub: Hub, log: Log) -> None:
    async with hub.subscribed("c") as channel:
        reader = Reader()
        channel.join(reader, channel.tip)
        tip = await log.publish("a", "b")
        await hub.receive_news([Announcement("another", tip), Announcement("c", tip)])
        assert channel.tip == tip
        await hub.receive_news([Announcement("c", tip), Announcement("c", Cursor(1, 1))])
        assert (hub.counts.events, hub.counts.messages) == (2, 2)
        assert len(reader.got) == 1


async def test_after_a_fault_every_channel_asks_its_log(hub: Hub, log: Log) -> None:
    other = Log(log.store, log._keeper, "other")
    await other.begin()
    async with hub.subscribed("c") as channel, hub.subscribed("other") as second:
        await log.publish("a")
        await other.publish("a")
        await hub.catch_up_all()
        assert (channel.tip, second.tip) == (await log.tip(), await other.tip())


async def test_subscribers_of_a_lost_coverage_are_called_and_it_can_come_back(hub: Hub, log: Log) -> None:
    async with hub.subscribed("c") as channel:
        reader = Reader()
        stands = channel.tip
        channel.join(reader, stands)
        log.lose_all()
        await hub.catch_up_all()
        assert (reader.called, channel.forks) == ([stands], 1)
        with pytest.raises(UnknownCoverage):
            await channel.continue_from(stands, 50)
        await log.begin()
        tip = await log.publish("a")
        await hub.receive_news([Announcement("c", tip)])
        assert channel.tip == tip
        assert (await hub.enter("c")) is channel
        hub.leave(channel)


async def test_draining_tells_every_reader_and_wakes_who_waits_until_all_have_left(hub: Hub) -> None:
    async with hub.subscribed("c") as channel:
        readers = [Reader(), Reader(deflate=True), Reader()]
        for reader, position in zip(readers, (channel.tip, channel.tip, Cursor(channel.tip.ms + 1, 0)), strict=True):
            channel.join(reader, position)
        waiting = asyncio.ensure_future(channel.wait())
        await asyncio.sleep(0)
        assert (hub.draining, hub.dismissed) == (False, False)
        draining = asyncio.create_task(hub.drain(600))
        await asyncio.wait_for(waiting, 5)
        while not all(reader.moves for reader in readers):
            await asyncio.sleep(0)
        assert (hub.draining, hub.dismissed, draining.done()) == (True, False, False)
    await asyncio.wait_for(draining, 5)
    assert [reader.moves for reader in readers] == [1, 1, 1]


async def test_readers_who_stay_are_sent_away_after_the_window(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(departures_module, "STAY_S", 0.2)
    async with hub.subscribed("c") as channel:
        reader = Mover(hub)
        channel.join(reader, channel.tip)
        await asyncio.wait_for(hub.drain(0.2), 20)
        assert reader.departed


async def test_without_a_window_nobody_is_told_or_waited_for(hub: Hub) -> None:
    async with hub.subscribed("c") as channel:
        reader = Reader()
        channel.join(reader, channel.tip)
        await asyncio.wait_for(hub.drain(0), 5)
        assert (hub.draining, reader.moves) == (True, 0)


async def test_dismissed_everybody_who_waits_is_woken(hub: Hub) -> None:
    async with hub.subscribed("c") as channel:
        waiting = asyncio.ensure_future(channel.wait())
        await asyncio.sleep(0)
        hub.dismiss()
        await asyncio.wait_for(waiting, 5)
        assert (hub.draining, hub.dismissed) == (True, True)


class Mover(Reader):
    """Takes its time from the hub, as a connection does."""

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self._hub = hub

    def move(self) -> None:
        super().move()
        assert self._hub.departures is not None
        self._hub.departures.add(self)


async def test_a_channel_that_could_not_be_brought_up_to_date_is_not_kept() -> None:
    with running_store("valkey") as process, process.client() as keeper:
        store = RedisStore.open(process.url)
        log = Log(store, keeper)
        await log.begin()
        hub = Hub(store)
        opening = asyncio.ensure_future(hub.enter("c"))
        while not hub.channels and not opening.done():
            await asyncio.sleep(0)
        process.kill()
        with pytest.raises(StoreUnavailable):
            await opening
        assert (hub.channels, hub.subscribers) == (0, 0)
        process.start()
        async with hub.subscribed("c") as channel:
            assert channel.tip == await log.tip()
        await store.close()
