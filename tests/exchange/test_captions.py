"""Captions and their credits."""

from __future__ import annotations

import pytest

from feed.exchange.captions import captions_in


@pytest.mark.parametrize(
    ("line", "caption", "credit"),
    [
        ("The dam at noon [Mira Sol/Agency]", "The dam at noon", "Mira Sol/Agency"),
        ("[Aerial survey/Lake Authority via AP]", "", "Aerial survey/Lake Authority via AP"),
        ("The dam [File: Mira Sol]", "The dam", "File: Mira Sol"),
        ("The [old] dam [Reuters]", "The [old] dam", "Reuters"),
        ("The mayor said: “Come.” [Courtesy of the council]", "The mayor said: “Come.”", "Courtesy of the council"),
    ],
)
def test_where_pictures_stand_a_bracket_at_the_end_is_a_credit(line: str, caption: str, credit: str) -> None:
    (found,) = captions_in(line, apart=True)
    assert (found.text, found.credit) == (caption, credit)


@pytest.mark.parametrize(
    "line",
    [
        "No bracket",
        "A bracket [inside] a line",
        "[]",
        "He said “we saw [them]",
        "Nested [[x]]",
        "x" * 2_000 + " [Reuters]",
    ],
)
def test_anything_else_is_a_paragraph(line: str) -> None:
    assert captions_in(line, apart=True) == []


@pytest.mark.parametrize(
    ("line", "count"),
    [("The dam at noon [Mira Sol/Agency]", 1), ("She left. [Mira Sol/Agency]", 0), ("So far [so good]", 0)],
)
def test_elsewhere_it_must_read_like_one(line: str, count: int) -> None:
    assert len(captions_in(line, apart=False)) == count


def test_several_on_one_line_are_parted_at_their_credits() -> None:
    found = captions_in("The [old] dam [A/AP] The gate [B/AP]", apart=True)
    assert [(one.text, one.credit) for one in found] == [("The [old] dam", "A/AP"), ("The gate", "B/AP")]
