"""Fields out of loosely typed values."""

from __future__ import annotations

from typing import Any

import pytest

from feed.exchange.fields import Fields, as_count, words_of
from feed.exchange.ledger import Ledger


def fields(base: str = "https://courier.example/live/") -> tuple[Fields, Ledger]:
    ledger = Ledger()
    return Fields(ledger, "entry 1", base=base), ledger


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("dam", "dam"),
        (7, "7"),
        (True, ""),
        (None, ""),
        ([], ""),
        (["dam", "gate"], "dam"),
        ({"@value": "argae", "@language": "cy"}, "argae"),
        ([{"@value": "dam"}], "dam"),
        ({"name": "dam"}, ""),
        (1e300, ""),
    ],
)
def test_words_are_found_where_they_are(value: Any, words: str) -> None:
    assert words_of(value) == words


@pytest.mark.parametrize(
    ("value", "count"),
    [(640, 640), ("640px", 640), ({"value": "64"}, 64), (0, None), ("wide", None), ([], None), (10**9, None)],
)
def test_pixels_are_counted(value: Any, count: int | None) -> None:
    assert as_count(value) == count


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("https://lake.example/a b", "https://lake.example/a%20b"),
        ("//lake.example/a", "https://lake.example/a"),
        ("HTTP://lake.example/", "http://lake.example/"),
        ("gate.jpg", "https://courier.example/live/gate.jpg"),
        ("/gate.jpg", "https://courier.example/gate.jpg"),
    ],
)
def test_addresses_become_whole(given: str, url: str) -> None:
    one, ledger = fields()
    assert one.url(given, "picture") == url
    assert ledger.notes() == []


@pytest.mark.parametrize(
    "given", ["javascript:alert(1)", "data:image/png;base64,x", "mailto:a@b", "http://", "https://x/" + "y" * 2_000]
)
def test_an_address_that_leads_nowhere_is_noted(given: str) -> None:
    one, ledger = fields(base="")
    assert one.url(given, "picture") is None
    assert "address of the picture" in ledger.notes()[0].message


def test_a_relative_address_without_a_page_is_noted() -> None:
    one, ledger = fields(base="")
    assert one.url("/gate.jpg", "picture") is None
    assert ledger.notes()[0].excerpt == "/gate.jpg"


def test_a_line_is_plain_and_bounded() -> None:
    one, ledger = fields()
    assert one.line("The <b>dam</b> &amp;\n gate", "title") == "The dam & gate"
    assert one.line("  ", "title") is None
    assert len(one.line("x" * 3_000, "title") or "") == 2_000
    assert ledger.notes()[0].kind == "changed"


def test_languages_are_tags() -> None:
    one, ledger = fields()
    assert one.language("en_GB") == "en-GB"
    assert one.language({"@type": "Language", "name": "Welsh", "alternateName": "cy"}) == "cy"
    assert one.language(None) is None
    assert one.language("the Queen's") is None
    assert len(ledger.notes()) == 1


def test_too_many_or_too_long_labels_are_noted() -> None:
    one, ledger = fields()
    assert len(one.labels([*(str(number) for number in range(60)), "x" * 101])) == 50
    assert len(ledger.notes()) == 11


def test_a_picture_of_which_nothing_is_known_is_none() -> None:
    one, _ = fields()
    assert one.picture(None) is None
    assert one.picture("", caption="The dam") == {"alt": "", "caption": "The dam"}
