"""One entry of a coverage, as readers get it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from .blocks import Block, Line, Url
from .moment import Moment

Kind = Literal["update", "summary", "analysis", "wrap"]
Importance = Literal[1, 2, 3]
# Also the place of an entry in links and in keys of the store, hence the narrow alphabet; "." and ".." are no places
# but ways to get to one (RFC 3986 section 3.3).
EntryId = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^(?!\.{1,2}$)[A-Za-z0-9_.:\-]+$(?!\n)")]
Label = Annotated[str, Meta(min_length=1, max_length=100)]
Language = Annotated[str, Meta(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$(?!\n)")]
Headline = Annotated[str, Meta(min_length=1, max_length=1_000)]


class Author(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    tagline: Line | None = None
    url: Url | None = None
    avatar: Url | None = None


class Verification(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Whether a claim was checked; `by` is who claims or who checked it."""

    status: Literal["confirmed", "unverified", "claim"]
    by: Line | None = None
    note: Line | None = None


class Correction(Struct, frozen=True, kw_only=True):
    at: Moment
    note: Line


class Retraction(Struct, frozen=True, kw_only=True):
    at: Moment
    reason: Line


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Sorted by `(display_at, id)`, newest first. `revision` counts from 1.

    Fields at their default are left out of JSON."""

    id: str
    revision: int
    status: Literal["published", "retracted"]
    headline: str | None = None
    blocks: tuple[Block, ...] = ()
    display_at: Moment
    published_at: Moment
    updated_at: Moment
    authors: tuple[Author, ...] = ()
    labels: tuple[str, ...] = ()
    key_event: bool = False
    kind: Kind = "update"
    importance: Importance = 1
    verification: Verification | None = None
    language: str | None = None
    corrections: tuple[Correction, ...] = ()
    retraction: Retraction | None = None
