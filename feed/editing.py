"""Editing: a draft or a patch applied to an entry or to the head of a coverage. Pure; everything is sanitised here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict, replace
from uuid_utils import uuid7

from .content import blocks_from_html, blocks_from_markdown, blocks_from_text, clean_address, clean_blocks, clean_inline
from .content.characters import without_controls
from .drafts import CoverageFields, EntryDraft, EntryFields, HeadFields
from .errors import InvalidInput
from .model import (
    Author,
    Block,
    Correction,
    Coverage,
    Entry,
    Gallery,
    Image,
    Link,
    Moment,
    Picture,
    Reference,
    Successor,
    Verification,
    moment_from,
)
from .zones import zone_named

B = TypeVar("B", Image, Link)

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)
# Not \s: spaces that do not break are the typography of some languages.
_SPACES = re.compile(r"[ \t\n]+")


def new_entry(draft: EntryDraft, now: datetime) -> Entry:
    published = moment(draft.published_at or now, "published_at")
    corrections = draft.corrections or ()
    blank = Entry(
        id=draft.id or str(uuid7()),
        revision=1,
        status="published",
        display_at=published,
        published_at=published,
        updated_at=moment(draft.updated_at, "updated_at") if draft.updated_at else published,
        corrections=tuple(
            Correction(at=moment(correction.at, "corrections"), note=plain(correction.note, "corrections"))
            for correction in corrections
        ),
    )
    return edited_entry(blank, draft)


def edited_entry(entry: Entry, fields: EntryFields) -> Entry:
    """Raises InvalidInput also when nothing would be left for a reader."""
    changes: dict[str, Any] = {}
    if fields.headline is not UNSET:
        changes["headline"] = _line(fields.headline)
    if fields.display_at is not UNSET:
        shown = fields.display_at
        changes["display_at"] = moment(shown, "display_at") if shown else entry.published_at
    if fields.authors is not UNSET:
        changes["authors"] = _authors(fields.authors or ())
    if fields.labels is not UNSET:
        changes["labels"] = _labels(fields.labels or ())
    for name, default in (("key_event", False), ("kind", "update"), ("importance", 1)):
        if (value := getattr(fields, name)) is not UNSET:
            changes[name] = default if value is None else value
    if fields.verification is not UNSET:
        changes["verification"] = _verification(fields.verification)
    if fields.language is not UNSET:
        changes["language"] = fields.language
    blocks = _blocks(entry.blocks, fields)
    if blocks is not None:
        changes["blocks"] = blocks
    edited = replace(entry, **changes)
    if not edited.blocks and not edited.headline:
        raise InvalidInput(
            "The entry is empty. Give a headline, or one of html, markdown, text, blocks, images, links.", field="text"
        )
    return edited


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
        links = list(_links(fields.links or ()))
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
    return blocks


def _pictures(images: Sequence[Picture]) -> list[Block]:
    clean = [_image(image, f"images[{index}]") for index, image in enumerate(images)]
    return [Gallery(images=tuple(Picture(**asdict(image)) for image in clean))] if len(clean) > 1 else [*clean]


def _image(image: Picture, field: str) -> Image:
    clean = _clean(Image(**asdict(image)), field)
    if clean is None:
        raise InvalidInput(f"{field}: an image needs a url, or at least a caption.", field=f"{field}.url")
    return clean


def _links(links: Sequence[Reference]) -> Iterator[Link]:
    for index, link in enumerate(links):
        if clean := _clean(Link(**asdict(link)), f"links[{index}]"):
            yield clean


def _clean(block: B, field: str) -> B | None:
    """None when nothing is left of it."""
    try:
        clean = clean_blocks([block])
    except InvalidInput as error:
        raise InvalidInput(f"{field}: {error.detail}", field=f"{field}.url") from None
    return next((one for one in clean if isinstance(one, type(block))), None)


def _authors(authors: Sequence[Author]) -> tuple[Author, ...]:
    return tuple(
        replace(
            author,
            name=plain(author.name, f"authors[{index}].name"),
            tagline=_line(author.tagline),
            url=_address(author.url, f"authors[{index}].url"),
            avatar=_address(author.avatar, f"authors[{index}].avatar"),
        )
        for index, author in enumerate(authors)
    )


def _address(url: str | None, field: str) -> str | None:
    try:
        return None if url is None else clean_address(url)
    except InvalidInput as error:
        raise InvalidInput(f"{field}: {error.detail}", field=field) from None


def _labels(labels: Sequence[str]) -> tuple[str, ...]:
    return tuple(plain(label, f"labels[{index}]") for index, label in enumerate(labels))


def _verification(verification: Verification | None) -> Verification | None:
    if verification is None:
        return None
    return replace(verification, by=_line(verification.by), note=_line(verification.note))


def edited_head(coverage: Coverage, fields: HeadFields) -> Coverage:
    changes: dict[str, Any] = {}
    if fields.title is not UNSET:
        changes["title"] = plain(fields.title, "title")
    if fields.summary is not UNSET:
        changes["summary"] = _inline(fields.summary)
    if fields.key_points is not UNSET:
        changes["key_points"] = _inlines(fields.key_points)
    return replace(coverage, **changes) if changes else coverage


def edited_coverage(coverage: Coverage, fields: CoverageFields) -> Coverage:
    changes: dict[str, Any] = {}
    if fields.timezone is not UNSET:
        if fields.timezone is not None and zone_named(fields.timezone) is None:
            raise InvalidInput(
                f"timezone: {fields.timezone!r} is no IANA time zone. Send one such as Europe/Paris.", field="timezone"
            )
        changes["timezone"] = fields.timezone
    if fields.starts_at is not UNSET:
        changes["starts_at"] = moment(fields.starts_at, "starts_at") if fields.starts_at else None
    for name, default in (("language", "en"), ("visibility", "public")):
        if (value := getattr(fields, name)) is not UNSET:
            changes[name] = value or default
    if fields.image is not UNSET:
        changes["image"] = Picture(**asdict(_image(fields.image, "image"))) if fields.image else None
    if fields.links is not UNSET:
        changes["links"] = tuple(Reference(**asdict(link)) for link in _links(fields.links or ()))
    if fields.labels is not UNSET:
        changes["labels"] = _labels(fields.labels or ())
    if fields.authors is not UNSET:
        changes["authors"] = _authors(fields.authors or ())
    if fields.adverts is not UNSET:
        plan = fields.adverts
        changes["adverts"] = replace(plan, label=_line(plan.label)) if plan else None
    return replace(edited_head(coverage, fields), **changes)


def _inline(html: str | None) -> str | None:
    return clean_inline(html) or None if html else None


def _inlines(points: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(clean for point in points or () if (clean := clean_inline(point)))


def edited_successor(successor: Successor) -> Successor:
    title = plain(successor.title, "successor.title")
    link = _clean(Link(url=successor.url, title=title), "successor")
    return Successor(title=title, url=link.url if link else successor.url)


def plain(text: str, field: str) -> str:
    """One line of words. Raises InvalidInput when there are none."""
    line = _line(text)
    if line is None:
        raise InvalidInput(f"{field}: must not be blank.", field=field)
    return line


def _line(text: str | None) -> str | None:
    return _SPACES.sub(" ", without_controls(text)).strip() or None if text else None


def moment(when: datetime, field: str) -> Moment:
    if not _EARLIEST <= when < _LATEST:
        raise InvalidInput(f"{field}: must lie between 1970 and 9998.", field=field)
    return moment_from(when)
