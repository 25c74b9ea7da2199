"""Times as files write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.exchange.moments import moment_of


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-12T16:40:00Z",
        "2026-03-12T16:40:00.000Z",
        "2026-03-12T17:40:00+0100",
        "2026-03-12T17:40:00+01:00",
        "2026-03-12 16:40+00:00",
        "20260312T164000Z",
        " 2026-03-12T16:40Z ",
        "Thu, 12 Mar 2026 16:40:00 GMT",
        "Thu, 12 Mar 2026 11:40:00 -0500",
        "12 Mar 2026 16:40:00 +0000",
        1_773_333_600,
        1_773_333_600_000,
        1_773_333_600.0,
    ],
)
def test_a_time_is_read_in_any_of_its_forms(text: str | float) -> None:
    assert moment_of(text) == ("2026-03-12T16:40:00.000Z", None)


@pytest.mark.parametrize(
    ("text", "moment", "assumption"),
    [
        ("2026-03-12T16:40:00", "2026-03-12T16:40:00.000Z", "without a zone"),
        ("2026-03-12", "2026-03-12T00:00:00.000Z", "a day without a time"),
        ("Thu, 12 Mar 2026 16:40:00 -0000", "2026-03-12T16:40:00.000Z", "without a zone"),
    ],
)
def test_what_a_time_leaves_open_is_said(text: str, moment: str, assumption: str) -> None:
    reading = moment_of(text)
    assert reading is not None
    assert reading.moment == moment
    assert assumption in (reading.assumption or "")


@pytest.mark.parametrize(
    "value",
    [None, True, "", "soon", "12:30", "2026-13-12", "1969-12-31T23:59:59Z", "0001-01-01", "9999-12-31T23:59:59-12:00",
     -1, 10**20, float("nan"), float("inf"), [], {}, "1" * 500, "Thu, 99 Mar 2026 16:40:00 +9999"],
)  # fmt: skip
def test_what_is_no_time_between_1970_and_9998_is_none(value: object) -> None:
    assert moment_of(value) is None


@given(st.one_of(st.text(), st.floats(), st.integers(), st.binary()))
def test_nothing_is_more_than_it_can_take(value: object) -> None:
    reading = moment_of(value)
    assert reading is None or len(reading.moment) == 24
