"""Format ``guardian``: a live blog as the Guardian's page carries it, with blocks of elements, key events and a pin.

As in the fixtures of https://github.com/guardian/dotcom-rendering. A file holds one page of the blog, and the key
events of all its pages in full.
"""

from __future__ import annotations

import re
from typing import Any, TypeGuard

from feed.errors import ImportFormatError

from .bodies import Block, body_of, bounded, joined
from .chronology import dated, oldest_first
from .delivery import delivered
from .fields import HEADLINE, SUMMARY, TITLE, Fields, as_count, given, items_of, words_of
from .identity import Identities
from .imported import Imported
from .ledger import Ledger
from .plain import inline_html, plain_text
from .source import decoded, json_document

_OVER = re.compile(r"\bas it happened\W*$", re.IGNORECASE)
_OUTER_QUOTE = re.compile(r"\s*<blockquote[^>]*>(.*)</blockquote>\s*", re.IGNORECASE | re.DOTALL)
_ELEMENT = "model.dotcomrendering.pageElements."
_LABELS = ("Keyword", "Tone")


def is_one(document: Any) -> bool:
    if not isinstance(document, dict) or not isinstance(document.get("blocks"), list):
        return False
    return any(isinstance(block, dict) and isinstance(block.get("elements"), list) for block in document["blocks"])


def read(data: bytes, *, name: str = "") -> Imported:
    ledger = Ledger()
    document = json_document(decoded(data)[0])
    if not is_one(document):
        raise ImportFormatError('The file is no live blog of the Guardian: it has no "blocks" with "elements".')
    base = words_of(document.get("webURL"))
    fields = Fields(ledger, "page head", base=base)
    title = fields.line(document.get("headline") or document.get("webTitle"), "title", TITLE)
    if title is None:
        title = name[:TITLE].strip() or "Live coverage"
        ledger.assumed("page head", f"it has no headline; {title!r} was taken as the title")
    entries = _entries(document, base, ledger)
    if not entries:
        raise ImportFormatError("None of the blocks has a title or an element that can be read.")
    _note_pages(document, ledger)
    elements = [body for element in items_of(document.get("mainMediaElements")) for body in _element(element, fields)]
    pictures = [element for element in elements if element["type"] == "image"]
    for element in [one for one in elements if one is not next(iter(pictures), None)]:
        ledger.left_out("page head", "a coverage has one picture; this stood beside it", excerpt=str(element))
    coverage = given(
        title=title,
        summary=_summary(document, fields),
        language=fields.language(document.get("lang")),
        authors=[author] if (author := fields.author(document.get("byline"))) else [],
        labels=fields.labels(
            tag.get("title") for tag in items_of(document.get("tags")) if _is(tag) and tag.get("type") in _LABELS
        ),
        image={name: part for name, part in pictures[0].items() if name != "type"} if pictures else None,
        created_at=entries[0]["display_at"],
        started_at=entries[0]["display_at"],
    )
    ending = _ending(document, title, entries[-1]["display_at"], ledger)
    pinned = document.get("pinnedPost")
    pin = words_of(pinned.get("id")) if _is(pinned) else ""
    return delivered("guardian", ledger, coverage=coverage, entries=entries, pin=pin or None, ending=ending)


def _entries(document: dict[str, Any], base: str, ledger: Ledger) -> list[dict[str, Any]]:
    pinned = [document["pinnedPost"]] if _is(document.get("pinnedPost")) else []
    listed = [*document["blocks"], *items_of(document.get("keyEvents")), *pinned]
    identities = Identities(ledger)
    entries: list[dict[str, Any]] = []
    wheres: list[str] = []
    seen: set[str] = set()
    for number, block in enumerate(listed, 1):
        where = f"entry {number}"
        key = words_of(block.get("id")) if _is(block) else ""
        if key and key in seen:
            continue
        seen.add(key)
        entry = _entry(block, Fields(ledger, where, base=base), identities) if _is(block) else None
        if entry is None:
            ledger.left_out(where, "neither a title nor an element that can be read", excerpt=str(block))
        else:
            entries.append(entry)
            wheres.append(where)
    dated(entries, ledger, otherwise=None, wheres=wheres)
    # Key events of other pages follow those of this page, so the order of the file says nothing.
    entries.sort(key=lambda entry: str(entry["display_at"]), reverse=True)
    return oldest_first(entries, ledger)


