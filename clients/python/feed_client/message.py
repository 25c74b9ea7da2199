"""Shapes of what is sent and received, as JSON has them. Times are RFC 3339 in UTC with milliseconds.

Lists and flags at their default are left out: a missing list is empty, a missing flag false.
"""

from __future__ import annotations

from collections.abc import Sequence
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
"""An object: that of a coverage has the fields of `Coverage`, that of an entry those of `Entry`."""


class Message(TypedDict, total=False):
    """One message from the server. `type` is always there; a server may send types that are not listed here."""

    type: Required[MessageType]
    cursor: str
    prev: str
    at: str
    coverage: Any
    """The `Coverage`; in a hello its id."""
    entry: Entry
    """Of an entry that was deleted only `id` and `reason`."""
    id: str
    """Of an entry that was deleted."""
    entries: list[Entry]
    """Newest first."""
    next: str | None
    """What `before` takes to get the page after a snapshot; None or missing at the end."""
    mode: Literal["snapshot", "resumed", "reset"]
    reason: str
    """Why the log could not be resumed from, or why an entry was deleted."""
    heartbeat: float
    v: int
    """Of a hello: 1."""
    count: int
    """Of readers, in an audience."""
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
    """Without `url` only the words are known."""

    url: str
    alt: str
    caption: str
    credit: str
    width: int
    height: int


class Link(TypedDict, total=False):
    url: Required[str]
    title: Required[str]
    kind: Literal["story", "video", "podcast", "report"]
    """`story` where missing."""
    summary: str


class Block(TypedDict, total=False):
    """A part of an entry, in reading order: `text`, `quote`, `image`, `gallery`, `video`, `audio`, `embed`, `link`.

    Pass over types that you do not know. `html` is sanitised by the server.
    """

    type: Required[str]
    html: str
    by: str
    url: str
    alt: str
    caption: str
    credit: str
    width: int
    height: int
    images: list[Image]
    title: str
    poster: str
    provider: str
    kind: Literal["story", "video", "podcast", "report"]
    summary: str


class Verification(TypedDict, total=False):
    status: Required[Literal["confirmed", "unverified", "claim"]]
    by: str
    note: str


class Successor(TypedDict):
    title: str
    url: str


class Adverts(TypedDict, total=False):
    """Places for advertisements: one after `every` entries, `height` CSS pixels high, 250 where missing."""

    every: Required[int]
    label: str
    height: int


class Correction(TypedDict):
    at: str
    note: str


class Retraction(TypedDict):
    at: str
    reason: str


class Entry(TypedDict, total=False):
    """An entry as it is read. Fields at their default are left out: an entry with a headline only has no `blocks`."""

    id: Required[str]
    revision: Required[int]
    status: Required[Literal["published", "retracted"]]
    display_at: Required[str]
    """What a timeline is ordered by."""
    published_at: Required[str]
    updated_at: Required[str]
    headline: str
    """Plain text."""
    blocks: list[Block]
    authors: list[Author]
    labels: list[str]
    key_event: bool
    kind: Literal["update", "summary", "analysis", "wrap"]
    """`update` where missing."""
    importance: Literal[1, 2, 3]
    """1 where missing."""
    verification: Verification
    language: str
    corrections: list[Correction]
    retraction: Retraction


class Coverage(TypedDict, total=False):
    """The head of a coverage as it is read. `summary` and `key_points` are inline HTML."""

    id: Required[str]
    title: Required[str]
    status: Required[Literal["scheduled", "live", "ended"]]
    visibility: Required[Literal["public", "unlisted", "private"]]
    revision: Required[int]
    language: Required[str]
    created_at: Required[str]
    updated_at: Required[str]
    timezone: str
    summary: str
    key_points: list[str]
    image: Image
    links: list[Link]
    labels: list[str]
    authors: list[Author]
    pin: str
    """An entry's id."""
    starts_at: str
    started_at: str
    ended_at: str
    successor: Successor
    adverts: Adverts
    cursor: str
    """Where the coverage is the answer to a request."""


class CorrectionDraft(TypedDict):
    at: str | datetime
    note: str


class EntryFields(TypedDict, total=False):
    """At most one of html, markdown, text and blocks. In a revision None clears a field."""

    headline: str | None
    html: str | None
    markdown: str | None
    text: str | None
    blocks: Sequence[Block | Json] | None
    display_at: str | datetime | None
    authors: list[Author] | None
    labels: list[str] | None
    key_event: bool | None
    kind: Literal["update", "summary", "analysis", "wrap"] | None
    importance: Literal[1, 2, 3] | None
    verification: Verification | None
    images: list[Image] | None
    links: list[Link] | None
    language: str | None


class EntryDraft(EntryFields, total=False):
    """What `publish` takes; `id` is chosen by the server unless given. The rest is for imports."""

    id: str | None
    published_at: str | datetime | None
    updated_at: str | datetime | None
    corrections: Sequence[CorrectionDraft | Json] | None


class EntryChange(EntryFields, total=False):
    """What `revise` takes; `correction` is a note that readers see beside the entry."""

    correction: str | None


class CoverageFields(TypedDict, total=False):
    """In a change None clears a field."""

    summary: str | None
    key_points: list[str] | None
    language: str | None
    timezone: str | None
    starts_at: str | datetime | None
    image: Image | None
    links: list[Link] | None
    labels: list[str] | None
    authors: list[Author] | None
    adverts: Adverts | None


class CoverageDraft(CoverageFields, total=False):
    """What `create` takes besides the title; `created_at` and `started_at` are for imports."""

    id: str | None
    visibility: Literal["public", "unlisted", "private"] | None
    created_at: str | datetime | None
    started_at: str | datetime | None


class CoverageChange(CoverageFields, total=False):
    """What `change` takes; `pin` is an entry's id."""

    title: str
    visibility: Literal["public", "unlisted", "private"]
    pin: str | None


class Ending(TypedDict, total=False):
    """What `end` takes: the last entry and the end become one change."""

    title: str
    summary: str | None
    key_points: list[str] | None
    entry: EntryDraft | Json | None
    successor: Successor | None
    ended_at: str | datetime | None


class Durability(TypedDict):
    """How safe an acknowledged write is: what the store writes to disk when, and how many copies it has."""

    fsync: Literal["always", "everysec", "no", "unknown"]
    replicas: int


class Receipt(TypedDict, total=False):
    """Where the write was repeated and the entry was taken down since, `entry` is as in a `Deletion`."""

    entry: Required[Entry]
    cursor: Required[str]
    durability: Durability
    """Left out within a `BatchReceipt`, which has it once."""
    replayed: bool
    """True where the server had seen the Idempotency-Key before: nothing new happened."""


class Deleted(TypedDict, total=False):
    """What is left of an entry that was taken down."""

    id: Required[str]
    status: Required[Literal["deleted"]]
    reason: str


class Deletion(TypedDict, total=False):
    """What `delete` gives."""

    entry: Required[Deleted]
    cursor: Required[str]
    durability: Required[Durability]
    replayed: bool


class BatchReceipt(TypedDict, total=False):
    receipts: Required[list[Receipt]]
    durability: Required[Durability]
    replayed: bool


class Page(TypedDict):
    """Entries newest first."""

    entries: list[Entry]
    cursor: str
    next: str | None
    """What `before` takes to get the page below; None at the end."""


class Changes(TypedDict):
    """What came after a cursor, as messages of the websocket."""

    events: list[Message]
    cursor: str
    up_to_date: bool
    ended: bool
