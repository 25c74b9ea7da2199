"""Hostile input: nothing of it reaches a reader, and none of it takes long."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from feed.content import (
    blocks_from_html,
    blocks_from_markdown,
    blocks_from_text,
    clean_blocks,
    clean_inline,
    plain_text,
)
from feed.errors import InvalidInput
from feed.model import Quote, Text

from .checker import INLINE, check, words_of_html
from .hostile import PAYLOADS

# What takes longest took 0.3 s; it is there to notice growth with the square, which takes minutes.
PATIENCE_S = 10.0
MIB = 1 << 20


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize(
    "around", ["{}", "<p>a{}b</p>", "<ul><li>{}</ul>", "<table><tr><td>{}", "<a href='{}'>x</a>", "<img alt={}>"]
)
def test_nothing_hostile_is_left_in_blocks(payload: str, around: str) -> None:
    blocks = blocks_from_html(around.format(payload))
    check(blocks)
    assert clean_blocks(blocks) == blocks
    check(blocks_from_markdown(around.format(payload)))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_hostile_is_left_in_any_other_way_in(payload: str) -> None:
    check(blocks_from_text(payload))
    with suppress(InvalidInput):
        check(blocks_from_markdown(f"[a]({payload}) ![b]({payload} '{payload}') <{payload}> `{payload}`"))
    check(clean_blocks([Text(html=payload), Quote(html=payload, by=payload[:2000])]))
    words_of_html(clean_inline(payload), INLINE)


def test_the_checker_itself_finds_what_is_hostile() -> None:
    passed = []
    for payload in (
        "<img src=x>",
        "<p onclick=x>",
        '<a href="javascript:x" rel="noopener noreferrer">',
        "<p><p></p></p>",
        "<!-- -->",
        "<p>",
    ):
        with suppress(AssertionError):
            words_of_html(payload)
            passed.append(payload)
    assert passed == []


BOMBS = [
    *["<b>", "<div>", "<p>x", "<p>x</p>", "<ul><li>", "<blockquote>", "<table><tr><td>", "<table><tr>x", "<li>x<ul>"],
    *["<figure><figcaption>x", "<a href=x>", "<em lang=a><p>x", "<x-y>", "<img src=/x>", "<br>", "<svg>", "<video>"],
    *["<iframe src=/x>", "<textarea>x", "<script>x", "<title>", '<a x="', "<a ", "<a x='<b y=\"", "<p ====", "<p    "],
    *["<", "</", "<!--", "<![", "&", "&#", "&ampx", "\u00a0", " ", "word ", "x\n"],
]
MARKDOWN_BOMBS = ["[", "![", "> ", "- ", "`", "*a **", "|a", "a\n-\n", "[a](", "<![", "_a", "|a\n|-\n"]


@pytest.mark.parametrize("bit", BOMBS)
@pytest.mark.parametrize("end", ["", ">\"'x</p>-->"])
def test_a_mebibyte_of_anything_takes_bounded_time(bit: str, end: str) -> None:
    bomb = bit * (MIB // len(bit)) + end
    cleaners: list[Callable[[str], object]] = [
        blocks_from_html,
        blocks_from_text,
        blocks_from_markdown,
        clean_inline,
        plain_text,
    ]
    for cleaner in cleaners:
        began = time.perf_counter()
        with suppress(InvalidInput):
            cleaner(bomb)
        assert time.perf_counter() - began < PATIENCE_S, cleaner


@pytest.mark.parametrize("bit", MARKDOWN_BOMBS)
def test_the_longest_markdown_takes_bounded_time(bit: str) -> None:
    began = time.perf_counter()
    with suppress(InvalidInput):
        blocks_from_markdown(bit * (50_000 // len(bit)))
    assert time.perf_counter() - began < PATIENCE_S


@pytest.mark.parametrize(
    "start", ["<b>", "<div>", "<ul><li>", "<blockquote>", "<table><tr><td>", "<figure>", "<em lang=fr>"]
)
def test_nesting_beyond_reason_is_refused_with_the_limit(start: str) -> None:
    with pytest.raises(InvalidInput, match="100 levels"):
        blocks_from_html(start * 101 + "x")
    check(blocks_from_html(start * 19 + "x"))


def test_more_elements_than_a_page_bears_are_refused() -> None:
    # Each paragraph opens all the formatting around it anew: few tags, many elements.
    with pytest.raises(InvalidInput, match="20,000 elements"):
        blocks_from_html("<b>" * 90 + "<p>x" * 1000)


def test_markdown_is_not_cut_off_where_its_parser_stops() -> None:
    with pytest.raises(InvalidInput, match="too deep"):
        blocks_from_markdown("> " * 20 + "x")
    with pytest.raises(InvalidInput, match="50,000"):
        blocks_from_markdown("x" * 50_001)
    check(blocks_from_markdown("> " * 15 + "x"))
