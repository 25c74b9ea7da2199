"""Blocks: the body of an entry, in reading order. HTML in them is sanitised when they are made (see feed.content)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Html = Annotated[str, Meta(max_length=200_000)]
Line = Annotated[str, Meta(max_length=2_000)]
# The scheme and the characters are checked where a producer's input comes in; "/…" is on the server's own site.
Url = Annotated[str, Meta(max_length=2_000, pattern=r"^(https?://[^\s\x00-\x1f]+|/(?![/\\])[^\s\x00-\x1f]*)$(?!\n)")]
Pixels = Annotated[int, Meta(ge=1, le=100_000)]
LinkKind = Literal["story", "video", "podcast", "report"]


class Picture(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A picture with its words. Without `url` only the words are known, as in the plain text of a page."""

    url: Url | None = None
    alt: Line = ""
    caption: Line | None = None
    credit: Line | None = None
    width: Pixels | None = None
    height: Pixels | None = None


class Text(Struct, frozen=True, kw_only=True, tag="text", forbid_unknown_fields=True):
    html: Html


class Quote(Struct, frozen=True, kw_only=True, tag="quote", omit_defaults=True, forbid_unknown_fields=True):
    html: Html
    by: Line | None = None


class Image(Picture, frozen=True, kw_only=True, tag="image", omit_defaults=True, forbid_unknown_fields=True):
    pass


class Gallery(Struct, frozen=True, kw_only=True, tag="gallery", forbid_unknown_fields=True):
    images: Annotated[tuple[Picture, ...], Meta(min_length=1, max_length=100)]


class Video(Struct, frozen=True, kw_only=True, tag="video", omit_defaults=True, forbid_unknown_fields=True):
    url: Url
    title: Line | None = None
    poster: Url | None = None
    caption: Line | None = None
    credit: Line | None = None


class Audio(Struct, frozen=True, kw_only=True, tag="audio", omit_defaults=True, forbid_unknown_fields=True):
    url: Url
    title: Line | None = None
    caption: Line | None = None
    credit: Line | None = None


class Embed(Struct, frozen=True, kw_only=True, tag="embed", omit_defaults=True, forbid_unknown_fields=True):
    url: Url
    provider: Line | None = None
    title: Line | None = None


class Reference(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A page to read, see or hear elsewhere."""

    url: Url
    title: Line
    kind: LinkKind = "story"
    summary: Line | None = None


class Link(Reference, frozen=True, kw_only=True, tag="link", omit_defaults=True, forbid_unknown_fields=True):
    pass


Block = Text | Quote | Image | Gallery | Video | Audio | Embed | Link
