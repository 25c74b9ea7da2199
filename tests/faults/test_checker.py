"""The checker finds what it is there for: a suite that finds nothing must be one that could have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from .checker import Observation, check
from .ledger import Ledger
from .log import Event, Log
from .readers import Seen

HEAD = {"id": "c", "title": "T", "status": "live", "revision": 1}
END = {**HEAD, "status": "ended", "revision": 2}


def entry(key: str, number: int, **fields: Any) -> Any:
    shown = f"2026-11-23T09:{number:02d}:00.000Z"
    return {"id": f"id-{key}", "headline": key, "display_at": shown, "revision": 1, **fields}


def cursor(number: int) -> str:
    return f"{1000 + number}-0"


def made(*keys: str) -> Log:
    """A log that begins, gets an entry for each key, and ends."""
    published = [
        Event(cursor(at), cursor(at - 1), "entry.published", f"id-{key}", entry(key, at))
        for at, key in enumerate(keys, 1)
    ]
    first = Event(cursor(0), "0-0", "coverage.changed", None, HEAD)
    last = Event(cursor(len(keys) + 1), cursor(len(keys)), "coverage.ended", None, END)
    return Log([first, *published, last])


def acknowledged(*keys: str) -> Ledger:
    ledger = Ledger()
    for at, key in enumerate(keys, 1):
        ledger.acknowledge(ledger.begin(key, "entry.published"), cursor(at), f"id-{key}", float(at))
    return ledger


def reader_of(log: Log) -> Observation:
    """One who saw everything as it is."""
    history = [Seen("snapshot", log.events[0].cursor, 0.0)]
    history += [Seen(event.type, event.cursor, float(at)) for at, event in enumerate(log.events[1:], 1)]
    return Observation("reader", history, log.timeline.entries, log.timeline.coverage, ended=True)


LOG = made("a", "b", "c")
PAGE = LOG.timeline.entries
LEDGER = acknowledged("a", "b", "c")
READER = reader_of(LOG)


def found(log: Log = LOG, page: Any = PAGE, ledger: Ledger = LEDGER, reader: Observation = READER) -> set[str]:
    return {finding.kind for finding in check(log, page, ledger, [reader])}


def test_nothing_is_found_where_all_is_well() -> None:
    assert found() == set()


def test_an_acknowledged_write_that_is_not_in_the_log_is_lost() -> None:
    ledger = acknowledged("a", "b", "c")
    ledger.acknowledge(ledger.begin("d", "entry.published"), "2000-0", "id-d", 1.0)
    assert found(ledger=ledger) == {"lost"}


def test_a_write_with_two_effects_is_there_twice() -> None:
    log = made("a", "b", "b")
    assert "twice" in found(log, log.timeline.entries, acknowledged("a", "b"), reader_of(log))


def test_a_write_that_was_never_answered_may_be_there_once() -> None:
    ledger = acknowledged("a", "b")
    ledger.begin("c", "entry.published")
    assert found(ledger=ledger) == set()


@pytest.mark.parametrize("other", [("1002-0", "id-a"), ("1001-0", "id-b")])
def test_two_answers_that_differ_are_one_too_many(other: tuple[str, str]) -> None:
    ledger = acknowledged("a", "b", "c")
    ledger.acknowledge(ledger.writes["a"], *other, 2.0)
    assert found(ledger=ledger) == {"false"}


def test_an_answer_with_the_place_of_another_write_is_false() -> None:
    ledger = acknowledged("a", "b")
    ledger.acknowledge(ledger.begin("c", "entry.published"), cursor(1), "id-a", 3.0)
    assert found(ledger=ledger) == {"false"}


def test_what_nobody_sent_is_false() -> None:
    assert found(ledger=acknowledged("a", "b")) == {"false"}


def test_an_event_that_a_reader_did_not_get_is_lost() -> None:
    history = [seen for seen in READER.history if seen.cursor != cursor(2)]
    assert found(reader=replace(READER, history=history)) == {"lost"}


def test_an_event_that_a_reader_got_again_came_twice() -> None:
    history = [*READER.history[:2], READER.history[1], *READER.history[2:]]
    assert found(reader=replace(READER, history=history)) == {"twice"}


def test_events_the_other_way_round_are_out_of_order() -> None:
    first, second, third, *rest = READER.history
    assert "order" in found(reader=replace(READER, history=[first, third, second, *rest]))


def test_a_snapshot_begins_anew() -> None:
    again = Seen("snapshot", cursor(2), 9.0)
    history = [*READER.history[:4], again, *READER.history[3:]]
    assert found(reader=replace(READER, history=history)) == set()


def test_an_event_that_the_log_does_not_know_is_false() -> None:
    history = [*READER.history, Seen("entry.published", "3000-0", 9.0)]
    assert found(reader=replace(READER, history=history)) == {"false"}


def test_a_page_without_an_acknowledged_entry_has_lost_it_and_differs() -> None:
    assert found(reader=replace(READER, entries=READER.entries[1:])) == {"lost", "diverged"}


def test_a_page_with_an_old_revision_differs() -> None:
    entries = [{**READER.entries[0], "headline": "as it was"}, *READER.entries[1:]]
    assert found(reader=replace(READER, entries=entries)) == {"diverged"}


def test_a_head_that_is_not_the_last_one_differs() -> None:
    assert found(reader=replace(READER, coverage=HEAD)) == {"diverged"}


def test_a_stored_page_that_its_log_does_not_make_differs() -> None:
    assert "diverged" in found(page=PAGE[1:])


def test_a_log_whose_events_do_not_follow_each_other_has_lost_some() -> None:
    log = Log([LOG.events[0], *LOG.events[2:]])
    assert "lost" in found(log, log.timeline.entries, acknowledged("b", "c"), reader_of(log))


def test_a_reader_that_was_never_told_of_the_end_has_lost_it() -> None:
    assert found(reader=replace(READER, ended=False)) == {"lost"}


def test_a_reader_or_a_publisher_that_was_turned_away_is_told_of() -> None:
    assert found(reader=replace(READER, failure="UnknownCoverage")) == {"refused"}
    ledger = acknowledged("a", "b", "c")
    ledger.begin("d", "entry.published").refusal = "500"
    assert found(ledger=ledger) == {"refused"}
