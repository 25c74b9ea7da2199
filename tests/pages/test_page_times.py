from __future__ import annotations

import pytest

from feed.model import Moment
from feed.pages.times import Clock
from feed.pages.words import words_for
from feed.zones import zone_named

WORDS = words_for("en")


def clock(zone: str | None) -> Clock:
    return Clock(WORDS, zone_named(zone))


def test_without_a_zone_there_is_gmt_alone() -> None:
    moment = Moment("2023-09-28T16:27:00.000Z")
    assert (clock(None).date(moment), clock(None).own(moment), clock(None).gmt(moment)) == (
        "28 Sep 2023",
        "16:27 GMT",
        "",
    )


@pytest.mark.parametrize(
    ("moment", "own"),
    [("2026-03-28T12:00:00.000Z", "12:00 London"), ("2026-03-29T12:00:00.000Z", "13:00 London")],
)
def test_the_offset_is_that_of_the_moments_own_date(moment: str, own: str) -> None:
    assert clock("Europe/London").own(Moment(moment)) == own


def test_the_date_is_that_of_the_newsroom() -> None:
    moment = Moment("2026-07-01T22:30:00.000Z")
    assert clock("Asia/Yerevan").date(moment) == "2 Jul 2026"
    assert clock("Asia/Yerevan").gmt(moment) == "(22:30 GMT)"


def test_a_place_is_called_by_its_name() -> None:
    assert clock("America/Argentina/Buenos_Aires").place == "Buenos Aires"


@pytest.mark.parametrize("name", ["Europe/Nowhere", "../etc/passwd", "", "/etc", "Europe"])
def test_an_unknown_zone_leaves_gmt(name: str) -> None:
    assert clock(name).own(Moment("2026-01-01T00:00:00.000Z")) == "00:00 GMT"


@pytest.mark.parametrize("zone", ["localtime", "posixrules", "Factory", "right/UTC", "Europe/Londom", "../etc", ""])
def test_a_zone_that_was_taken_earlier_and_is_none_is_gmt(zone: str) -> None:
    assert clock(zone).own(Moment("2026-03-12T16:27:00.000Z")) == "16:27 GMT"
