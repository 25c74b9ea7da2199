"""Posts of Superdesk Live Blog."""

from __future__ import annotations

import json
from typing import Any

import pytest

from feed.errors import ImportFormatError
from feed.exchange import Imported, superdesk

from .samples import html, kinds, notes, pictures


def item(kind: str, text: str, **meta: Any) -> dict[str, Any]:
    return {"item_type": kind, "text": text, "meta": meta}


def post(name: str, minute: int, *items: Any, **fields: Any) -> dict[str, Any]:
    refs = [{"item": one} for one in items]
    return {
        "_id": f"urn:newsml:courier:{name}",
        "published_date": f"2026-03-12T15:{minute:02d}:00+00:00",
        "post_status": "open",
        "language": "en",
        "publisher": {"display_name": "Ana Roe", "picture_url": "https://courier.example/ana.jpg"},
        "groups": [{"id": "root", "refs": [{"idRef": "main"}]}, {"id": "main", "refs": refs}],
    } | fields


FIGURE = '<figure><img src="https://courier.example/{}.jpg" alt="A dam"><figcaption>{}</figcaption></figure>'
POSTS = [
    post("quote", 9, item("quote", "<blockquote>x</blockquote>", quote="Come.", credit="The mayor"), lb_highlight=True),
    post(
        "rich",
        8,
        item("text", "<b>Bold</b> and <strike>struck</strike>"),
        item("text", "More."),
        item("image", FIGURE.format("a", "Dam"), caption="The dam", credit="Mira Sol"),
        item("image", FIGURE.format("b", "The gate Credit: Tomas Rehn")),
        item("Scorecard", "<p>2 - 1</p>"),
        item("embed", "<p>See</p><script>load()</script>"),
    ),
    post("old-pin", 1, item("text", "Hello"), sticky=True),
    post("pin", 2, item("text", "Hello again"), sticky=True),
    post("gone", 3, item("text", "Oops"), deleted=True),
    post("comment", 4, item("comment", "Nice!"), post_status="comment"),
    post("ad", 5, item("Advertisement Local", "<a href='https://shop.example'>Buy</a>")),
    post("empty", 6),
    post(
        "undated", 7, item("text", "When?"), published_date=None, _created="2026-03-12T15:00:30+00:00", publisher=None
    ),
]


def read(document: Any) -> Imported:
    return superdesk.read(json.dumps(document).encode(), name="/tmp/blog.json")


@pytest.mark.parametrize(
    "document",
    [POSTS, {"_items": POSTS}, {"posts": {"_items": POSTS, "_meta": {"total": 9}}}],
    ids=["list", "page", "nested page"],
)
def test_posts_become_entries_oldest_first(document: Any) -> None:
    names = [entry["id"].rpartition(":")[2] for entry in read(document).entries]
    assert names == ["undated", "old-pin", "pin", "rich", "quote"]


def test_a_post_by_itself_is_a_coverage_with_one_entry() -> None:
    imported = read(POSTS[0])
    assert len(imported.entries) == 1
    assert imported.coverage["title"] == "blog"
    assert imported.coverage["language"] == "en"


def test_items_become_blocks() -> None:
    rich = read(POSTS).entries[3]
    assert kinds(rich) == ["text", "gallery", "text"]
    assert html(rich).startswith("<p><strong>Bold</strong> and <s>struck</s></p><p>More.</p>")
    assert [(one["caption"], one["credit"]) for one in pictures(rich)] == [
        ("The dam", "Mira Sol"),
        ("The gate", "Tomas Rehn"),
    ]


def test_a_quote_keeps_who_said_it() -> None:
    assert read(POSTS).entries[-1]["blocks"] == [{"type": "quote", "html": "<p>Come.</p>", "by": "The mayor"}]


def test_highlights_authors_and_the_newest_pin_are_kept() -> None:
    imported = read(POSTS)
    assert imported.entries[-1]["key_event"] is True
    assert imported.entries[-1]["authors"] == [{"name": "Ana Roe", "avatar": "https://courier.example/ana.jpg"}]
    assert imported.pin == "urn:newsml:courier:pin"
    assert notes(imported, "changed", about="old-pin")


def test_what_is_not_published_is_left_out_and_noted() -> None:
    found = [
        (note.where, note.message) for note in notes(read(POSTS), "left_out", about="post") if "entry" in note.where
    ]
    assert found == [
        ("entry 5", "a deleted post"),
        ("entry 6", "a post with the status comment"),
        ("entry 8", "a post without anything to show"),
    ]
    assert [note.where for note in notes(read(POSTS), "left_out", about="advertisement")] == ["entry 7"]


def test_a_missing_date_is_assumed_and_further_pages_are_noted() -> None:
    imported = read({"_items": POSTS, "_meta": {"total": 34}})
    assert [note.where for note in notes(imported, "assumed", about="published_date")] == ["entry 9"]
    assert notes(imported, "left_out", about="9 of 34 posts")


@pytest.mark.parametrize(("document", "message"), [({}, "no post"), ([POSTS[4]], "None of the 1 posts")])
def test_what_holds_no_post_is_refused(document: Any, message: str) -> None:
    with pytest.raises(ImportFormatError, match=message):
        read(document)
