"""A gate: how many requests are worked on at once. Whoever finds it full is sent away at once, not made to wait."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from feed.errors import Overloaded

# A full gate is a matter of moments.
ADVICE_MS = (500, 2_000)


class Gate:
    def __init__(self, most: int, what: str) -> None:
        self.inside = 0
        self._most = most
        self._what = what

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Raises Overloaded."""
        if self.inside >= self._most:
            delay = random.randint(*ADVICE_MS)  # noqa: S311 - jitter
            raise Overloaded(f"More {self._what} than this server works on at once. Try again shortly.", delay)
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1

    @contextmanager
    def left(self) -> Iterator[None]:
        """For somebody inside who only waits. Who comes back is never refused."""
        self.inside -= 1
        try:
            yield
        finally:
            self.inside += 1
