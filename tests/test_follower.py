"""The follower: the one task that follows a real store into the hub."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from feed.errors import StoreUnavailable
from feed.follower import Follower
from feed.hub import Hub
from feed.message import joined
from feed.store.keys import coverage_keys, news_keys
from feed.store.port import NEWS_KEPT
from feed.store.redis import RedisStore
from feed.wire import LIVE_MESSAGE, OUTAGE_MESSAGE

from .following import Log, Reader
from .running import StoreProcess, running_store


@pytest.fixture
def log(store: RedisStore, each_store: StoreProcess) -> Iterator[Log]:
    with each_store.client() as keeper:
        yield Log(store, keeper)


@contextlib.asynccontextmanager
async def followed(store: RedisStore) -> AsyncIterator[tuple[Hub, Follower]]:
    hub = Hub(store)
    follower = Follower(store, hub)
    task = asyncio.create_task(follower.run())
    try:
        await until(lambda: follower.following)
        yield hub, follower
    finally:
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=0.1)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_what_is_appended_anywhere_reaches_the_channels(log: Log) -> None:
    elsewhere = Log(log.store, log._keeper, "elsewhere")
    await log.begin()
    await elsewhere.begin()
    async with followed(log.store) as (hub, _), hub.subscribed("c") as one, hub.subscribed("elsewhere") as other:
        for number in range(3):
            tips = (await log.publish(f"e{number}"), await elsewhere.publish(f"e{number}"))
            await until(lambda tips=tips: (one.tip, other.tip) == tips)  # type: ignore[misc]
        assert hub.counts.events == 6


async def test_a_probe_goes_through_the_store_and_comes_back(log: Log) -> None:
    async with followed(log.store) as (_, follower):
        assert await asyncio.gather(*(follower.probe(10) for _ in range(5))) == [True] * 5
        assert follower._probes == {}


async def test_many_who_probe_at_once_share_one_announcement(each_store: StoreProcess, log: Log) -> None:
    await log.begin()
    name = next(iter(news_keys()))
    async with followed(log.store) as (_, follower):
        assert await follower.probe(20)
        with each_store.client() as keeper:
            before: Any = keeper.xinfo_stream(name)
            assert await asyncio.gather(*(follower.probe(20) for _ in range(50))) == [True] * 50
            after: Any = keeper.xinfo_stream(name)
    assert after["entries-added"] == before["entries-added"] + 1


async def test_without_anybody_following_no_probe_comes_back(log: Log) -> None:
    assert await Follower(log.store, Hub(log.store)).probe(0.05) is False


async def test_it_goes_on_by_itself_when_the_store_is_back() -> None:
    with running_store("valkey") as process, process.client() as keeper:
        store = RedisStore.open(process.url)
        log = Log(store, keeper)
        await log.begin()
        async with followed(store) as (hub, follower), hub.subscribed("c") as channel:
            process.kill()
            await until(lambda: not follower.following)
            assert await follower.probe(1) is False
            with pytest.raises(StoreUnavailable):
                await log.publish("a")
            process.start()
            # Nobody announces this to a follower that is away.
            tip = await Log(store, keeper).publish("b")
            await until(lambda: channel.tip == tip and follower.following)
            assert await follower.probe(20)
        await store.close()


async def test_readers_are_told_once_of_a_long_outage_and_of_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feed.follower.OUTAGE_S", 0.2)
    with running_store("valkey") as process, process.client() as keeper:
        store = RedisStore.open(process.url)
        await Log(store, keeper).begin()
        async with followed(store) as (hub, _), hub.subscribed("c") as channel:
            reader = Reader()
            channel.join(reader, channel.tip)
            process.kill()
            await until(lambda: len(reader.got) == 1)
            await asyncio.sleep(0.5)  # a few more failures
            process.start()
            await until(lambda: len(reader.got) > 1)
            assert reader.got == [joined([message], deflate=False) for message in (OUTAGE_MESSAGE, LIVE_MESSAGE)]
        await store.close()


async def test_a_store_that_stands_still_is_noticed_by_a_probe() -> None:
    with running_store("valkey") as process:
        store = RedisStore.open(process.url)
        async with followed(store) as (_, follower):
            process.signal(signal.SIGSTOP)
            assert await follower.probe(0.1) is False
            process.signal(signal.SIGCONT)
            assert await follower.probe(20)
        await store.close()


async def test_a_log_that_lost_its_end_is_followed_from_where_it_goes_on(log: Log) -> None:
    await log.begin()
    async with followed(log.store) as (hub, _), hub.subscribed("c") as channel:
        lost = await log.publish("a")
        await until(lambda: channel.tip == lost)
        log.lose(lost)
        tip = await log.publish("b")
        await until(lambda: channel.tip == tip)
        assert channel.forks == 1
        assert not channel.covers(lost)


async def test_a_store_that_lost_everything_is_followed_into_what_is_made_again(log: Log) -> None:
    await log.begin()
    async with followed(log.store) as (hub, _), hub.subscribed("c") as channel:
        log.lose_all()
        await log.begin()
        tip = await log.publish("a")
        await until(lambda: channel.tip == tip)
        assert channel.forks > 0


async def test_a_node_that_was_far_behind_misses_no_coverage_whose_news_are_forgotten(log: Log) -> None:
    await log.begin()
    hub = Hub(log.store)
    follower = Follower(log.store, hub)
    async with hub.subscribed("c") as channel:
        tips = await log.store.tips()
        tip = await log.publish("a")
        with log._keeper.pipeline() as others:
            for number in range(NEWS_KEPT):
                others.xadd(coverage_keys("c").news, {"coverage": "another", "cursor": f"{number + 1}-0"})
            others.xtrim(coverage_keys("c").news, maxlen=NEWS_KEPT, approximate=False)
            others.execute()
        async with aclosing(log.store.follow(tips)) as news:
            await follower._receive(await anext(news))
        assert channel.tip == tip
