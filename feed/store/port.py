"""The port: everything the program asks of a store, and nothing about which one it is.

Values are the JSON bytes that `feed.wire` made. Every method raises StoreUnavailable when the store does not answer
or refuses; then nothing is known about a write, which is why a write can carry a `Once`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from feed.model import Cursor, Event, EventType, Status

Fsync = Literal["always", "everysec", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Once:
    """An Idempotency-Key, and the digest of the request that used it."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Publish:
    """A new entry. `display_ms` orders the timeline."""

    entry: str
    display_ms: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Replace:
    """A revised or retracted entry; the one it replaces goes to the entry's history. `revision` is what is expected."""

    type: Literal["entry.revised", "entry.retracted"]
    entry: str
    display_ms: int
    data: bytes
    revision: int


@dataclass(frozen=True, slots=True)
class Remove:
    """An entry that is taken down, its history too. `data` is ``{"id", "reason"?}``."""

    entry: str
    data: bytes
    revision: int


@dataclass(frozen=True, slots=True)
class Head:
    """A new state of the coverage itself. `revision` is what is expected, 0 to create it."""

    type: Literal["coverage.changed", "coverage.ended", "coverage.reopened"]
    data: bytes
    revision: int
    status: Status
    created_ms: int


Operation = Publish | Replace | Remove | Head


@dataclass(frozen=True, slots=True)
class Durability:
    """How a write is kept: when the store brings it to its disk ("always": before it answers), and how many replicas
    have said that they have it."""

    fsync: Fsync = "unknown"
    replicas: int = 0


@dataclass(frozen=True, slots=True)
class Appended:
    """The cursor of each operation's event, in order.

    `replay`: an earlier request with the same key did it. Then `written` says for each operation which entry ("" for
    the coverage itself) got which revision, for the case that the log does not reach back to it any more; None where
    that is not known.
    """

    cursors: tuple[Cursor, ...]
    replay: bool = False
    durability: Durability = Durability()
    written: tuple[tuple[str, int] | None, ...] = ()
    # What was answered, where it is not the event at the cursor.
    answer: bytes | None = None


class Scheduled(Exception):
    """The coverage has not begun: a Head that makes it live must come first. Never reaches a producer."""


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a timeline, newest first, and the state of the coverage at the same instant.

    `end` is the cursor before the coverage.ended at the log's tip, None while the coverage is not ended.
    `following` is where the next page begins, None at the oldest entry. `pinned` is the pinned entry, if there is one.
    """

    coverage: bytes
    status: Status
    cursor: Cursor
    end: Cursor | None
    entries: tuple[bytes, ...] = ()
    following: str | None = None
    pinned: bytes | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """Events after a cursor, oldest first; `complete` when they reach the log's tip."""

    events: tuple[Event, ...]
    complete: bool
    ended: bool


# Older announcements of a shard are forgotten. Who is given as many at once may have missed some before them.
NEWS_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Announcement:
    """Some coverage's log now reaches `cursor`; or a probe came back."""

    coverage: str
    cursor: Cursor
    probe: str | None = None


