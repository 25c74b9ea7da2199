"""What publishers asked for and what they were told: every write by its key, every acknowledgement of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple


class Acknowledgement(NamedTuple):
    """`at`: seconds on the monotonic clock."""

    cursor: str
    entry: str | None
    at: float


@dataclass(slots=True)
class Write:
    """`type` is that of the event it makes, `entry` the one it is about, None where the server names it."""

    key: str
    type: str
    entry: str | None = None
    tries: int = 0
    acknowledgements: list[Acknowledgement] = field(default_factory=list)
    # What the server said where it said no, and it should not have.
    refusal: str | None = None


class Ledger:
    def __init__(self) -> None:
        self.writes: dict[str, Write] = {}
        self.acknowledged = 0
        self.repeated = 0
        self.failed = 0
        # When each publisher was told last that something is in the log, and how long that had taken.
        self.moments: list[float] = []

    def begin(self, key: str, type_: str, entry: str | None = None) -> Write:
        write = self.writes[key] = Write(key, type_, entry)
        return write

    def acknowledge(self, write: Write, cursor: str, entry: str | None, at: float) -> None:
        if write.acknowledgements:
            self.repeated += 1
        else:
            self.acknowledged += 1
            self.moments.append(at)
        write.acknowledgements.append(Acknowledgement(cursor, entry, at))

    def longest_silence(self, since: float, until: float) -> float:
        """The longest time without a new acknowledgement that touches this span."""
        before = max((moment for moment in self.moments if moment <= since), default=since)
        within = [moment for moment in self.moments if since < moment < until]
        after = min((moment for moment in self.moments if moment >= until), default=until)
        points = [before, *within, after]
        return max(later - earlier for earlier, later in pairwise(points))
