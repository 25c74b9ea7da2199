"""A coverage: the head of a live page, and where it stands in its life."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from .blocks import Picture, Reference, Url
from .entry import Author
from .moment import Moment

Status = Literal["scheduled", "live", "ended"]
Visibility = Literal["public", "unlisted", "private"]
CoverageId = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9_\-]*$(?!\n)")]


class Successor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the coverage continues."""

    title: Annotated[str, Meta(min_length=1, max_length=500)]
    url: Url


class Adverts(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Places for advertisements: one after `every` entries, `height` CSS pixels high from the first moment."""

    every: Annotated[int, Meta(ge=1, le=50)]
    label: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    height: Annotated[int, Meta(ge=50, le=1_200)] = 250


class Coverage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`summary` and `key_points` are inline HTML, sanitised. `pin` is an entry's id. `revision` counts from 1."""

    id: str
    title: str
    status: Status
    visibility: Visibility
    revision: int
    created_at: Moment
    updated_at: Moment
    language: str
    summary: str | None = None
    key_points: tuple[str, ...] = ()
    timezone: str | None = None
    image: Picture | None = None
    links: tuple[Reference, ...] = ()
    labels: tuple[str, ...] = ()
    authors: tuple[Author, ...] = ()
    pin: str | None = None
    starts_at: Moment | None = None
    started_at: Moment | None = None
    ended_at: Moment | None = None
    successor: Successor | None = None
    adverts: Adverts | None = None
