"""The marks between entries, and the clocks behind them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from feed.errors import ImportFormatError
from feed.exchange.ledger import Ledger
from feed.exchange.timemarks import Clock, day_from, mark_from, marks_in, understood


def clock(*lines: str, published_on: date | None = None, ledger: Ledger | None = None) -> Clock:
    marks = [
        mark_from(match, number, f"entry {number}") for number, line in enumerate(lines, 1) for match in marks_in(line)
    ]
    return understood(marks, ledger or Ledger(), published_on=published_on)


def times(*lines: str, published_on: date | None = None) -> list[str]:
    return [f"{moment:%d %H:%M}" for moment in clock(*lines, published_on=published_on).times]


@pytest.mark.parametrize(
    "line",
    [
        "- 28 Sep 2023 - 16:27(16:27 GMT)",
        "- 28 Sep 2023 - 16:27 (16:27 GMT)",
        "28 Sep 2023 - 16:27 (16:27 GMT)",
        "  – 28 September 2023, 16:27 ( 16:27 UTC )",
        "- 28th Sept. 2023 - 4:27 pm (4:27 PM GMT)",
        "- 28 Sep 2023 - 16.27(16.27 GMT)",
        "-\u00a028\u00a0Sep\u00a02023 - 16:27\u00a0(16:27\u00a0GMT)",
        "The dam [Ana Roe/AP] - 28 Sep 2023 - 16:27(16:27 GMT)",
        "Advertisement - 28 Sep 2023 - 16:27(16:27 GMT)",
        "- 28 Sep 2023 - 16:27(16:27 GMT) A headline",
    ],
)
def test_a_mark_is_known_however_it_is_written(line: str) -> None:
    assert clock(line).times == [datetime(2023, 9, 28, 16, 27, tzinfo=UTC)]


@pytest.mark.parametrize(
    "line",
    [
        "On 28 Sep 2023 he left.",
        "He left on 28 Sep 2023 - 16:27(16:27 GMT) by train",
        "At 16:27 (14:27 GMT) the gate was opened.",
        "- 28 Sep 2023 - the gate was opened",
        "It was - 28 Sep 2023 - 16:27",
    ],
)
def test_a_time_in_a_sentence_is_no_mark(line: str) -> None:
    assert list(marks_in(line)) == []


@pytest.mark.parametrize(
    ("line", "when", "ahead"),
    [
        ("- 28 Sep 2023 - 19:27(16:27 GMT)", "28 16:27", 180),
        ("- 28 Sep 2023 - 21:57(16:27 GMT)", "28 16:27", 330),
        ("- 28 Sep 2023 - 12:27(16:27 GMT)", "28 16:27", -240),
        ("- 29 Sep 2023 - 01:27(22:27 GMT)", "28 22:27", 180),
        ("- 27 Sep 2023 - 20:27(00:27 GMT)", "28 00:27", -240),
        ("- 28 Sep 2023 - 06:27(16:27 GMT)", "28 16:27", -600),
        ("- 29 Sep 2023 - 05:27(16:27 GMT)", "28 16:27", 780),
        ("- 28 Sep 2023 - 16:27(16:27 GMT)", "28 16:27", 0),
    ],
)
def test_the_date_belongs_to_the_readers_clock(line: str, when: str, ahead: int) -> None:
    understood = clock(line)
    assert f"{understood.times[0]:%d %H:%M}" == when
    assert understood.ahead == ahead


def test_the_readers_zone_is_noted() -> None:
    ledger = Ledger()
    clock("- 28 Sep 2023 - 21:57(16:27 GMT)", "- 28 Sep 2023 - 12:57(16:27 GMT)", ledger=ledger)
    assert "GMT-3:30, GMT+5:30" in ledger.notes()[0].message


def test_dates_that_only_make_sense_in_gmt_are_taken_so() -> None:
    lines = (
        "- 28 Sep 2023 - 01:27(22:27 GMT)",
        "- 28 Sep 2023 - 00:10(21:10 GMT)",
        "- 28 Sep 2023 - 23:50(20:50 GMT)",
    )
    assert times(*lines) == ["28 22:27", "28 21:10", "28 20:50"]


def test_a_date_that_cannot_be_read_comes_from_the_entries_around_it() -> None:
    lines = ("- 29 Sep 2023 - 00:05(00:05 GMT)", "- 31 Sep 2023 - 23:50(23:50 GMT)", "- 28 Sep 2023 - 22:00(22:00 GMT)")
    assert times(*lines) == ["29 00:05", "28 23:50", "28 22:00"]


def test_times_of_ago_take_their_day_from_the_entry_below() -> None:
    lines = ("- 5m ago(00:05 GMT)", "- 20 mins ago(23:50 GMT)", "- 28 Sep 2023 - 22:00(22:00 GMT)")
    assert times(*lines) == ["29 00:05", "28 23:50", "28 22:00"]


def test_without_any_date_the_day_of_publication_is_taken() -> None:
    assert times("- 1h ago(09:10 GMT)", "- 2h ago(08:00 GMT)", published_on=date(2023, 9, 28)) == [
        "28 09:10",
        "28 08:00",
    ]


def test_without_any_date_at_all_the_line_is_named() -> None:
    with pytest.raises(ImportFormatError, match=r"Line 1: '- 1h ago\(09:10 GMT\)'"):
        clock("- 1h ago(09:10 GMT)")


def test_a_mark_without_gmt_goes_by_the_pages_clock() -> None:
    assert times("- 28 Sep 2023 - 19:27(16:27 GMT)", "- 28 Sep 2023 - 18:00") == ["28 16:27", "28 15:00"]


def test_a_mark_without_gmt_on_a_page_without_any_is_taken_as_gmt() -> None:
    ledger = Ledger()
    assert clock("- 28 Sep 2023 - 18:00", ledger=ledger).times == [datetime(2023, 9, 28, 18, tzinfo=UTC)]
    assert ledger.notes()[0].kind == "assumed"


def test_a_time_that_is_none_comes_from_the_entries_around_it() -> None:
    lines = ("- 28 Sep 2023 - 99:27(99:27 GMT)", "- 28 Sep 2023 - 18:00(18:00 GMT)")
    assert times(*lines) == ["28 18:00", "28 18:00"]


def test_two_times_no_zone_apart_are_noted() -> None:
    ledger = Ledger()
    clock("- 28 Sep 2023 - 16:34(16:27 GMT)", ledger=ledger)
    assert "no time zone apart" in ledger.notes()[0].message


@pytest.mark.parametrize("text", ["", "28 Sep", "0 Sep 2023", "28 Foo 2023", "28 Sep 0023", "x y z"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert day_from(text) is None
