"""Flights: what many ask for at the same time is asked once, and all get the same answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

Q = TypeVar("Q", bound=Hashable)
A = TypeVar("A")


class Flights(Generic[Q, A]):
    def __init__(self) -> None:
        self._flying: dict[Q, asyncio.Task[A]] = {}

    def __len__(self) -> int:
        return len(self._flying)

    async def join(self, question: Q, ask: Callable[[], Coroutine[Any, Any, A]]) -> A:
        """What `ask` gives, or raises: to all who join before it did. Who gives up waiting ends it for nobody else."""
        flight = self._flying.get(question)
        if flight is None:
            flight = self._flying[question] = asyncio.create_task(ask())
            flight.add_done_callback(lambda done: self._land(question, done))
        return await asyncio.shield(flight)

    def _land(self, question: Q, flight: asyncio.Task[A]) -> None:
        del self._flying[question]
        if not flight.cancelled():
            flight.exception()  # when all have given up it is nobody's, and no fault of the program
