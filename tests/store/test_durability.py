"""How each write is kept, on a real primary with real replicas."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from feed.desk import Desk
from feed.drafts import CoverageDraft, Ending, EntryDraft, EntryPatch
from feed.errors import NotDurable
from feed.store.port import Durability, Head, Once, Publish, Shard
from feed.store.primary import KNOWN_S
from feed.store.redis import RedisStore
from tests.running import StoreProcess
from tests.topology import Replicated, StoreNode, running_replicated


@pytest.fixture(scope="module")
def group() -> Iterator[Replicated]:
    with running_replicated(2) as group:
        yield group


@asynccontextmanager
async def opened(node: StoreNode, **options: Any) -> AsyncIterator[RedisStore]:
    store = RedisStore.open(f"redis://{node.address}", **options)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def two_required(node: StoreNode) -> AsyncIterator[tuple[RedisStore, RedisStore]]:
    """Two stores that want both replicas to have everything: one waits for them, one soon gives up."""
    async with (
        opened(node, require_replicas=2, acknowledge_within_ms=30_000) as patient,
        opened(node, require_replicas=2, acknowledge_within_ms=100) as hasty,
    ):
        yield patient, hasty


async def begin(store: RedisStore, coverage: str) -> None:
    await store.append(coverage, [Head("coverage.changed", b'{"id":"c"}', 0, "live", 1)])


@asynccontextmanager
async def standing_still(*nodes: StoreNode) -> AsyncIterator[None]:
    for node in nodes:
        node.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        Replicated.go_on(nodes)


def entry(id_: str) -> Publish:
    return Publish(id_, 1, b'{"id":"%b","revision":1}' % id_.encode())


async def until(wanted: Callable[[int], Awaitable[Durability]], expected: Durability) -> None:
    """Writes again and again, until it is kept as expected."""
    number, told = 0, None
    async with asyncio.timeout(30):
        while told != expected:
            told = await wanted(number)
            number += 1
            await asyncio.sleep(0.02)


async def test_a_receipt_counts_the_replicas_that_have_it(group: Replicated) -> None:
    async with opened(group.primary) as store:
        await begin(store, "counted")

        async def write(number: int) -> Durability:
            return (await store.append("counted", [entry(f"e{time.time_ns()}-{number}")])).durability

        await until(write, Durability("everysec", 2))
        async with standing_still(group.replicas[0]):
            await until(write, Durability("everysec", 1))
        await until(write, Durability("everysec", 2))


async def test_what_the_store_does_with_its_disk_is_told_as_it_is_now(
    store: RedisStore, each_store: StoreProcess
) -> None:
    await begin(store, "c")

    async def write(number: int) -> Durability:
        return (await store.append("c", [entry(f"e{time.time_ns()}-{number}")])).durability

    assert await write(0) == Durability("always", 0)
    with each_store.client() as keeper:
        try:
            keeper.config_set("appendfsync", "everysec")
            await until(write, Durability("everysec", 0))
        finally:
            keeper.config_set("appendfsync", "always")


async def test_a_store_without_replicas_is_not_asked_for_any(store: RedisStore, each_store: StoreProcess) -> None:
    with each_store.client() as keeper:
        keeper.config_resetstat()
        began = time.monotonic()
        await begin(store, "c")
        for number in range(100):
            await store.append("c", [entry(f"e{number}")])
        took = time.monotonic() - began
        told: Any = keeper.info("commandstats")
    assert told["cmdstat_evalsha"]["calls"] >= 101
    assert "cmdstat_wait" not in told
    assert told["cmdstat_config|get"]["calls"] <= 2 + took / KNOWN_S


async def test_a_write_that_too_few_replicas_have_is_not_acknowledged_and_repeating_it_tells_when_they_do(
    group: Replicated,
) -> None:
    async with two_required(group.primary) as (patient, hasty):
        await begin(patient, "c")
        first = await patient.append("c", [entry("a")], Once("a", "d"))
        assert first.durability.replicas == 2
        async with standing_still(group.replicas[0]):
            for _ in range(2):  # the repeated one wrote nothing, and waits all the same
                with pytest.raises(NotDurable, match="same Idempotency-Key") as refused:
                    await hasty.append("c", [entry("b")], Once("b", "d"))
                tip = (await hasty.head("c")).cursor
                told = refused.value.extra
                assert (told["cursor"], told["entry"], told["required"]) == (str(tip), "b", 2)
                assert told["replicas"] < 2
            with pytest.raises(NotDurable):
                await hasty.replayed("c", Once("b", "d"))
            with pytest.raises(NotDurable, match="Do not send it again"):
                await hasty.append("c", [entry("c")])
            assert await hasty.entry("c", "c")
        again = await patient.append("c", [entry("b")], Once("b", "d"))
        assert (again.replay, again.cursors, again.durability.replicas) == (True, (tip,), 2)


async def test_everything_else_that_is_written_is_held_to_it_too(group: Replicated) -> None:
    async with two_required(group.primary) as (patient, hasty):
        willing, impatient = Desk(patient), Desk(hasty)
        await willing.create(CoverageDraft(id="x", title="T"))
        await willing.publish("x", [EntryDraft(id="e", text="x")])
        revision, once = EntryPatch(text="y"), Once("r", "d")
        async with standing_still(group.replicas[0]):
            writes: list[Callable[[], Awaitable[object]]] = [
                lambda: impatient.create(CoverageDraft(title="T"), Once("k", "d")),
                lambda: impatient.revise("x", "e", revision, None, once),
                lambda: impatient.end("x", Ending()),
                lambda: impatient.end("x", Ending()),  # it has ended, and that is not safe yet
                lambda: hasty.save_token("t", b"{}"),
            ]
            for write in writes:
                with pytest.raises(NotDurable):
                    await write()
        await willing.end("x", Ending())
        revised = await willing.revise("x", "e", revision, None, once)
        assert (revised.replay, revised.durability.replicas) == (True, 2)


async def test_what_no_replica_has_to_have_is_acknowledged_while_they_stand_still(group: Replicated) -> None:
    async with opened(group.primary) as store, standing_still(*group.replicas):
        await begin(store, "alone")
        assert (await store.append("alone", [entry("a")])).durability == Durability("everysec", 0)


async def test_facts_tell_which_replicas_are_in_step(group: Replicated) -> None:
    async with opened(group.primary) as store:

        async def told() -> tuple[Shard, ...]:
            return (await store.facts()).shards

        async with asyncio.timeout(30):
            while await told() != (Shard("", 2, 2),):
                await asyncio.sleep(0.05)
    async with opened(group.replicas[0]) as store:
        assert (await store.facts()).role == "slave"
