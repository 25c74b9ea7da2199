"""A pulse: a number that a process raises for as long as its loop turns, watched by another process."""

from __future__ import annotations

from ctypes import c_uint64
from multiprocessing.context import BaseContext

# Whoever looks seldom knows nothing of the time between: it may have stood still itself, as when a machine sleeps.
UNWATCHED_S = 5.0


class Pulse:
    """Handed to a process when it is started."""

    def __init__(self, context: BaseContext) -> None:
        self._count = context.RawValue(c_uint64, 0)
        self._seen = 0
        self._seen_at = 0.0
        self._looked_at = 0.0

    def beat(self) -> None:
        """For whoever works."""
        self._count.value += 1

    def stands_still_for(self, now: float) -> float:
        """Seconds, for whoever watches, again and again; of a process that has not begun, since it is watched."""
        count = self._count.value
        if count != self._seen or now - self._looked_at > UNWATCHED_S:
            self._seen, self._seen_at = count, now
        self._looked_at = now
        return now - self._seen_at
