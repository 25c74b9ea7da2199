"""What must hold, whatever befell anybody: held against the log, every acknowledgement and every reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from .ledger import Ledger, Write
from .log import Event, Log
from .readers import Seen, place

Kind = Literal["lost", "twice", "order", "diverged", "false", "refused"]
KINDS: tuple[Kind, ...] = ("lost", "twice", "order", "diverged", "false", "refused")
"""lost: acknowledged, and not in the log, on a page or among what a reader was given. twice: one write or event with
two effects. order: not the log's. diverged: a page that is not the store's. false: an acknowledgement that is not true,
or two of one write that differ. refused: said no to what had to be possible."""


class Finding(NamedTuple):
    """`at`: when, on the monotonic clock; None where it is of no moment."""

    kind: Kind
    what: str
    at: float | None = None


@dataclass(slots=True)
class Observation:
    """What one reader saw, in whatever language it is written. `entries`: its whole page at the end, newest first."""

    name: str
    history: Sequence[Seen]
    entries: Sequence[Any]
    coverage: Any
    ended: bool
    hellos: Sequence[Any] = field(default_factory=list)
    failure: str | None = None


def check(
    log: Log,
    stored: Sequence[Any],
    ledger: Ledger,
    observations: Iterable[Observation],
    *,
    may_fork: bool = False,
) -> list[Finding]:
    """`stored`: the page as the API gives it. `may_fork`: the store may lose what it did not acknowledge."""
    findings = [*check_log(log, stored), *check_writes(log, ledger)]
    for observation in observations:
        findings += check_reader(log, stored, ledger, observation)
        if not may_fork:
            findings += _check_forks(observation)
    return findings


def check_log(log: Log, stored: Sequence[Any]) -> Iterator[Finding]:
    for before, event in pairwise(log.events):
        if place(event.cursor) <= place(before.cursor):
            yield Finding("order", f"log: {event.cursor} comes after {before.cursor}")
        if event.prev != before.cursor:
            yield Finding("lost", f"log: {event.cursor} names {event.prev} as the one before, which is {before.cursor}")
    if list(stored) != log.timeline.entries:
        yield Finding("diverged", f"the store's page differs from its log: {_difference(stored, log.timeline.entries)}")
    for (type_, mark), times in Counter((event.type, event.mark) for event in log.events if event.mark).items():
        if times > 1:
            yield Finding("twice", f"{type_} of {mark} is {times} times in the log")


def check_writes(log: Log, ledger: Ledger) -> Iterator[Finding]:
    caused: dict[str, Event] = {event.mark: event for event in log.events if event.mark}
    for write in ledger.writes.values():
        if write.refusal is not None:
            yield Finding("refused", f"{write.key}: {write.refusal}")
        if not write.acknowledgements:
            continue  # it may be in the log once, which is seen to above, or not
        first = write.acknowledgements[0]
        if len({(ack.cursor, ack.entry) for ack in write.acknowledgements}) > 1:
            yield Finding("false", f"{write.key} was acknowledged as {write.acknowledgements}", first.at)
        at = log.index.get(first.cursor)
        if at is None:
            yield Finding("lost", f"{write.key}, acknowledged as {first.cursor}, is not in the log", first.at)
        elif not _is_of(log.events[at], write):
            yield Finding("false", f"{write.key} was acknowledged as {first.cursor}, which is another's", first.at)
    for mark, event in caused.items():
        if mark not in ledger.writes:
            yield Finding("false", f"{event.cursor} in the log is of {mark}, which nobody sent")


def _is_of(event: Event, write: Write) -> bool:
    entry = write.entry or write.acknowledgements[0].entry
    return (event.type, event.mark, event.entry) == (write.type, write.key, entry)


def check_reader(log: Log, stored: Sequence[Any], ledger: Ledger, seen: Observation) -> Iterator[Finding]:
    if seen.failure is not None:
        yield Finding("refused", f"{seen.name}: {seen.failure}")
    yield from _check_history(log, seen)
    if not seen.ended:
        yield Finding("lost", f"{seen.name} never came to the end")
    if list(seen.entries) != list(stored):
        yield Finding("diverged", f"{seen.name}: {_difference(seen.entries, stored)}")
    elif seen.coverage != log.timeline.coverage:
        yield Finding("diverged", f"{seen.name}: the head is {seen.coverage}")
    shown = {entry["id"] for entry in seen.entries}
    for write in ledger.writes.values():
        if write.type == "entry.published" and write.acknowledgements:
            entry = write.acknowledgements[0].entry
            if entry not in shown and not log.timeline.was_deleted(str(entry)):
                yield Finding("lost", f"{seen.name} does not have {write.key}", write.acknowledgements[0].at)


def _check_forks(seen: Observation) -> Iterator[Finding]:
    for hello in seen.hellos:
        if hello.get("reason") in ("fork", "trimmed"):
            yield Finding("lost", f"{seen.name} was told that the log is another: {hello['reason']}")


def _check_history(log: Log, seen: Observation) -> Iterator[Finding]:
    """Each event follows the one before in the log; a snapshot begins anew, and takes back what a failover lost."""
    last = max((at for at, one in enumerate(seen.history) if one.type == "snapshot"), default=-1)
    told = any(hello.get("reason") == "fork" for hello in seen.hellos)
    at: int | None = None
    for number, one in enumerate(seen.history):
        index = log.index.get(one.cursor)
        if index is None:
            if not told or number >= last:
                yield Finding("false", f"{seen.name}: {one.type} {one.cursor} is not in the log", one.at)
        elif at is not None and one.type != "snapshot":
            if index == at:
                yield Finding("twice", f"{seen.name}: {one.type} {one.cursor} came twice", one.at)
            elif index < at:
                yield Finding("order", f"{seen.name}: {one.type} {one.cursor} came {at - index} too late", one.at)
            elif index > at + 1:
                yield Finding("lost", f"{seen.name}: {index - at - 1} before {one.cursor} never came", one.at)
        if index is not None:
            at = index


def _difference(mine: Sequence[Any], theirs: Sequence[Any]) -> str:
    if len(mine) != len(theirs):
        return f"{len(mine)} entries in place of {len(theirs)}"
    for at, (one, other) in enumerate(zip(mine, theirs, strict=True)):
        if one != other:
            return f"entry {at} is {str(one)[:200]} in place of {str(other)[:200]}"
    return "none"
