"""What the store answered, as the port has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from feed.errors import (
    CoverageEnded,
    CoverageExists,
    CursorLost,
    EntryDeleted,
    EntryExists,
    KeyReused,
    MalformedCursor,
    RevisionConflict,
    UnknownCoverage,
    UnknownEntry,
)
from feed.model import Cursor, Event

from .port import Appended, Durability, Scheduled


def refused(word: str, coverage: str, rest: Sequence[Any]) -> Exception:
    """The error that a script names."""
    what = rest[0].decode() if rest and isinstance(rest[0], bytes) else ""
    match word:
        case "unknown_coverage":
            return UnknownCoverage(coverage)
        case "coverage_exists":
            return CoverageExists(coverage)
        case "coverage_ended":
            return CoverageEnded()
        case "scheduled":
            return Scheduled()
        case "entry_exists":
            return EntryExists(what)
        case "unknown_entry":
            return UnknownEntry(what)
        case "entry_deleted":
            tombstone = msgspec.json.decode(rest[1]) if len(rest) > 1 else {}
            return EntryDeleted(what, tombstone.get("reason"))
        case "revision_conflict":
            return RevisionConflict(rest[1], rest[2])
        case "key_reused":
            return KeyReused()
        case "cursor_lost":
            return CursorLost(what)
    raise AssertionError(f"the script answered {word!r}")


def place_of(before: str) -> tuple[str, str]:
    """Milliseconds and an id: where a page of what is sorted by both begins."""
    ms, _, id_ = before.partition("-")
    if not (ms.isascii() and ms.isdigit() and len(ms) < 16 and id_):
        raise MalformedCursor(
            f"{before[:60]!r} is no place in a timeline. Send the 'next' of a page, or leave it out.",
            field="before",
        )
    return ms, id_


def appended_of(marks: Sequence[bytes], replay: bool, durability: Durability) -> Appended:
    """A mark is a cursor, or cursor/entry/revision."""
    cursors, written = [], []
    for mark in marks:
        cursor, *what = mark.split(b"/")
        cursors.append(cursor_of(cursor))
        written.append((what[0].decode(), int(what[1])) if what else None)
    return Appended(tuple(cursors), replay, durability, tuple(written))


def cursor_of(text: bytes) -> Cursor:
    ms, _, seq = text.partition(b"-")
    return Cursor(int(ms), int(seq))


def fields_of(row: Any) -> dict[bytes, bytes]:
    values = row[1]
    return values if isinstance(values, dict) else dict(zip(values[::2], values[1::2], strict=True))


def event_of(row: Any, tombstone: bytes | None) -> Event:
    """`tombstone`: the entry was taken down since, so that this is all there still is of the event."""
    fields = fields_of(row)
    return Event(
        type="entry.deleted" if tombstone else fields[b"type"].decode(),  # type: ignore[arg-type]
        cursor=cursor_of(row[0]),
        prev=cursor_of(fields[b"prev"]),
        data=tombstone or fields[b"data"],
        entry=fields[b"entry"].decode() or None,
    )