def _entry(block: dict[str, Any], fields: Fields, identities: Identities) -> dict[str, Any] | None:
    headline = fields.line(block.get("title"), "headline", HEADLINE)
    blocks: list[Block] = []
    for element in items_of(block.get("elements")):
        blocks += _element(element, fields)
    if headline is None and not blocks:
        return None
    attributes = block.get("attributes")
    marks = attributes if _is(attributes) else {}
    published = block.get("blockFirstPublished") or block.get("blockCreatedOn")
    if block.get("blockLastUpdated") not in (None, published):
        fields.ledger.repeated("left_out", fields.where, "the time of its last change: the server gives its own")
    entry = given(
        headline=headline,
        blocks=bounded(joined(blocks), fields),
        display_at=fields.moment(published, "time"),
        authors=_authors(block, fields),
        kind="summary" if marks.get("summary") is True else None,
        key_event=True if marks.get("keyEvent") is True else None,
    )
    entry["id"] = identities.take(words_of(block.get("id")) or str(block), fields.where)
    return entry


def _authors(block: dict[str, Any], fields: Fields) -> list[dict[str, str]]:
    people = [person for person in items_of(block.get("contributors")) if _is(person)]
    authors = (fields.author(person.get("name"), avatar=person.get("imageUrl")) for person in people)
    return fields.first([author for author in authors if author], 50, "authors")


def _element(element: Any, fields: Fields) -> list[Block]:
    kind = words_of(element.get("_type")).removeprefix(_ELEMENT) if _is(element) else ""
    if kind == "ImageBlockElement":
        return _image(element, fields)
    if kind == "RichLinkBlockElement":
        address = fields.url(element.get("url"), "related story")
        title = fields.line(element.get("text"), "title of a link")
        return [{"type": "link", "url": address, "title": title or address, "kind": "story"}] if address else []
    html = words_of(element.get("html")) if _is(element) else ""
    if kind in ("BlockquoteBlockElement", "TweetBlockElement"):
        return body_of(html, fields)
    if kind == "SubheadingBlockElement":
        return body_of(f"<h3>{plain_text(html)}</h3>", fields)
    if html:
        if kind != "TextBlockElement":
            fields.ledger.changed(fields.where, f"of an element {kind} only its HTML was kept", excerpt=html)
        return body_of(html, fields)
    url = (words_of(element.get("embedUrl")) or words_of(element.get("url"))) if _is(element) else ""
    if url:
        address = fields.url(url, f"element {kind}")
        title = fields.line(element.get("title") or element.get("mediaTitle"), "title")
        return [{"type": "embed", "url": address} | given(title=title)] if address else []
    fields.ledger.left_out(fields.where, f"an element {kind or 'without a type'}", excerpt=str(element))
    return []


def _image(element: dict[str, Any], fields: Fields) -> list[Block]:
    media, words = element.get("media"), element.get("data")
    sizes = [size for size in items_of(media.get("allImages") if _is(media) else None) if _is(size)]
    data = words if _is(words) else {}
    best: dict[str, Any] = max(sizes, key=_width, default={})
    size = best.get("fields")
    measures = size if _is(size) else {}
    picture = fields.picture(
        best.get("url"),
        alt=data.get("alt"),
        caption=data.get("caption"),
        credit=data.get("credit"),
        width=measures.get("width"),
        height=measures.get("height"),
    )
    return [{"type": "image", **picture}] if picture else []


def _width(size: dict[str, Any]) -> int:
    measures = size.get("fields")
    return (as_count(measures.get("width")) if _is(measures) else None) or 0


def _summary(document: dict[str, Any], fields: Fields) -> str:
    standfirst = words_of(document.get("standfirst")) or words_of(document.get("trailText"))
    # One line of inline HTML: the paragraph around it goes.
    inner = re.sub(r"</?p[^>]*>", " ", standfirst).strip()
    if len(inner) <= SUMMARY // 2:
        return inline_html(inner)
    return inline_html(fields.line(inner, "standfirst", SUMMARY // 2) or "")


def _ending(document: dict[str, Any], title: str, newest: str, ledger: Ledger) -> dict[str, str] | None:
    shape = document.get("format")
    design = words_of(shape.get("design")) if _is(shape) else ""
    if design != "DeadBlogDesign" and not _OVER.search(title):
        return None
    said = "its design is that of a closed blog" if design == "DeadBlogDesign" else "its title says so"
    ledger.assumed("page head", f"taken as closed, since {said}; the time of its newest entry was taken as the end")
    return {"ended_at": newest}


def _note_pages(document: dict[str, Any], ledger: Ledger) -> None:
    pages = document.get("pagination")
    total, current = (pages.get("totalPages"), pages.get("currentPage")) if _is(pages) else (None, None)
    if isinstance(total, int) and total > 1:
        message = f"this is page {current} of {total}: of the others only their key events are in the file"
        ledger.left_out("page", message)
    known = {
        "blocks", "keyEvents", "pinnedPost", "headline", "webTitle", "webURL", "standfirst", "trailText", "lang",
        "byline", "tags", "mainMediaElements", "format", "pagination",
    }  # fmt: skip
    for field, value in document.items():
        if field not in known and value not in (None, "", [], {}):
            ledger.repeated("left_out", f"field {field}", "these fields of the page have no place in a coverage")


def _is(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)
