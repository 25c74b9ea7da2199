"""Tables: a row for each server (and size), medians over the repeats, ratios taken repeat by repeat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median
from typing import Any

from .machine import BenchError
from .servers import Server

Sample = Mapping[str, float]

# The baseline that every table has.
LIMIT = "C"
# Both runs of it, at the beginning and at the end of a repeat.
LIMITS = ("c", "c-again")


@dataclass(frozen=True)
class Column:
    """A figure. `against` names what its ratio is taken to: one of the row's baselines. None: it has no ratio."""

    key: str
    title: str
    digits: int = 1
    against: str | None = None
    more_is_better: bool = False
    # Of 1, and 1 is what is wanted.
    is_share: bool = False


@dataclass(eq=False)
class Row:
    """`size` and `variant` tell rows of one server apart. Each repeat gives one sample or fails."""

    label: str
    server: type[Server]
    size: int | None = None
    variant: str | None = None
    baselines: dict[str, Sequence[Row]] = field(default_factory=dict)
    samples: list[Sample | None] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def value(self, key: str) -> float | None:
        """The median."""
        found = [sample[key] for sample in self.samples if sample is not None and key in sample]
        return median(found) if found else None

    def ratio(self, column: Column) -> float | None:
        """The median of this row's figure by the mean of its baselines' in the same repeat."""
        baselines = self.baselines.get(column.against or "", ())
        ratios = []
        for repeat, sample in enumerate(self.samples):
            its = [one for row in baselines if (one := row.figure(repeat, column.key))]
            if sample is not None and column.key in sample and its:
                ratios.append(sample[column.key] / fmean(its))
        return median(ratios) if ratios else None

    def figure(self, repeat: int, key: str) -> float | None:
        sample = self.samples[repeat] if repeat < len(self.samples) else None
        return None if sample is None else sample.get(key)

    def failed(self, error: BenchError) -> None:
        self.samples.append(None)
        self.failures.append(str(error))


@dataclass
class Table:
    scenario: str
    title: str
    columns: Sequence[Column]
    rows: list[Row]
    # What `size` counts.
    along: str | None = None
    notes: tuple[str, ...] = ()
    # Keys of the columns that are drawn.
    drawn: tuple[str, ...] = ()

    def described(self) -> dict[str, Any]:
        return {
            "scenario": self.scenario,
            "title": self.title,
            "along": self.along,
            "notes": list(self.notes),
            "columns": [
                {
                    "key": one.key,
                    "title": one.title,
                    "ratio_to": one.against,
                    "more_is_better": one.more_is_better or one.is_share,
                    "is_share": one.is_share,
                }
                for one in self.columns
            ],
            "rows": [self._described_row(row) for row in self.rows],
        }

    def _described_row(self, row: Row) -> dict[str, Any]:
        return {
            "server": row.server.name,
            "role": row.server.role,
            "label": row.label,
            "size": row.size,
            "values": {one.key: row.value(one.key) for one in self.columns},
            "ratios": {one.key: row.ratio(one) for one in self.columns if one.against},
            "samples": row.samples,
            "failures": row.failures,
        }


def against_limit(rows: Sequence[Row]) -> None:
    """Ratios to the C loop at the same size, or at the first it has: to the mean of its runs in each repeat."""
    limits = [row for row in rows if row.server.name in LIMITS]
    for row in rows:
        same = [limit for limit in limits if limit.size == row.size]
        row.baselines[LIMIT] = same or [limit for limit in limits if limit.size == limits[0].size]


def interleave(
    repeats: int, rows: Sequence[Row], measure: Callable[[Row], Sample], progress: Callable[[str], None]
) -> None:
    """Every row once, then every row again: what disturbs the machine for a while disturbs all of them."""
    for repeat in range(1, repeats + 1):
        for row in rows:
            size = "" if row.size is None else f", {row.size:,}"
            progress(f"{row.label}{size} ({repeat} of {repeats})")
            try:
                row.samples.append(measure(row))
            except BenchError as error:
                row.failed(error)
