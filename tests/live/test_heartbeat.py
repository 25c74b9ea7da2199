"""One task for all sockets: each is visited in its turn, once in an interval."""

from __future__ import annotations

import asyncio

from feed.live.heartbeat import ANSWER_S, Heartbeat
from feed.session import HEARTBEAT_S


class Socket:
    def __init__(self) -> None:
        self.visits: list[str] = []

    def beat(self) -> None:
        self.visits.append("beat")

    def check(self) -> None:
        self.visits.append("check")

    def due(self) -> None:
        self.visits.append("due")


async def test_every_socket_is_pinged_once_in_an_interval_and_looked_after_once_more() -> None:
    heartbeat = Heartbeat(second=0.001)
    first, left = Socket(), Socket()
    heartbeat.add(first)
    heartbeat.discard(left, heartbeat.add(left))
    running = asyncio.create_task(heartbeat.run())
    async with asyncio.timeout(20):
        while len(first.visits) < 6:
            await asyncio.sleep(0)
    running.cancel()
    assert first.visits[:6] == ["check", "beat"] * 3
    assert not left.visits


async def test_sockets_are_spread_over_the_interval_by_when_they_came() -> None:
    heartbeat = Heartbeat(second=0.001)
    running = asyncio.create_task(heartbeat.run())
    slots: set[int] = set()
    async with asyncio.timeout(20):
        while len(slots) < HEARTBEAT_S:
            slots.add(heartbeat.add(Socket()))
            await asyncio.sleep(0)
    running.cancel()
    assert slots == set(range(HEARTBEAT_S))
    assert 0 < ANSWER_S < HEARTBEAT_S


class Broken(Socket):
    def beat(self) -> None:
        super().beat()
        raise RuntimeError("unable to be looked after")

    due = check = beat


async def test_one_that_cannot_be_looked_after_takes_nobody_elses_turn() -> None:
    heartbeat = Heartbeat(second=0.001)
    broken, other, late = Broken(), Socket(), Socket()
    heartbeat.add(broken)
    heartbeat.add(other)
    heartbeat.deadlines.add(broken, 1)
    heartbeat.deadlines.add(late, 1)
    running = asyncio.create_task(heartbeat.run())
    async with asyncio.timeout(20):
        while len(other.visits) < 4 or not late.visits:
            assert not running.done()
            await asyncio.sleep(0)
    running.cancel()
    assert len(broken.visits) >= 4
