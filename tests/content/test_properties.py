"""For any input whatever."""

from __future__ import annotations

import re
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from feed.content import (
    blocks_from_html,
    blocks_from_markdown,
    blocks_from_text,
    clean_blocks,
    clean_inline,
    plain_text,
)
from feed.content.blocks import blocks_of
from feed.content.hypertext import inline_html_from_tree
from feed.content.parser import tree_of
from feed.content.sanitiser import sanitised_if_simple, sanitised_inline_if_simple
from feed.content.tokens import tokens_of
from feed.errors import InvalidInput
from feed.model import Block, Quote, Text

from .checker import CONTROLS, INLINE, check, words_of, words_of_html
from .hostile import PAYLOADS

_ANY_TEXT = st.text(st.characters(exclude_categories=()))
_NAMES = """p div section h1 h3 h5 ul ol li blockquote footer cite a b em i strong del ins s u span sub sup code pre q
    table caption thead tbody tfoot tr td th figure figcaption picture dl dt dd form button option hr br x-y font"""
_TAG = st.builds("<{}{}>".format, st.sampled_from(["", "", "/"]), st.sampled_from(_NAMES.split()))
_ELEMENTS = st.sampled_from(
    [
        '<a href="https://a.example/?a=1&section=2">',
        "<a href=/own title='t &quot; t'>",
        "<img src=https://a.example/x.jpg alt='alt words'>",
        "<img src=data:x alt=alt>",
        "<iframe src=https://a.example/embed></iframe>",
        "<video src=/film.mp4 poster=/p.jpg></video>",
        "<p dir=rtl lang=ar>",
        "<div lang=fr>",
        "<blockquote class=twitter-tweet>",
        "<td colspan=3>",
        "<ol start=7>",
        "— ",
        "&nbsp;",
        "&amp;lt;",
        "\u200b",
        "\n\n",
        " ",
        " [Mira Lind/Agency]",
    ]
)
_WORDS = st.integers(0, 10**6).map("word{} ".format)
_SOUP = st.lists(_TAG | _ELEMENTS | _WORDS, max_size=40).map("".join)
_WILD = st.lists(
    _TAG | _ELEMENTS | _WORDS | _ANY_TEXT | st.sampled_from(PAYLOADS) | st.sampled_from(list("<>\"'=/&;!-[]")),
    max_size=20,
).map("".join)


def _within(start: str, inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return inside.map(lambda html: f"<{start}>{html}</{start.split()[0]}>")


_FORMATS = st.sampled_from(["em", "strong", "b", "i", "del", 'a href="https://a.example/x?a=1&amp;b=2"'])
_BITS = st.sampled_from(["word", " ", "&amp; ", "“x”", "<br>", "<br />", "\u3000", "&#8217;", "&nbsp;", "\n"])
_SIMPLE_TEXT = st.lists(_BITS, min_size=1, max_size=4).map("".join)
_FORMATTED = _FORMATS.flatmap(lambda start: _within(start, _SIMPLE_TEXT))
_SIMPLE_PARTS = _BITS | _FORMATTED | _FORMATS.flatmap(lambda start: _within(start, _FORMATTED))
_SIMPLE_RUN = st.builds(
    "{}{}{}".format,
    st.sampled_from(["word", "word", "<em>word</em>", "\u200b"]),
    st.lists(_SIMPLE_PARTS, max_size=4).map("".join),
    st.sampled_from(["word", "word", "<b>word</b>", ""]),
)
_SIMPLE_BLOCK = st.builds(lambda tag, run: f"<{tag}>{run}</{tag}>", st.sampled_from(["p", "h3", "h4"]), _SIMPLE_RUN)
_SIMPLE_LIST = st.lists(_SIMPLE_RUN.map("<li>{}</li>\n".format), min_size=1, max_size=3).map(
    lambda items: "<ul>" + "".join(items) + "</ul>"
)
_SIMPLE = st.lists(_SIMPLE_BLOCK | _SIMPLE_LIST | st.just("\n"), max_size=6).map("".join)


def _check_blocks(blocks: tuple[Block, ...]) -> None:
    check(blocks)
    assert clean_blocks(blocks) == blocks


@settings(max_examples=300)
@given(_WILD | _ANY_TEXT, st.sampled_from([None, "https://a.example/live/page", "/nonsense", "https://["]))
def test_any_html_becomes_clean_blocks_or_is_refused(html: str, base_url: str | None) -> None:
    with suppress(InvalidInput):
        _check_blocks(blocks_from_html(html, base_url=base_url))


@settings(max_examples=200)
@given(_WILD | _ANY_TEXT)
def test_any_inline_html_stays_inline(html: str) -> None:
    clean = clean_inline(html)
    words_of_html(clean, INLINE)
    assert clean_inline(clean) == clean


@settings(max_examples=200)
@given(_WILD | st.text(st.sampled_from("*_~`[]()!<>#-+1.|:\\ \n&ab\"'")))
def test_any_markdown_becomes_clean_blocks_or_is_refused(markdown: str) -> None:
    _check_blocks(blocks_from_markdown(markdown))


@settings(max_examples=200)
@given(_WILD | _ANY_TEXT)
def test_any_text_keeps_its_words_and_nothing_in_it_is_markup(text: str) -> None:
    blocks = blocks_from_text(text)
    _check_blocks(blocks)
    clean = CONTROLS.sub(lambda found: _what_becomes_of(found[0]), text.replace("\r\n", "\n"))
    plain = " ".join(plain_text(block.html) for block in blocks if isinstance(block, Text))
    assert _visible(plain) == _visible(clean)


def _visible(text: str) -> list[str]:
    return [word for word in text.split() if word.strip("\u200b\u200c\u200d\u2060\ufeff")]


def _what_becomes_of(control: str) -> str:
    if "\ud800" <= control <= "\udfff":
        return "\ufffd"
    return "\n" if control == "\r" else " " if control.isspace() else ""


@settings(max_examples=300)
@given(_SOUP)
def test_no_word_is_lost_however_the_tags_lie(html: str) -> None:
    words = " ".join(words_of(blocks_from_html(html)))
    assert set(re.findall(r"word\d+", html)) <= set(re.findall(r"word\d+", words))


@settings(max_examples=300)
@given(_SIMPLE)
def test_what_needs_no_parsing_comes_out_the_same_with_it(html: str) -> None:
    if (simple := sanitised_if_simple(html)) is not None:
        assert blocks_of(tree_of(tokens_of(html))) == (Text(html=simple),)


@settings(max_examples=200)
@given(_SIMPLE_RUN)
def test_what_needs_no_parsing_inline_comes_out_the_same_with_it(html: str) -> None:
    if (simple := sanitised_inline_if_simple(html)) is not None:
        assert inline_html_from_tree(html) == simple


@settings(max_examples=200)
@given(st.lists(st.builds(Text, html=_WILD) | st.builds(Quote, html=_WILD, by=_ANY_TEXT), max_size=4))
def test_any_sent_blocks_are_cleaned_and_cleaning_them_again_changes_nothing(blocks: list[Block]) -> None:
    _check_blocks(clean_blocks(blocks))


@given(_WILD | _ANY_TEXT)
def test_plain_text_has_no_empty_lines_and_no_control_characters(html: str) -> None:
    text = plain_text(html)
    assert not CONTROLS.search(text)
    assert all(line == " ".join(line.split()) != "" for line in text.split("\n") if text)
