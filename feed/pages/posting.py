"""What a coverage says of itself to search engines: schema.org ``LiveBlogPosting``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from feed.model import Audio, Author, Coverage, Embed, Entry, Gallery, Image, Link, Picture, Video

from .body import absolute
from .plain import excerpt, plain_body, plain_text


def live_blog_posting(coverage: Coverage, entries: Sequence[Entry], public_url: str) -> dict[str, Any]:
    """The document for JSON-LD. `public_url` is the origin, without a slash at its end."""
    url = f"{public_url}/c/{coverage.id}"
    started = coverage.started_at or coverage.created_at
    posting: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "LiveBlogPosting",
        "@id": url,
        "url": url,
        "mainEntityOfPage": url,
        "headline": coverage.title,
        "description": plain_text(coverage.summary) if coverage.summary else None,
        "inLanguage": coverage.language,
        "datePublished": started,
        "dateModified": max([coverage.updated_at, *(entry.updated_at for entry in entries)]),
        # Fixed once the coverage has begun: search engines drop a page whose start moves.
        "coverageStartTime": coverage.started_at or coverage.starts_at or coverage.created_at,
        "coverageEndTime": coverage.ended_at if coverage.status == "ended" else None,
        "author": _people(coverage.authors),
        "image": _image(coverage.image or _newest_picture(entries), public_url),
        "keywords": list(coverage.labels) or None,
        "liveBlogUpdate": [_update(entry, url, public_url) for entry in entries],
    }
    return _present(posting)


def first_picture(entry: Entry) -> Picture | None:
    """The first that can be shown: one of imported plain text has words only."""
    return next((picture for picture in _pictures(entry) if picture.url), None)


def _pictures(entry: Entry) -> Iterable[Picture]:
    for block in entry.blocks:
        if isinstance(block, Image | Gallery):
            yield from block.images if isinstance(block, Gallery) else (block,)


def _newest_picture(entries: Sequence[Entry]) -> Picture | None:
    shown = (first_picture(entry) for entry in entries if entry.retraction is None)
    return next((picture for picture in shown if picture), None)


def _headline(entry: Entry, body: str) -> str | None:
    """Every update is to have one: what it shows, where it has no words."""
    words = [body, *(picture.caption or picture.alt or "" for picture in _pictures(entry))]
    words += [block.title or "" for block in entry.blocks if isinstance(block, Video | Audio | Embed | Link)]
    return entry.headline or next((excerpt(text, 110) for text in words if text), None)


def _update(entry: Entry, page: str, public_url: str) -> dict[str, Any]:
    body = plain_body(entry)
    headline = _headline(entry, body)
    image = first_picture(entry)
    if entry.retraction is not None:
        # The withdrawn claim is not repeated where its mark cannot be seen.
        headline = f"Withdrawn: {headline}" if headline else "Withdrawn"
        body, image = entry.retraction.reason, None
    url = f"{page}/e/{entry.id}"
    return _present(
        {
            "@type": "BlogPosting",
            "@id": url,
            "url": url,
            "headline": headline,
            "datePublished": entry.display_at,
            "dateModified": max(entry.display_at, entry.updated_at),
            "articleBody": body or None,
            "author": _people(entry.authors),
            "image": _image(image, public_url),
            "keywords": list(entry.labels) or None,
            "inLanguage": entry.language,
            "correction": [
                {"@type": "CorrectionComment", "text": correction.note, "datePublished": correction.at}
                for correction in entry.corrections
            ]
            or None,
        }
    )


def _people(authors: Sequence[Author]) -> list[dict[str, Any]] | None:
    return [
        _present({"@type": "Person", "name": author.name, "url": author.url, "description": author.tagline})
        for author in authors
    ] or None


def _image(picture: Picture | None, public_url: str) -> dict[str, Any] | None:
    if picture is None or picture.url is None:
        return None
    return _present(
        {
            "@type": "ImageObject",
            "url": absolute(public_url, picture.url),
            "width": picture.width,
            "height": picture.height,
            "caption": picture.caption or picture.alt or None,
            "creditText": picture.credit,
        }
    )


def _present(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
