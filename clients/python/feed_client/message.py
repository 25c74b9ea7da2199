"""Shapes of what is sent and received, as JSON has them. Times are RFC 3339 in UTC with milliseconds.

Lists and flags at their default are left out: a missing list is empty, a missing flag false.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Required, TypedDict

MessageType = Literal[
    "hello",
    "snapshot",
    "entry.published",
    "entry.revised",
    "entry.retracted",
    "entry.deleted",
    "coverage.changed",
    "coverage.ended",
    "coverage.reopened",
    "live",
    "audience",
    "error",
]

Json = dict[str, Any]
"""A coverage, an entry or a block: see the protocol for the fields."""


class Message(TypedDict, total=False):
    """One message from the server. `type` is always there; a server may send types that are not listed here."""

    type: Required[MessageType]
    cursor: str
    prev: str
    at: str
    coverage: Any
    """The coverage; in a hello its id."""
    entry: Json
    id: str
    """Of an entry that was deleted."""
    entries: list[Json]
    """Newest first."""
    next: str | None
    """What `before` takes to get the page after a snapshot; None or missing at the end."""
    mode: Literal["snapshot", "resumed", "reset"]
    reason: str
    """Why the log could not be resumed from, or why an entry was deleted."""
    heartbeat: float
    count: int
    code: str
    """Of an error."""
    detail: str
    retryable: bool
    retry_after_ms: float


class Author(TypedDict, total=False):
    name: Required[str]
    tagline: str
    url: str
    avatar: str


class Image(TypedDict, total=False):
    url: Required[str]
    alt: str
    caption: str
    credit: str
    width: int
    height: int


class Link(TypedDict, total=False):
    url: Required[str]
    title: Required[str]
    kind: Literal["story", "video", "podcast", "report"]


class Verification(TypedDict, total=False):
    status: Required[Literal["confirmed", "unverified", "claim"]]
    by: str
    note: str


class Successor(TypedDict):
    title: str
    url: str


class EntryFields(TypedDict, total=False):
    """At most one of html, markdown, text and blocks. In a revision None clears a field."""

    headline: str | None
    html: str
    markdown: str
    text: str
    blocks: list[Json]
    display_at: str | datetime
    authors: list[Author] | None
    labels: list[str] | None
    key_event: bool
    kind: Literal["update", "summary", "analysis", "wrap"]
    importance: Literal[1, 2, 3]
    verification: Verification | None
    images: list[Image]
    links: list[Link]
    language: str | None


class EntryDraft(EntryFields, total=False):
    """What `publish` takes; `id` is chosen by the server unless given. The rest is for imports."""

    id: str
    published_at: str | datetime
    updated_at: str | datetime
    corrections: list[Json]


class EntryChange(EntryFields, total=False):
    """What `revise` takes; `correction` is a note that readers see beside the entry."""

    correction: str


class CoverageFields(TypedDict, total=False):
    summary: str | None
    key_points: list[str]
    language: str
    timezone: str | None
    starts_at: str | datetime | None
    visibility: Literal["public", "unlisted", "private"]
    image: Image | None
    links: list[Link]
    labels: list[str]
    authors: list[Author]


class CoverageDraft(CoverageFields, total=False):
    """What `create` takes besides the title; `created_at` and `started_at` are for imports."""

    id: str
    created_at: str | datetime
    started_at: str | datetime


class CoverageChange(CoverageFields, total=False):
    """What `change` takes; `pin` is an entry's id."""

    title: str
    pin: str | None


class Ending(TypedDict, total=False):
    """What `end` takes: the last entry and the end become one change."""

    title: str
    summary: str | None
    key_points: list[str]
    entry: EntryDraft | Json
    successor: Successor
    ended_at: str | datetime


class Durability(TypedDict):
    """How safe an acknowledged write is: what the store writes to disk when, and how many copies it has."""

    fsync: Literal["always", "everysec", "no", "unknown"]
    replicas: int


class Receipt(TypedDict, total=False):
    entry: Required[Json]
    cursor: Required[str]
    durability: Durability
    replayed: bool
    """True where the server had seen the Idempotency-Key before: nothing new happened."""


class BatchReceipt(TypedDict, total=False):
    receipts: Required[list[Receipt]]
    durability: Durability
    replayed: bool
