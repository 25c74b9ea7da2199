"""Deadlines of connections, in whole seconds: one pass a second over those that are due, no timer for each."""

from __future__ import annotations

from typing import Protocol


class Bounded(Protocol):
    """Hashed by identity."""

    def due(self) -> None:
        """Its time has come. It is forgotten until it is added again."""


class Deadlines:
    """`now` counts seconds. What is added for n seconds is due after more than n - 1 of them, and at most n."""

    MOST_S = 30

    def __init__(self) -> None:
        self.now = 0
        self._slots: list[dict[Bounded, None]] = [{} for _ in range(self.MOST_S + 1)]

    def add(self, connection: Bounded, seconds: int) -> int:
        """The second in which it is due, to be given back to `discard`. At most MOST_S seconds."""
        at = self.now + seconds
        self._slots[at % len(self._slots)][connection] = None
        return at

    def discard(self, connection: Bounded, at: int) -> None:
        """Nothing happens if it is not there any more."""
        self._slots[at % len(self._slots)].pop(connection, None)

    def tick(self) -> list[Bounded]:
        """One second later: those that are due now."""
        self.now += 1
        number = self.now % len(self._slots)
        due, self._slots[number] = self._slots[number], {}
        return list(due)
