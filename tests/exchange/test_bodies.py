"""Bodies of entries."""

from __future__ import annotations

import pytest

from feed.exchange.bodies import body_of, bounded, joined, shown
from feed.exchange.fields import Fields
from feed.exchange.ledger import Ledger


def fields() -> tuple[Fields, Ledger]:
    ledger = Ledger()
    return Fields(ledger, "entry 1", base="https://courier.example/live/"), ledger


def test_pictures_and_embeds_become_blocks_in_their_place() -> None:
    one, ledger = fields()
    html = '<p>A</p><figure><img src="/a.jpg"><figcaption>Dam [Ana Roe]</figcaption></figure><p>B</p><iframe src="https://v.example/1"></iframe>'
    blocks = body_of(html, one)
    assert [block["type"] for block in blocks] == ["text", "image", "text", "embed"]
    assert blocks[1]["url"] == "https://courier.example/a.jpg"
    assert blocks[1]["credit"] == "Ana Roe"
    assert ledger.notes() == []


@pytest.mark.parametrize(
    ("html", "message"),
    [
        ("<p>A</p><script>x</script>", "<script>"),
        ("<p>A</p><style>x</style>", "<style>"),
        ("<p>A</p><svg><text>x</text></svg>", "<svg>"),
        ("<p>A</p><object data=x></object>", "<object>"),
        ('<p>A <a href="javascript:x()">B</a></p>', "a link has no address"),
        ('<p>A</p><img src="https://x.example/p.gif" width=1 height=1>', "counting visits"),
        ('<p>A</p><img alt="B">', "without an address"),
        ('<p>A</p><iframe src="about:blank"></iframe>', "an embed has no address"),
        ('<p>A</p><video src="blob:x"></video>', "a video has no address"),
    ],
)
def test_what_readers_cannot_be_given_is_noted(html: str, message: str) -> None:
    one, ledger = fields()
    body_of(html, one)
    assert message in ledger.notes()[0].message


def test_html_that_is_too_much_becomes_plain_text() -> None:
    one, ledger = fields()
    assert body_of("<div>" * 500 + "deep & down", one) == [{"type": "text", "html": "<p>deep &amp; down</p>"}]
    assert ledger.notes()[0].kind == "changed"


def test_a_body_too_long_for_a_block_becomes_several() -> None:
    one, ledger = fields()
    blocks = body_of("<p>" + "water & mud " * 20_000 + "</p>", one)
    assert len(blocks) > 1
    assert sum(block["html"].count("water") for block in blocks) == 20_000
    assert "200,000" in ledger.notes()[0].message


def test_a_body_of_very_many_paragraphs_keeps_them() -> None:
    one, ledger = fields()
    (block,) = body_of("<p>x</p>" * 15_000, one)
    assert block["html"].count("<p>") == 15_000
    assert ledger.notes() == []


def test_pieces_that_touch_are_joined() -> None:
    pieces = [
        {"type": "text", "html": "<p>A</p>"},
        {"type": "text", "html": "<p>B</p>"},
        {"type": "image", "url": "a"},
        {"type": "image", "url": "b"},
        {"type": "text", "html": "x" * 150_000},
        {"type": "text", "html": "y" * 150_000},
    ]
    assert [block["type"] for block in joined(pieces)] == ["text", "gallery", "text", "text"]


def test_many_pictures_become_several_galleries() -> None:
    assert [len(gallery["images"]) for gallery in shown([{"url": str(number)} for number in range(250)])] == [
        100,
        100,
        50,
    ]


def test_blocks_beyond_the_bound_are_noted() -> None:
    one, ledger = fields()
    assert len(bounded([{"type": "text", "html": "x"}] * 502, one)) == 500
    assert len(ledger.notes()) == 2
