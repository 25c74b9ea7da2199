"""JSON Feed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from feed.errors import ImportFormatError
from feed.exchange import Imported, jsonfeed

from .samples import headlines, html, kinds, notes, pictures

FEED: dict[str, Any] = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Marrowmere < flood",
    "description": "Water & mud",
    "home_page_url": "https://courier.example/",
    "feed_url": "https://courier.example/feed.json",
    "icon": "https://courier.example/icon.png",
    "language": "en",
    "authors": [{"name": "Ana Roe", "url": "https://courier.example/ana", "avatar": "https://courier.example/ana.jpg"}],
    "items": [
        {
            "id": "https://courier.example/2",
            "url": "https://courier.example/2",
            "title": "Gate & <spillway>",
            "content_html": "<p>Closed. <a href='/dam'>Why</a></p>",
            "content_text": "Closed. Why",
            "summary": "Why it was closed",
            "image": "https://courier.example/gate.jpg",
            "date_published": "2026-03-12T15:00:00+01:00",
            "date_modified": "2026-03-12T15:30:00+01:00",
            "tags": ["dam", "dam", "gate"],
            "authors": [{"name": "Luca Brand"}],
            "attachments": [
                {"url": "https://courier.example/a.mp3", "mime_type": "audio/mpeg", "title": "The roar"},
                {"url": "https://courier.example/v.mp4", "mime_type": "video/mp4"},
                {"url": "https://courier.example/map.pdf", "mime_type": "application/pdf", "title": "Map"},
                {"url": "ftp://courier.example/x"},
            ],
            "external_url": "https://lake.example/notice",
        },
        {"id": 1, "content_text": "It < rains.\n\nStill.", "date_published": "2026-03-12T13:00:00Z"},
    ],
}


def read(**changes: Any) -> Imported:
    return jsonfeed.read(json.dumps(FEED | changes).encode())


def test_items_become_entries_oldest_first() -> None:
    imported = read()
    assert headlines(imported) == [None, "Gate & <spillway>"]
    assert [entry["id"] for entry in imported.entries] == ["1", "2"]
    assert [entry["display_at"] for entry in imported.entries] == [
        "2026-03-12T13:00:00.000Z",
        "2026-03-12T14:00:00.000Z",
    ]


def test_the_head_is_mapped() -> None:
    coverage = read().coverage
    assert coverage["title"] == "Marrowmere < flood"
    assert coverage["summary"] == "Water &amp; mud"
    assert coverage["language"] == "en"
    assert coverage["image"] == {"url": "https://courier.example/icon.png", "alt": ""}
    assert coverage["authors"] == FEED["authors"]


def test_html_counts_before_text_and_is_sanitised() -> None:
    entry = read().entries[1]
    assert 'href="https://courier.example/dam"' in html(entry)


def test_plain_text_is_no_html() -> None:
    assert html(read().entries[0]) == "<p>It &lt; rains.</p><p>Still.</p>"


def test_pictures_players_and_pages_follow_the_text() -> None:
    entry = read().entries[1]
    assert kinds(entry) == ["text", "image", "audio", "video", "link", "link"]
    assert pictures(entry)[0]["url"] == "https://courier.example/gate.jpg"
    assert [block.get("title") for block in entry["blocks"][2:]] == [
        "The roar",
        None,
        "Map",
        "https://lake.example/notice",
    ]


def test_labels_and_authors_are_kept_once() -> None:
    entry = read().entries[1]
    assert entry["labels"] == ["dam", "gate"]
    assert entry["authors"] == [{"name": "Luca Brand"}]


def test_a_finished_feed_is_an_ended_coverage() -> None:
    assert read().ending is None
    assert read(expired=True).ending == {"ended_at": "2026-03-12T14:00:00.000Z"}


def test_version_1_with_its_single_author_is_read() -> None:
    imported = read(version="https://jsonfeed.org/version/1", author={"name": "Ana"}, authors=[])
    assert imported.coverage["authors"] == [{"name": "Ana"}]


def test_what_has_no_place_is_noted() -> None:
    imported = read(items=[*FEED["items"], "x", {"id": "9"}], hubs=[{"type": "WebSub"}])
    assert notes(imported, "left_out", about="field hubs")
    assert notes(imported, "left_out", about="time of its last change")
    assert notes(imported, "left_out", about="ftp://courier.example/x")
    assert notes(imported, "left_out", about="Why it was closed")
    assert [note.where for note in notes(imported, "left_out", about="no object")] == ["entry 3"]
    assert [note.where for note in notes(imported, "left_out", about="neither a headline")] == ["entry 4"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": "2"}, "no JSON Feed"),
        ({"items": {}}, 'no "items"'),
        ({"items": [], "title": ""}, "neither a title nor an item"),
    ],
)
def test_what_is_no_json_feed_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ImportFormatError, match=message):
        read(**changes)


def test_a_feed_without_a_title_takes_the_name_of_the_file() -> None:
    imported = jsonfeed.read(json.dumps(FEED | {"title": ""}).encode(), name="flood.json")
    assert imported.coverage["title"] == "flood.json"
