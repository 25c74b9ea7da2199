"""HTML in a terminal. Nothing a producer wrote can do anything but be read."""

from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, Group

from feed.cli.entry_view import entry_view
from feed.cli.prose import address, clean, inline, paragraphs, stacked


def shown(html: str, width: int = 40) -> list[str]:
    console = Console(file=io.StringIO(), width=width, markup=False, highlight=False)
    console.print(Group(*stacked(paragraphs(html))))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().rstrip("\n").split("\n")]


def styles(html: str) -> dict[str, str]:
    text = inline(html)
    return {text.plain[span.start : span.end]: str(span.style) for span in text.spans}


def test_paragraphs_stand_apart_and_white_space_is_one_space() -> None:
    assert shown("<p>One\n  two</p>\n<p>three</p>") == ["One two", "", "three"]


def test_lists_keep_their_marks_and_their_depth() -> None:
    html = "<ul><li>one<ol><li>a</li><li>b</li></ol></li><li>two</li></ul>"
    assert shown(html) == ["• one", "  1. a", "  2. b", "• two"]


def test_a_long_item_hangs_beside_its_mark() -> None:
    assert shown("<ul><li>one two three four</li></ul>", width=12) == ["• one two", "  three four"]


def test_quotes_have_a_bar_on_every_line() -> None:
    html = "<blockquote><p>one two three</p><p>four</p></blockquote>"
    assert shown(html, width=12) == ["│ one two", "│ three", "│ four"]


def test_tables_stand_in_columns() -> None:
    html = "<table><tr><th>Gauge</th><th>Now</th></tr><tr><td>Quay</td><td>4.11</td></tr></table>"
    assert shown(html) == ["Gauge   Now", "Quay    4.11"]


def test_line_breaks_stay() -> None:
    assert shown("<p>one<br>two</p>") == ["one", "two"]


@pytest.mark.parametrize(("tag", "style"), [("del", "strike"), ("ins", "underline"), ("em", "italic"), ("a", "cyan")])
def test_what_was_corrected_or_stressed_is_seen(tag: str, style: str) -> None:
    assert style in styles(f"<p>in <{tag}>Romania</{tag}> today</p>")["Romania"]


def test_a_retracted_entry_is_struck_with_its_reason() -> None:
    entry = {
        "id": "e",
        "status": "retracted",
        "headline": "Wrong",
        "display_at": "2026-11-23T03:33:00.000Z",
        "blocks": [{"type": "text", "html": "<p>All of it</p>"}],
        "retraction": {"at": "2026-11-23T03:40:00.000Z", "reason": "Denied."},
    }
    console = Console(file=io.StringIO(), width=60, force_terminal=True, color_system="standard")
    console.print(entry_view(entry, "http://127.0.0.1:8000"))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "\x1b[2;9mWrong" in text
    assert "\x1b[2;9mAll of it" in text
    assert "Denied." in text


@given(st.text())
def test_no_control_character_reaches_the_terminal(text: str) -> None:
    left = clean(text)
    assert all(unicodedata.category(char) != "Cc" or char in "\n\t" for char in left)
    assert not set(left) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


BLOCKS = "<p> </p> <ul> </ul> <ol> <li> <blockquote> </blockquote> <pre>"
TAGS = f"{BLOCKS} <table> <tr> <td> </td> </table> <a> <b> </b>".split()


@given(st.lists(st.sampled_from(TAGS) | st.text()))
def test_any_html_is_shown_without_an_escape(parts: list[str]) -> None:
    assert "\x1b" not in "\n".join(shown("".join(parts)))


@pytest.mark.parametrize(
    ("url", "opened"),
    [
        ("/media/a.jpg", "https://live.example.org/media/a.jpg"),
        ("https://a.example/b", "https://a.example/b"),
        ("https://[::1", "https://[::1"),
    ],
)
def test_addresses_are_shown_as_they_are_opened_and_what_is_none_as_it_is(url: str, opened: str) -> None:
    assert address("https://live.example.org", url) == opened
