"""The limits of one process, and a count of whom they turned away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from feed.errors import Overloaded, TooManyFromAddress, TooManySubscribers

from .descriptors import Descriptors
from .gate import Gate
from .rates import Rates
from .subscribers import Subscribers

# Why somebody was turned away: no room for a reader, none for one from this address, too many changes by a token, too
# many writes at once, no file descriptor left.
REASONS = ("subscribers", "address", "rate", "overload", "descriptors")
# Why a connection was closed that had been taken on: it took nothing of what it was sent, answered no ping, said what
# no client has reason to say, did not go on with what it began.
DROPS = ("stalled", "silent", "misuse", "unfinished")
# Writes worked on at once: each holds its body, and waits for one of the store's connections.
MOST_WRITES = 256
# Reads that are worked on at once. More of them would wait for the store longer than it takes to come back, and what
# follows the store for all readers would wait with them.
MOST_READS = 1_024


class Limits:
    def __init__(
        self, *, publish_rate: float = 0, max_subscribers: int = 0, max_subscribers_per_address: int = 0
    ) -> None:
        self.subscribers = Subscribers(max_subscribers, max_subscribers_per_address)
        self.rates = Rates(publish_rate)
        self.writes = Gate(MOST_WRITES, "writes")
        self.reads = Gate(MOST_READS, "requests")
        self.descriptors = Descriptors()
        # By reason, since this process began.
        self.shed: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()

    def admit(self, address: str) -> str:
        """A reader: what is to be given back to `subscribers.leave`. Raises TooManySubscribers."""
        try:
            return self.subscribers.enter(address)
        except TooManySubscribers as error:
            self.shed["address" if isinstance(error, TooManyFromAddress) else "subscribers"] += 1
            raise

    @contextmanager
    def admitted(self, address: str) -> Iterator[None]:
        """A reader, for as long as it is here. Raises TooManySubscribers."""
        place = self.admit(address)
        try:
            yield
        finally:
            self.subscribers.leave(place)

    @contextmanager
    def working(self, gate: Gate) -> Iterator[None]:
        """A request that is worked on, by one of the gates. Raises Overloaded."""
        try:
            with gate.entered():
                yield
        except Overloaded:
            self.shed["overload"] += 1
            raise
