"""A replica takes over, with everything or without the last of it: nobody is left with what is not there any more."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import httpx2
import pytest
from feed_client import Producer

from feed.store.keys import coverage_keys
from feed.store.port import Facts, Shard, Watch
from feed.store.redis import RedisStore
from tests.running import ServerProcess, running_server
from tests.topology import Replicated, StoreNode, Watched, running_cluster, running_sentinel

from .reader import Reader

log = logging.getLogger(__name__)


async def until(condition: Callable[[], Any], what: str, within_s: float = 60) -> None:
    try:
        async with asyncio.timeout(within_s):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"{what} did not come true within {within_s} s") from None


def publisher(server: ServerProcess) -> Producer:
    return Producer(server.url, server.admin_token, deadline_s=60)


async def publish(producer: Producer, coverage: str, *headlines: str) -> list[Any]:
    return [await producer.publish(coverage, headline=one, text="x") for one in headlines]


async def stored(producer: Producer, coverage: str) -> list[Any]:
    return [entry async for entry in producer.entries(coverage)]


def headlines(entries: Sequence[Any]) -> list[str]:
    return [entry["headline"] for entry in reversed(entries)]


async def sees(reader: Reader, publishing: Callable[[], Awaitable[list[Any]]], at_most: int) -> list[Any]:
    """The receipts of what is published while the reader is there; it leaves after `at_most` events."""
    reading = asyncio.create_task(reader.read(at_most))
    await until(lambda: reader.timeline.live, "the reader is live")
    receipts = await publishing()
    await reading
    return receipts


async def until_replicas_have_all(producer: Producer, coverage: str, replicas: int) -> None:
    number = 0
    while (await publish(producer, coverage, f"kept {number}"))[0]["durability"]["replicas"] != replicas:
        number += 1


class Failing:
    """One group of a store, which loses its primary. `is_over` tells when another has been made known."""

    def __init__(self, group: Replicated, is_over: Callable[[StoreNode], bool]) -> None:
        self.group = group
        self._is_over = is_over

    async def promoted(self, primary: StoreNode) -> float:
        """When that was."""
        async with asyncio.timeout(60):
            while not await asyncio.to_thread(self._is_over, primary):
                await asyncio.sleep(0.02)
        return time.monotonic()


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    with running_sentinel() as watched:
        yield watched


async def lose_the_tail(url: str, failing: Failing) -> None:
    group, coverage = failing.group, "lost"
    with running_server("--store", url) as one, running_server("--store", url) as other:
        async with publisher(one) as producer, publisher(other) as second:
            await producer.create("Lost", id=coverage)
            readers = [Reader(server.url, coverage) for server in (one, other, other)]
            reading = [asyncio.create_task(reader.read_to_the_end(within_s=120)) for reader in readers]
            await until(lambda: all(reader.timeline.live for reader in readers), "readers are live")
            # Two leave before the fault: one with what will be kept, one with what will not.
            away, misled = Reader(one.url, coverage), Reader(other.url, coverage)
            first = await sees(away, lambda: publish(producer, coverage, "first"), 1)
            await until_replicas_have_all(producer, coverage, len(group.nodes) - 1)
            before = headlines(await stored(producer, coverage))

            primary, replicas = await asyncio.to_thread(group.cut_off)
            losing = await sees(misled, lambda: publish(producer, coverage, "lost 1", "lost 2", "lost 3"), 2)
            assert [receipt["durability"]["replicas"] for receipt in losing] == [0, 0, 0]
            lost = losing[-1]["cursor"]
            await until(lambda: {reader.cursor for reader in readers} == {lost}, "all see what will be lost")

            primary.signal(signal.SIGSTOP)
            group.go_on(replicas)
            since = await failing.promoted(primary)
            (went_on,) = await publish(second, coverage, "after")
            log.info("published %.2f s after the promotion", time.monotonic() - since)
            await until(lambda: {reader.cursor for reader in readers} == {went_on["cursor"]}, "readers caught up")
            log.info("readers caught up %.2f s after it", time.monotonic() - since)

            # The old primary wakes up, and thinks for a while that it still is one.
            primary.signal(signal.SIGCONT)
            await publish(producer, coverage, "later")
            await asyncio.to_thread(group.wait_in_step)
            await publish(second, coverage, "at last")
            await producer.end(coverage)
            await asyncio.gather(*reading)

            timeline = await stored(producer, coverage)
            assert headlines(timeline) == [*before, "after", "later", "at last"]
            for reader in readers:
                assert reader.connections == 1
                assert [(hello["mode"], hello.get("reason")) for hello in reader.hellos] == [
                    ("snapshot", None),
                    ("reset", "fork"),
                ]
            await away.read_to_the_end()
            assert [hello["mode"] for hello in away.hellos] == ["snapshot", "resumed"]
            assert away.seen[0] == first[0]["cursor"]
            await misled.read_to_the_end()
            assert [hello.get("reason") for hello in misled.hellos] == [None, "fork"]
            for reader in (*readers, away, misled):
                assert reader.timeline.entries == timeline


async def facts_of(url: str) -> Facts:
    store = RedisStore.open(url)
    try:
        return await store.facts()
    finally:
        await store.close()


async def test_what_a_failover_by_sentinel_lost_leaves_every_page_and_all_else_goes_on(watched: Watched) -> None:
    facts = await facts_of(watched.url)
    assert (facts.watch, facts.shards) == (Watch(named=3, answering=3, known=3, quorum=2), (Shard("", 2, 2),))
    failing = Failing(watched, lambda primary: watched.leader_port() != primary.port)
    await lose_the_tail(watched.url, failing)


async def test_what_a_failover_in_a_cluster_lost_leaves_every_page_and_all_else_goes_on() -> None:
    with running_cluster(replicas=1) as (url, groups):
        slot = groups[0].primary.ask("CLUSTER", "KEYSLOT", coverage_keys("lost").head)
        group = groups[slot // -(-16384 // len(groups))]
        failing = Failing(group, lambda primary: any(node.is_primary() for node in group.nodes if node is not primary))
        shards = (await facts_of(url)).shards
        assert [(shard.replicas, shard.failed) for shard in shards] == [(1, False)] * 3
        await lose_the_tail(url, failing)


async def test_with_a_required_replica_a_failover_loses_nothing_that_was_acknowledged(watched: Watched) -> None:
    await asyncio.to_thread(watched.wait_in_step)
    settings = {"FEED_REQUIRE_REPLICAS": "1", "FEED_ACKNOWLEDGE_WITHIN": "300"}
    with running_server("--store", watched.url, **settings) as server:
        async with publisher(server) as producer, httpx2.AsyncClient(base_url=server.url, timeout=60) as http:
            await producer.create("Kept", id="kept")
            reader = Reader(server.url, "kept")
            reading = asyncio.create_task(reader.read_to_the_end(within_s=120))
            acknowledged = headlines([receipt["entry"] for receipt in await publish(producer, "kept", "one", "two")])
            primary, replicas = await asyncio.to_thread(watched.cut_off)
            headers = {"Authorization": f"Bearer {server.admin_token}"}
            refused = await http.post(
                "/v1/coverages/kept/entries", json={"headline": "gone", "text": "x"}, headers=headers
            )
            told = refused.json()
            assert (refused.status_code, told["code"], told["required"], told["replicas"]) == (503, "not_durable", 1, 0)
            assert int(refused.headers["retry-after"]) >= 1
            assert (await http.get(f"/v1/coverages/kept/entries/{told['entry']}")).status_code == 200
            await until(lambda: reader.cursor == told["cursor"], "readers see what is in the log")
            # The producer repeats what was not acknowledged, until it is.
            publishing = asyncio.create_task(producer.publish("kept", key="three", headline="three", text="x"))
            await asyncio.to_thread(primary.kill)
            watched.go_on(replicas)
            since = await failing_over(watched, primary)
            receipt = await publishing
            log.info("acknowledged %.2f s after the promotion", time.monotonic() - since)
            assert receipt["durability"]["replicas"] >= 1
            primary.start("--replicaof", f"127.0.0.1 {watched.leader_port()}")
            await asyncio.to_thread(watched.wait_in_step)
            await producer.end("kept")
            await reading
            timeline = await stored(producer, "kept")
            assert set(headlines(timeline)) == {*acknowledged, "three"}
            assert len(timeline) == 3
            assert reader.timeline.entries == timeline


async def failing_over(watched: Watched, primary: StoreNode) -> float:
    return await Failing(watched, lambda old: watched.leader_port() != old.port).promoted(primary)
