"""The store dies under load, and comes back: nothing acknowledged is lost, readers go on by themselves."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable

import httpx2
import redis
from feed_client import FeedProblem, Producer, Unreachable

from tests.running import ServerProcess, StoreProcess, running_server, running_store, wait_until

from .reader import Reader


def embedded_store_pid(server: ServerProcess) -> int:
    with redis.Redis(unix_socket_path=str(server.data / "store" / "store.sock"), decode_responses=True) as client:
        return int(client.info("server")["process_id"])


async def publish_until(stop: asyncio.Event, server: ServerProcess, name: str, acknowledged: list[str]) -> None:
    """Publishes one entry after another, each repeated with its key until it is acknowledged."""
    async with Producer(server.url, server.admin_token, deadline_s=20) as producer:
        number = 0
        while not stop.is_set():
            receipt = await producer.publish("storm", key=f"{name}-{number}", text=f"{name} {number}")
            acknowledged.append(receipt["entry"]["id"])
            number += 1


async def test_an_embedded_store_that_is_killed_comes_back_with_every_acknowledged_entry() -> None:
    # With `everysec` a busy disk may keep a write waiting for two seconds.
    with running_server(FEED_FSYNC="always") as server:
        async with Producer(server.url, server.admin_token) as producer:
            await producer.create("Storm", id="storm")
            readers = [Reader(server.url, "storm") for _ in range(10)]
            reading = [asyncio.create_task(reader.read_to_the_end()) for reader in readers]
            stop, acknowledged = asyncio.Event(), list[str]()
            publishing = [
                asyncio.create_task(publish_until(stop, server, name, acknowledged)) for name in ("one", "two", "three")
            ]
            for _ in range(2):
                await more_than(acknowledged, len(acknowledged) + 100)
                os.kill(embedded_store_pid(server), signal.SIGKILL)
                await more_than(acknowledged, len(acknowledged) + 50)
            stop.set()
            await asyncio.gather(*publishing)
            await producer.end("storm")
            await asyncio.gather(*reading)
            stored = [entry async for entry in producer.entries("storm")]
            assert set(acknowledged) <= {entry["id"] for entry in stored}
            assert len({entry["blocks"][0]["html"] for entry in stored}) == len(stored)
            for reader in readers:
                # Nobody was disconnected: what they had stays, and goes on.
                assert reader.connections == 1
                assert len(reader.seen) == len(set(reader.seen))
                assert reader.timeline.entries == stored


async def more_than(acknowledged: list[str], number: int) -> None:
    await until(lambda: len(acknowledged) > number)


async def until(condition: Callable[[], bool], within_s: float = 30) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)


async def test_while_the_store_is_away_writes_fail_fast_pages_say_so_and_readiness_is_red() -> None:
    with running_store("valkey") as store, running_server("--store", store.url) as server:
        async with Producer(server.url, server.admin_token, deadline_s=0.1) as producer:
            await producer.create("Storm", id="storm")
            reader = Reader(server.url, "storm")
            reading = asyncio.create_task(reader.read_to_the_end())
            await until(lambda: reader.timeline.live)
            store.kill()
            async with httpx2.AsyncClient(base_url=server.url) as http:
                began = time.monotonic()
                refused = await http.post(
                    "/v1/coverages/storm/entries",
                    json={"text": "x"},
                    headers={"Authorization": f"Bearer {server.admin_token}"},
                )
                assert time.monotonic() - began < 5
                assert (refused.status_code, refused.json()["code"]) == (503, "store_unavailable")
                assert int(refused.headers["Retry-After"]) >= 1
                assert (await http.get("/readyz")).status_code == 503
                assert (await http.get("/healthz")).status_code == 200
                assert (await http.get("/c/storm")).status_code == 503
                await check_that_publishing_gives_up(producer)
                late = Reader(server.url, "other")
                await late.read()
                assert late.close_code == 4204
                store.start()
                await until_ready(http)
            await producer.publish("storm", text="It is back")
            await producer.end("storm")
            await reading
            assert reader.connections == 1
            assert len(reader.seen) == 2


async def check_that_publishing_gives_up(producer: Producer) -> None:
    try:
        await producer.publish("storm", text="x")
    except (FeedProblem, Unreachable):
        return
    raise AssertionError("publishing must not pretend")


async def until_ready(http: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(20):
        while (await http.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.05)


def test_a_server_whose_store_is_away_starts_and_becomes_ready_when_it_comes() -> None:
    store = StoreProcess("valkey")
    try:
        with running_server("--store", store.url) as server, httpx2.Client(base_url=server.url) as http:
            assert http.get("/readyz").status_code == 503
            store.start()
            wait_until(lambda: http.get("/readyz").status_code == 200, what="readiness")
    finally:
        store.remove()
