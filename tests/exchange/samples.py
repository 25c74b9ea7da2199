"""An invented event, a flood in the town of Marrowmere, in the shapes that files bring."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from feed.exchange import Imported, Note

# Newest first, with marks joined to what precedes them, and the head below the entries.
PAGE = Path(__file__).with_name("marrowmere.txt").read_text(encoding="utf-8")

LIVE_BLOG: dict[str, Any] = {
    "@context": "https://schema.org",
    "@type": "LiveBlogPosting",
    "@id": "https://courier.example/live/flood",
    "url": "https://courier.example/live/flood",
    "headline": "Marrowmere flood: as it happened",
    "description": "Water & mud: the day in updates",
    "inLanguage": "en-GB",
    "datePublished": "2026-03-12T13:00:00+0000",
    "coverageStartTime": "2026-03-12T13:00:00+0000",
    "coverageEndTime": "2026-03-12T17:00:00+0000",
    "keywords": "floods, Marrowmere",
    "articleSection": "Valley",
    "image": [
        {"@type": "ImageObject", "url": "/pictures/dam.jpg?w=400", "width": "400", "caption": "The dam"},
        {"@type": "ImageObject", "url": "/pictures/dam.jpg?w=1600", "width": {"value": 1600}, "caption": "The dam"},
    ],
    "author": [{"@type": "Person", "name": "Ana Roe", "jobTitle": "Reporter", "url": "https://courier.example/ana"}],
    "publisher": {"@type": "Organization", "name": "The Valley Courier"},
    "liveBlogUpdate": [
        {
            "@type": "BlogPosting",
            "@id": "https://courier.example/live/flood#update-3",
            "headline": "Spillway closed &amp; dry",
            "articleBody": "<p>It was <b>closed</b> at noon. <a href='/dam'>Why</a></p><script>count()</script>",
            "datePublished": "2026-03-12T16:40:00+01:00",
            "dateModified": "2026-03-12T16:50:00+01:00",
            "author": {"@type": "Person", "name": "Luca Brand"},
            "image": "https://courier.example/pictures/gate.jpg",
            "video": {
                "@type": "VideoObject",
                "name": "The gate closes",
                "contentUrl": "https://courier.example/gate.mp4",
                "thumbnailUrl": "https://courier.example/gate.jpg",
            },
        },
        {
            "@type": "BlogPosting",
            "@id": "https://courier.example/live/flood#update-2",
            "headline": "Marrowmere flood: as it happened",
            "articleBody": "Two lanes are under water.\n\nThe school < hall is open.",
            "datePublished": "2026-03-12 15:00",
            "image": "https://courier.example/pictures/dam.jpg?w=200",
        },
        {
            "@type": "BlogPosting",
            "@id": "https://courier.example/live/flood#update-1",
            "headline": "Rain since dawn",
            "articleBody": "It rains.",
            "dateModified": "2026-03-12T14:00:00Z",
        },
    ],
}


def headlines(imported: Imported) -> list[str | None]:
    """Oldest first, as the entries are."""
    return [entry.get("headline") for entry in imported.entries]


def kinds(entry: dict[str, Any]) -> list[str]:
    return [block["type"] for block in entry.get("blocks", [])]


def html(entry: dict[str, Any]) -> str:
    return "".join(block.get("html", "") for block in entry.get("blocks", []))


def pictures(entry: dict[str, Any]) -> list[dict[str, Any]]:
    blocks = entry.get("blocks", [])
    return [image for block in blocks for image in block.get("images", [block] if block["type"] == "image" else [])]


def notes(imported: Imported, kind: str | None = None, *, about: str = "") -> list[Note]:
    found = [note for note in imported.notes if kind in (None, note.kind)]
    return [note for note in found if about in f"{note.where} {note.message} {note.excerpt}"]
