"""Editing: a draft or a patch applied to an entry or to the head of a coverage. Pure; everything is sanitised here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import UNSET, UnsetType
from msgspec.structs import replace
from uuid_utils import uuid7

from .content import blocks_from_html, blocks_from_markdown, blocks_from_text, clean_blocks, clean_inline
from .drafts import CoverageFields, EntryDraft, EntryFields, HeadFields
from .errors import InvalidInput
from .model import Block, Coverage, Entry, Gallery, Image, Link, Moment, Picture, moment_from

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def new_entry(draft: EntryDraft, now: datetime) -> Entry:
    moment = moment_from(now)
    blank = Entry(
        id=draft.id or str(uuid7()),
        revision=1,
        status="published",
        display_at=moment,
        published_at=moment,
        updated_at=moment,
    )
    entry = edited_entry(blank, draft)
    if not entry.blocks and not entry.headline:
        raise InvalidInput(
            "The entry is empty. Give a headline, or one of html, markdown, text, blocks, images, links.", field="text"
        )
    return entry


def edited_entry(entry: Entry, fields: EntryFields) -> Entry:
    changes: dict[str, Any] = {}
    if fields.headline is not UNSET:
        changes["headline"] = plain(fields.headline) if fields.headline else None
    if fields.display_at is not UNSET:
        shown = fields.display_at
        changes["display_at"] = moment(shown, "display_at") if shown else entry.published_at
    for name in ("authors", "labels"):
        if (value := getattr(fields, name)) is not UNSET:
            changes[name] = value or ()
    for name, default in (("key_event", False), ("kind", "update"), ("importance", 1)):
        if (value := getattr(fields, name)) is not UNSET:
            changes[name] = default if value is None else value
    for name in ("verification", "language"):
        if (value := getattr(fields, name)) is not UNSET:
            changes[name] = value
    blocks = _blocks(entry.blocks, fields)
    if blocks is not None:
        changes["blocks"] = blocks
    return replace(entry, **changes) if changes else entry


def _blocks(current: tuple[Block, ...], fields: EntryFields) -> tuple[Block, ...] | None:
    """The new body, None when nothing of it is sent.

    Text takes the place of text: pictures and links stay unless new ones come, in the text or in their own field.
    """
    bodies = {name: getattr(fields, name) for name in ("html", "markdown", "text", "blocks")}
    given = {name: value for name, value in bodies.items() if value is not UNSET and value is not None}
    cleared = any(value is None for value in bodies.values())
    if len(given) > 1:
        raise InvalidInput(f"Send one of {', '.join(given)}, not {len(given)} of them.", field=list(given)[1])
    if not given and not cleared and fields.images is UNSET and fields.links is UNSET:
        return None
    pictures: list[Block] = [block for block in current if isinstance(block, Image | Gallery)]
    links: list[Block] = [block for block in current if isinstance(block, Link)]
    body: list[Block] = [block for block in current if not isinstance(block, Image | Gallery | Link)]
    for name, value in given.items():
        body = list(_body(name, value))
        if name == "blocks" or any(isinstance(block, Image | Gallery) for block in body):
            pictures = []
        if name == "blocks" or any(isinstance(block, Link) for block in body):
            links = []
    if cleared and not given:
        body = []
    if not isinstance(fields.images, UnsetType):
        pictures = _pictures(fields.images or ())
    if not isinstance(fields.links, UnsetType):
        links = [
            Link(url=link.url, title=plain(link.title), kind=link.kind, summary=link.summary)
            for link in fields.links or ()
        ]
    return (*body, *pictures, *links)


def _body(name: str, value: Any) -> tuple[Block, ...]:
    try:
        match name:
            case "html":
                blocks = blocks_from_html(value)
            case "markdown":
                blocks = blocks_from_markdown(value)
            case "text":
                blocks = blocks_from_text(value)
            case _:
                blocks = clean_blocks(value)
    except InvalidInput as error:
        raise InvalidInput(f"{name}: {error.detail}", field=name) from None
    for index, block in enumerate(blocks):
        if isinstance(block, Image):
            _worded(block, f"{name}[{index}]")
    return blocks


def _pictures(images: Sequence[Picture]) -> list[Block]:
    for index, image in enumerate(images):
        _worded(image, f"images[{index}]")
    if len(images) > 1:
        return [Gallery(images=tuple(images))]
    return [
        Image(
            url=image.url,
            alt=image.alt,
            caption=image.caption,
            credit=image.credit,
            width=image.width,
            height=image.height,
        )
        for image in images
    ]


def _worded(image: Picture, field: str) -> None:
    if not image.url and not (image.caption or image.credit or image.alt):
        raise InvalidInput(f"{field}: an image needs a url, or at least a caption.", field=f"{field}.url")


def edited_head(coverage: Coverage, fields: HeadFields) -> Coverage:
    changes: dict[str, Any] = {}
    if fields.title is not UNSET:
        changes["title"] = plain(fields.title)
    if fields.summary is not UNSET:
        changes["summary"] = _inline(fields.summary)
    if fields.key_points is not UNSET:
        changes["key_points"] = _inlines(fields.key_points)
    return replace(coverage, **changes) if changes else coverage


def edited_coverage(coverage: Coverage, fields: CoverageFields) -> Coverage:
    changes: dict[str, Any] = {}
    if fields.timezone is not UNSET:
        if fields.timezone is not None and not _is_zone(fields.timezone):
            raise InvalidInput(
                f"timezone: {fields.timezone!r} is no IANA time zone. Send one such as Europe/Paris.", field="timezone"
            )
        changes["timezone"] = fields.timezone
    if fields.starts_at is not UNSET:
        changes["starts_at"] = moment(fields.starts_at, "starts_at") if fields.starts_at else None
    for name, default in (("language", "en"), ("visibility", "public"), ("links", ()), ("labels", ()), ("authors", ())):
        if (value := getattr(fields, name)) is not UNSET:
            changes[name] = value or default
    if fields.image is not UNSET:
        changes["image"] = fields.image
    return replace(edited_head(coverage, fields), **changes)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError):  # no such zone, or a folder of zones
        return False
    return True


def _inline(html: str | None) -> str | None:
    return clean_inline(html) or None if html else None


def _inlines(points: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(clean for point in points or () if (clean := clean_inline(point)))


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def plain(text: str) -> str:
    return _CONTROL.sub("", text).strip()


def moment(when: datetime, field: str) -> Moment:
    if not _EARLIEST <= when < _LATEST:
        raise InvalidInput(f"{field}: must lie between 1970 and 9998.", field=field)
    return moment_from(when)
