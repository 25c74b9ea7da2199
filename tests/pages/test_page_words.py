from __future__ import annotations

import json

import pytest
from feed_reader import STATIC

from feed.pages.plain import excerpt, plain_text
from feed.pages.words import direction_of, fill, preferred, words_for


@pytest.mark.parametrize(
    ("language", "direction"),
    [
        ("en", "ltr"),
        ("ar", "rtl"),
        ("ar-Latn", "ltr"),
        ("ku-Arab", "rtl"),
        ("fa-IR", "rtl"),
        ("UR", "rtl"),
        ("hy", "ltr"),
    ],
)
def test_the_direction_of_a_language(language: str, direction: str) -> None:
    assert direction_of(language) == direction


def test_a_language_without_words_gets_english_ones() -> None:
    assert words_for("is") == words_for("en")


@pytest.mark.parametrize("language", ["../secrets", "en/../ar", "a.b", ""])
def test_a_language_tag_reaches_no_other_file(language: str) -> None:
    assert words_for(language) == words_for("en")


def test_every_language_has_words_that_english_has_with_the_same_places_to_fill() -> None:
    english = words_for("en")
    for path in (STATIC / "words").iterdir():
        words = json.loads(path.read_text(encoding="utf-8"))
        assert words.keys() <= english.keys(), path.name
        for key, value in words.items():
            if isinstance(value, str):
                assert value.count("{") == english[key].count("{"), (path.name, key)


def test_filling_in_touches_only_the_named_places() -> None:
    assert fill("{by} says {x} {by.__class__}", by="{x}") == "{x} says {x} {by.__class__}"


def test_plain_text_keeps_lines_and_leaves_out_what_was_struck() -> None:
    html = "<p>a <em>b</em></p><ul><li>c<ul><li>d</li></ul></li></ul><p>x <del>no <b>no</b></del><s>no</s> &amp; y</p>"
    assert plain_text(html) == "a b\nc\nd\nx & y"


def test_an_excerpt_ends_between_words() -> None:
    assert excerpt("one two three, four", 16) == "one two three…"
    assert excerpt("short\nlines", 16) == "short lines"
    assert len(excerpt("x" * 300)) == 200


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("is, hy;q=0.5, tr;q=0.7", "tr"),
        ("ar;q=0, de-AT;q=0.1", "de"),
        ("zu,*;q=0.5", "en"),
        ("../en;q=x,,es", "es"),
    ],
)
def test_a_reader_gets_the_language_liked_best_of_those_there_are(accepted: str, language: str) -> None:
    assert preferred(accepted) == language


def test_all_languages_but_arabic_and_english_have_every_word() -> None:
    english = words_for("en")
    for language in ("az", "de", "es", "fr", "hy", "tr"):
        words = json.loads((STATIC / "words" / f"{language}.json").read_text(encoding="utf-8"))
        assert words.keys() == english.keys(), language
        assert len(words["months"]) == 12
