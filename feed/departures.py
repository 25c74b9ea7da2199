"""Departures: when each reader of a leaving node goes. No I/O and no clock: `now` is handed in.

Readers are given times spread evenly over the window, so that those who take them over get them at an even pace. A
reader that is still here after its time is sent away in the seconds after the window: until then it is served, for
there may be nobody who could take it over before this node is started again.
"""

from __future__ import annotations

import math
import random
from typing import NamedTuple, Protocol

# After the window, those who stayed are sent away over this many seconds. Everybody has as long to move, or as long as
# the window is, where that is shorter.
STAY_S = 3.0
# The wheel's step.
TICK_S = 0.1
# Readers who are sent away come back spread over this time.
SPREAD_MS = 5_000
# Polls that are held back are answered within this time.
POLLS_S = 2.0


class Departing(Protocol):
    def depart(self) -> None:
        """It is sent away, if it is still here."""


class Departure(NamedTuple):
    """Counted from the beginning: when the reader should go, and when it is sent away."""

    after_ms: int
    sent_s: float


class Departures:
    """For as many `readers` as there are at the beginning; who turns up later gets any time."""

    def __init__(self, began: float, window_s: float, readers: int) -> None:
        self.window_s = window_s
        self._began = began
        self._readers = readers
        self._given = 0
        self._wheel: list[list[Departing]] = [[] for _ in range(math.ceil((window_s + STAY_S) / TICK_S) + 1)]
        self._turned = 0

    @property
    def over(self) -> float:
        """When nobody is waited for any more."""
        return self._began + self.window_s + STAY_S

    def give(self) -> Departure:
        """The next reader's."""
        share = random.random()  # noqa: S311 - jitter
        if self._given < self._readers:
            share = (self._given + share) / self._readers
        self._given += 1
        return Departure(int(share * self.window_s * 1000), self.window_s + share * STAY_S)

    def add(self, reader: Departing) -> Departure:
        """The same for a reader that `due` is to name when it must be sent away."""
        departure = self.give()
        self._wheel[min(int(departure.sent_s / TICK_S), len(self._wheel) - 1)].append(reader)
        return departure

    def until(self, seconds: float) -> float:
        """A departure's time as one of the clock that the beginning was taken from."""
        return self._began + seconds

    def due(self, now: float) -> list[Departing]:
        """Who must be sent away since the last call."""
        until = min(int((now - self._began) / TICK_S), len(self._wheel))
        found = [reader for slot in self._wheel[self._turned : until] for reader in slot]
        for slot in self._wheel[self._turned : until]:
            slot.clear()
        self._turned = max(self._turned, until)
        return found

    def poll_delay_s(self) -> float:
        """How long a poll that is held back may still be."""
        return random.random() * min(self.window_s, POLLS_S)  # noqa: S311 - jitter


def return_ms() -> int:
    """When a reader that is sent away should come back: not all at once."""
    return random.randrange(SPREAD_MS // 20, SPREAD_MS)  # noqa: S311 - jitter


def change_ms() -> int:
    """The same for one that leaves at a time of its own."""
    return random.randrange(SPREAD_MS // 50, SPREAD_MS // 10)  # noqa: S311 - jitter
