"""Rates: how many changes a token may still make now. A bucket for each token that was used lately.

The buckets are this process's own. Shared through the store they would cost a round trip on every publish and fail
with it; what they protect, this process and its share of the store, is here. A producer's connection stays with one
worker, so a producer usually meets one bucket; over n processes it may get up to n times the rate.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from feed.errors import RateLimited

# A burst of so many seconds' worth is taken at once, and of so many changes at least.
BURST_S = 2.0
LEAST_BURST = 5.0
# Buckets are remembered for so many tokens; the one that was used longest ago, full again most likely, goes first.
MOST_BUCKETS = 10_000


class Rates:
    """`per_second` changes for each token, 0 for no limit. `clock` in seconds."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._burst = max(LEAST_BURST, per_second * BURST_S)
        self._clock = clock
        # What is left, and when that was so.
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    @property
    def limited(self) -> bool:
        return self._per_second > 0

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, token: str, count: int) -> None:
        """Raises RateLimited, which says when it will do.

        More than a burst at once is taken from a full bucket, which is then in debt: a large batch is never
        impossible, and what comes after it waits for as long as it was worth.
        """
        if not self.limited:
            return
        left = self._left(token)
        missing = min(count, self._burst) - left
        if missing > 1e-6:
            raise RateLimited(math.ceil(missing / self._per_second * 1000))
        self._keep(token, left - count)

    def give_back(self, token: str, count: int) -> None:
        """It was no change after all."""
        if self.limited:
            self._keep(token, self._left(token) + count)

    def _left(self, token: str) -> float:
        left, at = self._buckets.get(token, (self._burst, 0.0))
        return min(self._burst, left + (self._clock() - at) * self._per_second)

    def _keep(self, token: str, left: float) -> None:
        self._buckets[token] = (min(left, self._burst), self._clock())
        self._buckets.move_to_end(token)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
