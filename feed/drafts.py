"""What a producer may send. Shapes and limits only; turning a draft into an entry or a coverage is the desk's work.

In a patch a field that is left out stays as it is, and ``null`` clears it; in a draft both mean the default.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from .model.blocks import Block, Html, Picture, Reference
from .model.coverage import Adverts, CoverageId, Successor, Visibility
from .model.entry import Author, EntryId, Headline, Importance, Kind, Label, Language, Verification

Instant = Annotated[datetime, Meta(tz=True)]
Title = Annotated[str, Meta(min_length=1, max_length=500)]
Summary = Annotated[str, Meta(max_length=5_000)]
KeyPoints = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=2_000)], ...], Meta(max_length=50)]
Labels = Annotated[tuple[Label, ...], Meta(max_length=50)]
Authors = Annotated[tuple[Author, ...], Meta(max_length=50)]
Links = Annotated[tuple[Reference, ...], Meta(max_length=50)]
SCOPE = r"^(admin|(publish|read):[A-Za-z0-9_*\-]+)$(?!\n)"
Zone = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+\-]+(/[A-Za-z0-9_+\-]+)*$(?!\n)")]


class EntryFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body is exactly one of html, markdown, text and blocks; images and links become blocks after it."""

    headline: Headline | None | UnsetType = UNSET
    html: Html | None | UnsetType = UNSET
    markdown: Html | None | UnsetType = UNSET
    text: Html | None | UnsetType = UNSET
    blocks: Annotated[tuple[Block, ...], Meta(max_length=500)] | None | UnsetType = UNSET
    images: Annotated[tuple[Picture, ...], Meta(max_length=100)] | None | UnsetType = UNSET
    links: Links | None | UnsetType = UNSET
    display_at: Instant | None | UnsetType = UNSET
    authors: Authors | None | UnsetType = UNSET
    labels: Labels | None | UnsetType = UNSET
    key_event: bool | None | UnsetType = UNSET
    kind: Kind | None | UnsetType = UNSET
    importance: Importance | None | UnsetType = UNSET
    verification: Verification | None | UnsetType = UNSET
    language: Language | None | UnsetType = UNSET


class CorrectionDraft(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    at: Instant
    note: Annotated[str, Meta(min_length=1, max_length=2_000)]


class EntryDraft(EntryFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`published_at`, `updated_at`, `corrections`: for entries that were published elsewhere and are brought in."""

    id: EntryId | None = None
    published_at: Instant | None = None
    updated_at: Instant | None = None
    corrections: Annotated[tuple[CorrectionDraft, ...], Meta(max_length=100)] | None = None


class EntryPatch(EntryFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`correction` is a note that readers see at the entry."""

    correction: Annotated[str, Meta(min_length=1, max_length=2_000)] | None = None


class DeletionDraft(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1, max_length=2_000)]


class RetractionDraft(DeletionDraft, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`at`: for entries that were withdrawn elsewhere and are brought in."""

    at: Instant | None = None


class HeadFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands at the head of the page and changes as the coverage goes on."""

    title: Title | UnsetType = UNSET
    summary: Summary | None | UnsetType = UNSET
    key_points: KeyPoints | None | UnsetType = UNSET


class CoverageFields(HeadFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    language: Language | None | UnsetType = UNSET
    timezone: Zone | None | UnsetType = UNSET
    starts_at: Instant | None | UnsetType = UNSET
    visibility: Visibility | None | UnsetType = UNSET
    image: Picture | None | UnsetType = UNSET
    links: Links | None | UnsetType = UNSET
    labels: Labels | None | UnsetType = UNSET
    authors: Authors | None | UnsetType = UNSET
    adverts: Adverts | None | UnsetType = UNSET


class CoverageDraft(CoverageFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`created_at` and `started_at` are for coverage that began elsewhere and is brought in."""

    title: Title
    id: CoverageId | None = None
    created_at: Instant | None = None
    started_at: Instant | None = None


class CoveragePatch(CoverageFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    # Cleared it would be public, which nobody says by leaving something empty.
    visibility: Visibility | UnsetType = UNSET
    pin: EntryId | None | UnsetType = UNSET


class Ending(HeadFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a coverage ends: its head in the past tense, its last entry, where it continues."""

    entry: EntryDraft | None = None
    successor: Successor | None = None
    ended_at: Instant | None = None


class Reopening(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing is to be said about it."""


class TokenDraft(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`scopes` as in ``admin``, ``publish:budget-*``, ``read:*``; `expires_in_s` in seconds, never when left out."""

    scopes: Annotated[
        tuple[Annotated[str, Meta(pattern=SCOPE, max_length=120)], ...],
        Meta(min_length=1, max_length=50),
    ]
    name: Annotated[str, Meta(max_length=200)] | None = None
    expires_in_s: Annotated[int, Meta(ge=1, le=10 * 365 * 86_400)] | None = None
