"""The order of entries: oldest first, as they are published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from operator import gt, lt
from typing import Any

from feed.model import Moment, moment_from_ms, moment_to_ms

from .ledger import Ledger


def runs_newest_first(times: Sequence[str] | Sequence[datetime]) -> bool:
    """Which way a file runs, by the majority of its steps; live pages are newest first unless they say otherwise."""
    return _steps(gt, times) >= _steps(lt, times)


def _steps(holds: Callable[[Any, Any], bool], times: Sequence[Any]) -> int:
    return sum(holds(earlier, later) for earlier, later in pairwise(times))


def oldest_first(entries: list[dict[str, Any]], ledger: Ledger) -> list[dict[str, Any]]:
    """`entries` in the order of the file, each with ``id`` and ``display_at``.

    Readers sort by ``(display_at, id)``. Where that would turn round two entries with the same time, the later one
    moves by a millisecond, which no reader sees.
    """
    ordered = list(reversed(entries)) if runs_newest_first([entry["display_at"] for entry in entries]) else entries
    ordered = sorted(ordered, key=lambda entry: str(entry["display_at"]))
    before: dict[str, Any] | None = None
    for entry in ordered:
        if before is not None and (entry["display_at"], entry["id"]) <= (before["display_at"], before["id"]):
            apart = entry["id"] <= before["id"]
            entry["display_at"] = moment_from_ms(moment_to_ms(Moment(before["display_at"])) + apart)
            ledger.repeated(
                "changed",
                f"entry {entry['id']}",
                "its time was moved by milliseconds, to keep its place among entries with the same time",
            )
        before = entry
    return ordered


def dated(entries: list[dict[str, Any]], ledger: Ledger, *, otherwise: Moment | None, wheres: list[str]) -> None:
    """Gives each entry without ``display_at`` its neighbour's in the file, or else `otherwise`, the page's."""
    known = [entry.get("display_at") for entry in entries]
    fallback, whose = next((time for time in known if time), None), "the time of its neighbour in the file"
    if fallback is None:
        fallback, whose = (
            (otherwise, "the time of the page") if otherwise else (moment_from_ms(0), "the earliest there is")
        )
    for entry, where in zip(entries, wheres, strict=True):
        if entry.get("display_at"):
            fallback = entry["display_at"]
            continue
        entry["display_at"] = fallback
        ledger.assumed(where, f"it gives no time; {fallback}, {whose}, was taken")
