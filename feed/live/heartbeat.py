"""The heartbeat of all connections of a process: one task, no timer for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

import structlog

from feed.session import HEARTBEAT_S

from .deadlines import Deadlines

log = structlog.get_logger()

# How long after a ping its answer is looked for: a dead peer is gone within 45 seconds of its last sign.
ANSWER_S = 5


class Beating(Protocol):
    def beat(self) -> None:
        """Once in HEARTBEAT_S."""

    def check(self) -> None:
        """ANSWER_S after each beat."""


class Heartbeat:
    """Sockets are spread over the seconds of an interval by when they came; `deadlines` are of connections of any kind.

    `second` is shorter in tests.
    """

    def __init__(self, second: float = 1.0) -> None:
        self.deadlines = Deadlines()
        self._second = second
        self._now = 0
        self._slots: list[dict[Beating, None]] = [{} for _ in range(HEARTBEAT_S)]

    def add(self, socket: Beating) -> int:
        """The slot, to be given back to `discard`."""
        self._slots[self._now][socket] = None
        return self._now

    def discard(self, socket: Beating, slot: int) -> None:
        self._slots[slot].pop(socket, None)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + self._second, loop.time())
            await asyncio.sleep(due - loop.time())
            self._now = (self._now + 1) % HEARTBEAT_S
            _each(connection.due for connection in self.deadlines.tick())
            _each(socket.beat for socket in list(self._slots[self._now]))
            _each(socket.check for socket in list(self._slots[self._now - ANSWER_S]))


def _each(calls: Iterable[Callable[[], None]]) -> None:
    """What goes wrong with one connection must not keep the others from having their turn."""
    for call in calls:
        try:
            call()
        except Exception:
            log.exception("a connection could not be looked after")
