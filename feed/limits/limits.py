"""The limits of one process, and a count of whom they turned away."""

from __future__ import annotations

from collections import Counter

from .descriptors import Descriptors
from .gate import Gate
from .rates import Rates
from .subscribers import Subscribers

# Writes worked on at once: each holds its body, and waits for one of the store's connections.
MOST_WRITES = 256
# The same for reads that ask the store.
MOST_READS = 1_024


class Limits:
    def __init__(
        self, *, publish_rate: float = 0, max_subscribers: int = 0, max_subscribers_per_address: int = 0
    ) -> None:
        self.subscribers = Subscribers(max_subscribers, max_subscribers_per_address)
        self.rates = Rates(publish_rate)
        self.writes = Gate(MOST_WRITES, "writes")
        self.reads = Gate(MOST_READS, "reads")
        self.descriptors = Descriptors()
        # By reason, since this process began.
        self.shed: Counter[str] = Counter()