@dataclass(frozen=True, slots=True)
class Shard:
    """A primary and how many replicas it has, and has in step. `primary` is its address, "" where there is only one."""

    primary: str
    replicas: int
    in_step: int
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Watch:
    """Sentinels: in the address, of those answering, in all that know of each other; how many must agree."""

    named: int
    answering: int
    known: int
    quorum: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What a person who runs the store wants to know. `clock_ms` is the store's own time since 1970, memory is in
    bytes, `min_replicas` what it wants to have to take writes; `watch` is there with Sentinels, more than one of
    `shards` in a cluster."""

    name: str
    version: str
    role: str
    fsync: str
    eviction: str
    append_only: bool | None
    clock_ms: int
    used_memory: int
    memory_limit: int
    min_replicas: int
    shards: tuple[Shard, ...]
    watch: Watch | None = None


class Store(Protocol):
    async def append(self, coverage: str, operations: Sequence[Operation], once: Once | None = None) -> Appended:
        """All operations or none, in one atomic step, each at its place in the coverage's log.

        Raises UnknownCoverage, CoverageExists, EntryExists, UnknownEntry, EntryDeleted, RevisionConflict,
        CoverageEnded, KeyReused, Scheduled; NotDurable when it was done but too few replicas have it.
        """

    async def replayed(self, coverage: str, once: Once) -> Appended | None:
        """What an earlier request with this key did, or None. Raises KeyReused, NotDurable."""

    async def record(self, coverage: str, once: Once, cursor: Cursor, answer: bytes) -> Appended | None:
        """Keeps `answer`, the coverage as it was at `cursor`, for a request that changed nothing.

        What an earlier one with this key did, if there was one, else None. Raises KeyReused, NotDurable."""

    async def settled(self, coverage: str) -> None:
        """Waits until as many replicas as are required have all that was written to the coverage. Raises NotDurable."""

    async def reserve(self, once: Once, coverage: str) -> str:
        """The coverage id that belongs to this key: the one given, or the one an earlier request gave.

        Raises NotDurable."""

    async def reserved(self, once: Once) -> str | None:
        """The coverage id that an earlier request gave to this key, or None."""

    async def events_at(self, coverage: str, cursors: Sequence[Cursor]) -> list[Event | None]:
        """The events at these places of the log, None where it was trimmed."""

    async def page(
        self, coverage: str, *, before: str | None = None, limit: int = 50, public_only: bool = False
    ) -> Page:
        """`limit` entries, or fewer where these are very long. `public_only`: a private coverage is unknown, and takes
        as long to be so as one that is not there.

        Raises UnknownCoverage; MalformedCursor for a `before` that is none of ours."""

    async def page_with(self, coverage: str, entry: str, *, limit: int = 50, public_only: bool = False) -> Page:
        """The page that begins with this entry. Raises UnknownCoverage, UnknownEntry, EntryDeleted."""

    async def head(self, coverage: str, *, public_only: bool = False) -> Page:
        """The coverage without its entries. Raises UnknownCoverage."""

    async def entry(self, coverage: str, entry: str) -> bytes:
        """Raises UnknownEntry, EntryDeleted."""

    async def revisions(self, coverage: str, entry: str) -> list[bytes]:
        """Every revision, the oldest first, the current one last. Raises UnknownEntry, EntryDeleted."""

    async def changes(self, coverage: str, after: Cursor, *, limit: int) -> Changes:
        """`limit` events, or fewer where these are very long. Raises UnknownCoverage, and CursorLost with its reason
        when `after` is not in the log."""

    async def coverages(self, statuses: Sequence[Status], *, before: str | None, limit: int) -> list[bytes]:
        """Newest first by creation time and id. `before` is the last one's place: both, as in 1700000000000-budget.

        Raises MalformedCursor for a `before` that is none of ours."""

    async def tips(self) -> Mapping[str, str]:
        """Where the announcements stand now, to follow from."""

    def follow(self, positions: Mapping[str, str]) -> AsyncGenerator[list[Announcement], None]:
        """What is announced after `positions`, as it comes; an empty list now and then shows it works."""

    async def probe(self, nonce: str) -> None:
        """Announces `nonce` to every follower."""

    async def audience(self, coverage: str, node: str, count: int, good_for_ms: int) -> int:
        """Says how many read a coverage on a node, for that long. Gives the number over all nodes."""

    async def save_token(self, token: str, data: bytes, once: Once | None = None) -> bytes | None:
        """What an earlier request with the same key saved, which then stays; else None. Raises KeyReused."""

    async def token(self, token: str) -> bytes | None: ...

    async def tokens_named(self, tokens: Sequence[str]) -> list[bytes | None]:
        """As `token`, of many at a time."""

    async def tokens(self) -> list[bytes]: ...

    async def delete_token(self, token: str, once: Once | None = None) -> bool:
        """Whether an earlier request with the same key did it. Raises UnknownToken, KeyReused."""

    async def facts(self) -> Facts: ...

    async def close(self) -> None: ...


__all__ = [
    "NEWS_KEPT",
    "Announcement",
    "Appended",
    "Changes",
    "Durability",
    "EventType",
    "Facts",
    "Fsync",
    "Head",
    "Once",
    "Operation",
    "Page",
    "Publish",
    "Remove",
    "Replace",
    "Scheduled",
    "Shard",
    "Store",
    "Watch",
]
