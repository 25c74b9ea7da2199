"""Live blogs with blocks of elements, as the Guardian's pages carry them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from feed.errors import ImportFormatError
from feed.exchange import Imported, guardian

from .samples import headlines, html, kinds, notes, pictures


def element(kind: str, **fields: Any) -> dict[str, Any]:
    return {"_type": f"model.dotcomrendering.pageElements.{kind}"} | fields


def text(html: str) -> dict[str, Any]:
    return element("TextBlockElement", html=html)


def block(name: str, minute: int, *elements: Any, **fields: Any) -> dict[str, Any]:
    at = 1_773_324_000_000 + minute * 60_000
    return {"id": name, "blockFirstPublished": at, "blockLastUpdated": at, "elements": list(elements)} | fields


PICTURE = element(
    "ImageBlockElement",
    media={
        "allImages": [
            {"url": "https://media.example/500.jpg", "fields": {"width": "500", "height": "300"}},
            {"url": "https://media.example/2000.jpg", "fields": {"width": "2000", "height": "1200"}},
        ]
    },
    data={"alt": "A dam", "caption": "The dam <em>at noon</em>", "credit": "Photograph: Mira Sol"},
)
PINNED = block("p", 5, text("<p>Pinned.</p>"), title="What we know", attributes={"pinned": True, "keyEvent": True})
BLOG: dict[str, Any] = {
    "headline": "Marrowmere flood: spillway closed – as it happened",
    "standfirst": "<p>Water in the <strong>lower</strong> town </p>",
    "webURL": "https://paper.example/live",
    "lang": "en",
    "byline": "Ana Roe",
    "format": {"design": "LiveBlogDesign"},
    "tags": [{"type": "Keyword", "title": "Floods"}, {"type": "Tracking", "title": "desk"}],
    "mainMediaElements": [PICTURE],
    "keyEvents": [block("k", 1, text("<p>Key.</p>"), title="Gate opened", attributes={"keyEvent": True}), PINNED],
    "pinnedPost": PINNED,
    "pagination": {"currentPage": 1, "totalPages": 3},
    "isCommentable": True,
    "blocks": [
        block(
            "b",
            9,
            text("<p>One.</p>"),
            text("<p>Two, <a href='/dam'>why</a>.</p>"),
            element("BlockquoteBlockElement", html="<blockquote><p>Come.</p></blockquote>"),
            PICTURE,
            element("RichLinkBlockElement", url="https://paper.example/dam", text="The dam"),
            element("YoutubeBlockElement", url="https://video.example/1", title="Clip"),
            element("SubheadingBlockElement", html="<h2>Later</h2>"),
            element("MapBlockElement", html="<p>Map</p>"),
            element("QuizBlockElement"),
            "nothing",
            attributes={"summary": True},
            contributors=[{"name": "Luca Brand", "imageUrl": "https://paper.example/luca.png"}],
            blockLastUpdated=1_773_324_999_000,
        ),
        block("a", 7, text("<p>Rain.</p>")),
        block("empty", 8),
    ],
}  # fmt: skip


def read(**changes: Any) -> Imported:
    return guardian.read(json.dumps(BLOG | changes).encode(), name="blog.json")


def test_blocks_and_key_events_of_other_pages_become_entries_once() -> None:
    imported = read()
    assert [entry["id"] for entry in imported.entries] == ["k", "p", "a", "b"]
    assert headlines(imported) == ["Gate opened", "What we know", None, None]
    assert imported.pin == "p"


def test_elements_become_blocks_in_their_order() -> None:
    entry = read().entries[-1]
    assert kinds(entry) == ["text", "quote", "image", "link", "embed", "text"]
    assert html(entry).startswith('<p>One.</p><p>Two, <a href="https://paper.example/dam"')
    assert "<h3>Later</h3><p>Map</p>" in html(entry)
    assert pictures(entry)[0] == {
        "type": "image",
        "url": "https://media.example/2000.jpg",
        "alt": "A dam",
        "caption": "The dam at noon",
        "credit": "Photograph: Mira Sol",
        "width": 2000,
        "height": 1200,
    }


def test_marks_and_contributors_are_kept() -> None:
    key, pinned, _, last = read().entries
    assert key["key_event"] is pinned["key_event"] is True
    assert last["kind"] == "summary"
    assert last["authors"] == [{"name": "Luca Brand", "avatar": "https://paper.example/luca.png"}]


def test_the_head_is_mapped() -> None:
    coverage = read().coverage
    assert coverage["summary"] == "Water in the <strong>lower</strong> town"
    assert coverage["labels"] == ["Floods"]
    assert coverage["authors"] == [{"name": "Ana Roe"}]
    assert coverage["image"]["url"] == "https://media.example/2000.jpg"
    assert "type" not in coverage["image"]


def test_a_blog_that_is_over_ends() -> None:
    newest = read().entries[-1]["display_at"]
    assert read().ending == {"ended_at": newest}
    assert read(headline="Marrowmere flood").ending is None
    assert read(headline="Marrowmere flood", format={"design": "DeadBlogDesign"}).ending == {"ended_at": newest}


def test_what_is_not_in_the_file_or_has_no_place_is_noted() -> None:
    imported = read()
    assert notes(imported, "left_out", about="page 1 of 3")
    assert notes(imported, "left_out", about="QuizBlockElement")
    assert notes(imported, "left_out", about="without a type")
    assert notes(imported, "changed", about="MapBlockElement")
    assert notes(imported, "left_out", about="field isCommentable")
    assert [note.where for note in notes(imported, "left_out", about="neither a title")] == ["entry 3"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"blocks": []}, 'no "blocks" with "elements"'),
        ({"blocks": [block("x", 1)], "keyEvents": [], "pinnedPost": None}, "None of"),
    ],
)
def test_what_is_no_such_blog_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ImportFormatError, match=message):
        read(**changes)
