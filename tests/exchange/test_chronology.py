"""The order of entries."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.exchange.chronology import dated, oldest_first, runs_newest_first
from feed.exchange.ledger import Ledger
from feed.model import Moment, moment_from_ms


def entry(id_: str, second: int) -> dict[str, Any]:
    return {"id": id_, "display_at": moment_from_ms(second * 1000)}


def test_a_file_is_taken_as_newest_first_unless_it_rises() -> None:
    assert runs_newest_first(["b", "a"])
    assert runs_newest_first([])
    assert runs_newest_first(["a", "a"])
    assert not runs_newest_first(["a", "b"])


def test_entries_with_one_time_stay_in_the_order_of_the_file() -> None:
    newest_first = [entry("a", 9), entry("x", 5), entry("y", 5), entry("z", 1)]
    assert [one["id"] for one in oldest_first(newest_first, Ledger())] == ["z", "y", "x", "a"]
    rising = [entry("z", 1), entry("y", 5), entry("x", 5), entry("a", 9)]
    assert [one["id"] for one in oldest_first(rising, Ledger())] == ["z", "y", "x", "a"]


def test_only_what_would_be_turned_round_is_moved() -> None:
    ledger = Ledger()
    ordered = oldest_first([entry("b", 5), entry("c", 5), entry("a", 1)], ledger)
    assert [one["display_at"][-7:] for one in ordered] == ["01.000Z", "05.000Z", "05.001Z"]
    assert [note.where for note in ledger.notes()] == ["entry b"]


@given(st.lists(st.tuples(st.text("abc", min_size=1, max_size=2), st.integers(0, 5)), unique_by=lambda pair: pair[0]))
def test_publishing_order_is_the_order_that_readers_sort_by(pairs: list[tuple[str, int]]) -> None:
    ordered = oldest_first([entry(*pair) for pair in pairs], Ledger())
    keys = [(one["display_at"], one["id"]) for one in ordered]
    assert keys == sorted(keys)
    assert {one["id"] for one in ordered} == {pair[0] for pair in pairs}


def test_an_entry_without_a_time_gets_its_neighbours() -> None:
    ledger = Ledger()
    entries: list[dict[str, Any]] = [{"id": "a"}, entry("b", 5), {"id": "c"}]
    dated(entries, ledger, otherwise=None, wheres=["entry 1", "entry 2", "entry 3"])
    assert [one["display_at"][-7:] for one in entries] == ["05.000Z", "05.000Z", "05.000Z"]
    assert [note.where for note in ledger.notes()] == ["entry 1", "entry 3"]


@pytest.mark.parametrize(
    ("otherwise", "taken", "whose"),
    [
        (Moment("2026-03-12T10:00:00.000Z"), "2026-03-12T10:00:00.000Z", "the time of the page"),
        (None, "1970-01-01T00:00:00.000Z", "the earliest there is"),
    ],
)
def test_where_no_entry_has_a_time_it_is_said_whose_was_taken(otherwise: Moment | None, taken: str, whose: str) -> None:
    ledger = Ledger()
    entries: list[dict[str, Any]] = [{"id": "a"}]
    dated(entries, ledger, otherwise=otherwise, wheres=["entry 1"])
    assert entries[0]["display_at"] == taken
    assert [note.message for note in ledger.notes()] == [f"it gives no time; {taken}, {whose}, was taken"]
