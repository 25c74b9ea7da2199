"""Workers are replaced under publishing: readers change over without a break, and see each event once, in order."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import aclosing
from typing import Any

import httpx2
from feed_client import Producer, Timeline, follow

from tests.running import ServerProcess, running_server

from .test_convergence import worker_pids
from .test_drain import readers_of

READERS = 16


class Follower:
    """`pauses`: how often there was no connection. `hellos`: how many connections there were."""

    def __init__(self) -> None:
        self.timeline = Timeline()
        self.cursors: list[str] = []
        self.previous: list[str] = []
        self.hellos = 0
        self.pauses: list[Any] = []

    async def follow(self, url: str, coverage: str) -> None:
        async with aclosing(follow(url, coverage, on_pause=self.pauses.append)) as messages:
            async for message in messages:
                self.timeline.apply(message)
                if message["type"] == "hello":
                    self.hellos += 1
                elif "prev" in message:
                    self.cursors.append(message["cursor"])
                    self.previous.append(message["prev"])

    def check(self, cursors: list[str]) -> None:
        """Each of these once, in order, from wherever it began."""
        assert self.cursors == cursors[len(cursors) - len(self.cursors) :]
        assert self.previous[1:] == self.cursors[:-1]


class Restart:
    """Followers and a producer around something that happens to the workers."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.followers = [Follower() for _ in range(READERS)]
        self.cursors: list[str] = []

    async def during(self, *signals: tuple[int, int], until: str) -> None:
        """Publishes on all the time; sends the signals to the processes, waits until the log says `until`."""
        async with Producer(self.server.url, self.server.admin_token) as producer:
            await producer.create("Restart", id="restart")
            following = [asyncio.create_task(one.follow(self.server.url, "restart")) for one in self.followers]
            await self._until(lambda: all(one.timeline.live for one in self.followers), producer)
            for pid, number in signals:
                os.kill(pid, number)
            await self._until(lambda: until in self.server.log, producer)
            self.cursors.append((await producer.end("restart"))["cursor"])
            async with asyncio.timeout(60):
                await asyncio.gather(*following)
            stored = [entry async for entry in producer.entries("restart")]
        for one in self.followers:
            one.check(self.cursors)
            assert one.timeline.ended
        assert len(stored) == len(self.cursors) - 1

    async def _until(self, condition: Any, producer: Producer) -> None:
        async with asyncio.timeout(60):
            while not condition():
                receipt = await producer.publish("restart", text=f"Entry {len(self.cursors)}")
                self.cursors.append(receipt["cursor"])
                await asyncio.sleep(0.02)


async def test_readers_change_over_to_new_workers_without_a_break() -> None:
    with running_server("--workers", "2", FEED_DRAIN_WINDOW="2") as server:
        restart = Restart(server)
        before = worker_pids(server.pid)
        await restart.during((server.pid, signal.SIGHUP), until="workers replaced")
        assert not set(before) & set(worker_pids(server.pid))
        # Everybody was moved, and nobody was ever without a connection: the new one was there before the old one went.
        assert [one.pauses for one in restart.followers] == [[]] * READERS
        assert all(one.hellos >= 2 for one in restart.followers)


async def test_a_worker_that_is_stopped_is_replaced_before_its_readers_go() -> None:
    with running_server("--workers", "2", FEED_DRAIN_WINDOW="4") as server:
        restart = Restart(server)
        stopped, other = worker_pids(server.pid)
        await restart.during((stopped, signal.SIGTERM), until="a worker left")
        now = worker_pids(server.pid)
        assert stopped not in now
        assert other in now
        assert len(now) == 2
        assert any(one.hellos >= 2 for one in restart.followers)


async def test_who_publishes_on_a_kept_connection_is_told_to_make_another() -> None:
    with running_server("--workers", "2", FEED_DRAIN_WINDOW="60") as server:
        async with Producer(server.url, server.admin_token) as producer:
            await producer.create("Restart", id="restart")
        async with readers_of(server, "restart", 12), httpx2.AsyncClient(base_url=server.url) as http:
            assert "connection" not in (await http.get("/healthz")).headers
            workers = worker_pids(server.pid)
            for pid in workers:
                os.kill(pid, signal.SIGTERM)
            async with asyncio.timeout(60):
                while (await http.get("/healthz")).headers.get("connection") != "close":
                    await asyncio.sleep(0.02)
                # The next one is made to a worker that stays, as soon as the other has been replaced too.
                while (await http.get("/readyz")).status_code != 200:
                    await asyncio.sleep(0.02)
