"""When the readers of a leaving node go: spread over the window, and sent away after it."""

from __future__ import annotations

import pytest

from feed.departures import SPREAD_MS, STAY_S, TICK_S, Departing, Departure, Departures, change_ms, return_ms


class Reader:
    def depart(self) -> None: ...


@pytest.mark.parametrize("readers", [10, 1000])
def test_times_are_spread_evenly_over_the_window(readers: int) -> None:
    departures = Departures(100.0, 20.0, readers)
    times = [departures.give().after_ms for _ in range(readers)]
    for tenth in range(10):
        assert sum(tenth * 2000 <= time < (tenth + 1) * 2000 for time in times) == pytest.approx(readers / 10, abs=1)


def test_times_are_not_the_same_on_two_nodes() -> None:
    nodes = [Departures(0.0, 10.0, 50), Departures(0.0, 10.0, 50)]
    assert [nodes[0].give() for _ in range(50)] != [nodes[1].give() for _ in range(50)]


def test_who_turns_up_late_gets_a_time_of_the_window_too() -> None:
    departures = Departures(0.0, 10.0, 1)
    assert all(0 <= departures.give().after_ms <= 10_000 for _ in range(200))


def test_everybody_has_some_seconds_after_its_time_and_is_named_once() -> None:
    departures = Departures(50.0, 10.0, 500)
    given: dict[Departing, Departure] = {reader: departures.add(reader) for reader in (Reader() for _ in range(500))}
    assert not departures.due(50.0 + 10.0)
    named = []
    for tick in range(200):
        now = 50.0 + tick * TICK_S
        for reader in departures.due(now):
            assert given[reader].sent_s - given[reader].after_ms / 1000 >= STAY_S - 1e-9
            assert 0 <= now - departures.until(given[reader].sent_s) <= 2.001 * TICK_S
            named.append(reader)
    assert len(named) == len(given)
    assert set(named) == set(given)
    assert departures.over == 50.0 + 10.0 + STAY_S


def test_a_node_that_was_busy_names_all_that_are_due_by_now() -> None:
    departures = Departures(0.0, 1.0, 10)
    for _ in range(10):
        departures.add(Reader())
    assert len(departures.due(1000.0)) == 10
    assert not departures.due(1001.0)


def test_polls_are_answered_soon_and_not_all_at_once() -> None:
    delays = {Departures(0.0, 60.0, 1).poll_delay_s() for _ in range(50)}
    assert max(delays) <= 2
    assert len(delays) > 1
    assert Departures(0.0, 0.0, 1).poll_delay_s() == 0


def test_who_is_sent_away_comes_back_within_some_seconds_and_who_goes_at_its_time_at_once() -> None:
    assert all(0 < return_ms() < SPREAD_MS for _ in range(200))
    assert all(0 < change_ms() < 1000 for _ in range(200))
