"""Many producers, many readers that come and go: everybody ends with the store's timeline."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from feed_client import Producer

from tests.running import ServerProcess, StoreProcess, running_server, wait_until

from .reader import Reader


@pytest.fixture
async def producer(server: ServerProcess) -> AsyncIterator[Producer]:
    async with Producer(server.url, server.admin_token) as producer:
        yield producer


async def timeline_of(producer: Producer, coverage: str) -> list[Any]:
    return [entry async for entry in producer.entries(coverage)]


async def comes_and_goes(reader: Reader, chance: random.Random) -> None:
    while reader.close_code != 1000:
        await reader.read(at_most=chance.randint(1, 200))


async def publish_with_repeats(url: str, token: str, name: int, entries: int, chance: random.Random) -> list[str]:
    """Every third entry is sent twice, half of those at once: one effect each. Gives the ids."""
    ids = []
    async with Producer(url, token) as producer:
        for number in range(entries):
            key = f"{name}-{number}"
            text = f"Entry {number} of producer {name}"
            times = 2 if number % 3 == 0 else 1
            sending = [producer.publish("storm", key=key, headline=text, text=text * 5) for _ in range(times)]
            if chance.random() < 0.5:
                receipts = await asyncio.gather(*sending)
            else:
                receipts = [await one for one in sending]
            assert len({receipt["cursor"] for receipt in receipts}) == 1
            ids.append(receipts[0]["entry"]["id"])
    return ids


async def test_a_thousand_entries_with_repeats_reach_fifty_readers_that_come_and_go(
    server: ServerProcess, producer: Producer
) -> None:
    chance = random.Random(7)
    await producer.create("Storm", id="storm")
    readers = [Reader(server.url, "storm") for _ in range(50)]
    reading = [asyncio.create_task(comes_and_goes(reader, random.Random(at))) for at, reader in enumerate(readers)]
    publishing = [publish_with_repeats(server.url, server.admin_token, name, 200, chance) for name in range(5)]
    published = [id_ for ids in await asyncio.gather(*publishing) for id_ in ids]
    for id_ in chance.sample(published, 20):
        await producer.revise("storm", id_, headline="Revised", correction="The headline was wrong.")
    for id_ in chance.sample(published, 5):
        await producer.delete("storm", id_)
    await producer.end("storm", title="It stormed")
    async with asyncio.timeout(60):
        await asyncio.gather(*reading)

    stored = await timeline_of(producer, "storm")
    assert len(published) == len(set(published)) == 1000
    assert len(stored) == 995
    for reader in readers:
        assert len(reader.seen) == len(set(reader.seen))
        assert reader.timeline.ended
        assert {hello["mode"] for hello in reader.hellos} <= {"snapshot", "resumed", "reset"}
        assert all(hello.get("reason") in (None, "behind") for hello in reader.hellos)
        while reader.timeline.next:
            page = await producer.page("storm", before=reader.timeline.next, limit=500)
            reader.timeline.add_page(page)
        assert reader.timeline.entries == stored
    assert sum(reader.connections for reader in readers) > 200


async def test_two_nodes_on_one_store_serve_the_same_log(valkey: StoreProcess) -> None:
    with running_server("--store", valkey.url) as one, running_server("--store", valkey.url) as other:
        async with Producer(one.url, one.admin_token) as first, Producer(other.url, other.admin_token) as second:
            await first.create("Two nodes", id="nodes")
            readers = [Reader(one.url, "nodes"), Reader(other.url, "nodes")]
            reading = [asyncio.create_task(reader.read_to_the_end()) for reader in readers]
            for number in range(40):
                await (first if number % 2 else second).publish("nodes", text=f"Entry {number}")
            await second.end("nodes")
            await asyncio.gather(*reading)
            stored = await timeline_of(first, "nodes")
            assert len(stored) == 40
            assert [reader.timeline.entries for reader in readers] == [stored, stored]
            # A cursor from one node is good at the other.
            moved = Reader(other.url, "nodes")
            moved.cursor = readers[0].seen[3]
            await moved.read()
            assert moved.seen == readers[0].seen[4:]


async def test_workers_share_one_address_and_one_log_and_are_replaced_without_a_gap() -> None:
    with running_server("--workers", "2") as server:
        async with Producer(server.url, server.admin_token) as producer:
            await producer.create("Workers", id="workers")
            readers = [Reader(server.url, "workers") for _ in range(12)]
            reading = [asyncio.create_task(reader.read_to_the_end()) for reader in readers]
            for number in range(30):
                await producer.publish("workers", text=f"Entry {number}")
            os.kill(server.pid, signal.SIGHUP)
            number = 30
            while "workers replaced" not in server.log:
                await producer.publish("workers", text=f"Entry {number}")
                number += 1
            await producer.publish("workers", text="After all were replaced")
            await producer.end("workers")
            await asyncio.gather(*reading)
            stored = await timeline_of(producer, "workers")
            assert len(stored) == number + 1
            for reader in readers:
                while reader.timeline.next:
                    reader.timeline.add_page(await producer.page("workers", before=reader.timeline.next, limit=500))
                assert reader.timeline.entries == stored
            # Everybody was sent from an old worker to a new one, and told so.
            assert all(reader.connections >= 2 for reader in readers)


def worker_pids(supervisor: int) -> list[int]:
    found = subprocess.run(
        ["pgrep", "-P", str(supervisor), "-f", "spawn_main"], capture_output=True, text=True, check=True
    )
    return [int(pid) for pid in found.stdout.split()]


async def test_workers_do_not_outlive_who_looks_after_them(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, "--workers", "2").start()
    try:
        async with Producer(server.url, server.admin_token) as producer:
            await producer.create("Orphans", id="orphans")
            reader = Reader(server.url, "orphans")
            reading = asyncio.create_task(reader.read_to_the_end())
            await producer.publish("orphans", text="Before")
            port = server.port
            server.kill()
            await asyncio.to_thread(wait_until, lambda: not listens(port), what="the end of all workers")
            server.start(port)
            await producer.publish("orphans", text="After")
            await producer.end("orphans")
            await reading
        assert [entry["blocks"][0]["html"] for entry in reader.timeline.entries] == ["<p>After</p>", "<p>Before</p>"]
    finally:
        server.stop()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_a_worker_that_dies_is_replaced() -> None:
    with running_server("--workers", "2") as server:
        async with Producer(server.url, server.admin_token) as producer:
            await producer.create("Workers", id="workers")
            reader = Reader(server.url, "workers")
            reading = asyncio.create_task(reader.read_to_the_end())
            workers = worker_pids(server.pid)
            assert len(workers) == 2
            for pid in workers:
                os.kill(pid, signal.SIGKILL)
            await producer.publish("workers", text="Still here")
            await producer.end("workers")
            await reading
            assert [entry["blocks"][0]["html"] for entry in reader.timeline.entries] == ["<p>Still here</p>"]
