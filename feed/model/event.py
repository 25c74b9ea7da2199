"""An event: one change, at its place in the log."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from .cursor import Cursor

EventType = Literal[
    "entry.published",
    "entry.revised",
    "entry.retracted",
    "entry.deleted",
    "coverage.changed",
    "coverage.ended",
    "coverage.reopened",
]


class Event(Struct, frozen=True, kw_only=True):
    """`data` is the JSON of what the event carries: an entry, a coverage, or ``{"id", "reason"?}`` of a deleted entry.

    It stays the bytes that the store keeps: they were made once, by the node that published, and are only ever
    framed again. `prev` is the cursor of the event before this one, by which a follower sees a gap by itself.
    """

    type: EventType
    cursor: Cursor
    prev: Cursor
    data: bytes
    entry: str | None = None
