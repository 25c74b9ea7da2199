"""…/entries?after=: the changes since a cursor, at once or as soon as there are some."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from feed.store.keys import coverage_keys
from tests.newsroom import Newsroom, problem
from tests.running import ServerProcess, wait_until


@pytest.fixture
def other(server: ServerProcess) -> Iterator[Newsroom]:
    """For a second request at the same time."""
    with Newsroom(server) as other:
        yield other


def test_every_kind_of_change_is_told_once_each_in_order(newsroom: Newsroom, coverage: str) -> None:
    start = newsroom.tip(coverage)
    newsroom.publish(coverage, id="a", text="x")
    newsroom.publish(coverage, id="b", text="x")
    newsroom.revise(coverage, "a", text="y")
    newsroom.retract(coverage, "a")
    newsroom.change(coverage, pin="a")
    newsroom.delete(coverage, "b", "law")
    newsroom.end(coverage)
    newsroom.reopen(coverage)
    changes = newsroom.entries(coverage, after=start)
    assert [event["type"] for event in changes["events"]] == [
        "entry.published",
        "entry.deleted",
        "entry.revised",
        "entry.retracted",
        "coverage.changed",
        "entry.deleted",
        "coverage.ended",
        "coverage.reopened",
    ]
    assert [event["prev"] for event in changes["events"]] == [
        start,
        *(event["cursor"] for event in changes["events"][:-1]),
    ]
    assert all(event["at"].endswith("Z") for event in changes["events"])
    assert (changes["up_to_date"], changes["ended"], changes["cursor"]) == (True, False, newsroom.tip(coverage))


def test_changes_come_in_portions_until_they_are_up_to_date(newsroom: Newsroom, coverage: str) -> None:
    cursor = newsroom.tip(coverage)
    newsroom.publish_many(coverage, [{"id": f"e{number}", "text": "x"} for number in range(25)])
    newsroom.end(coverage)
    told: list[Any] = []
    portions: list[Any] = []
    while not portions or not portions[-1]["up_to_date"]:
        portions.append(newsroom.entries(coverage, after=cursor, limit=10))
        told += portions[-1]["events"]
        cursor = portions[-1]["cursor"]
    assert [len(portion["events"]) for portion in portions] == [10, 10, 6]
    assert [portion["ended"] for portion in portions] == [False, False, True]
    assert [event["entry"]["id"] for event in told[:-1]] == [f"e{number}" for number in range(25)]
    last = newsroom.entries(coverage, after=cursor)
    assert last == {"events": [], "cursor": cursor, "up_to_date": True, "ended": True}


def test_far_behind_is_no_reason_to_be_refused(newsroom: Newsroom, coverage: str) -> None:
    start = newsroom.tip(coverage)
    for _ in range(3):
        newsroom.publish_many(coverage, [{"text": "x"}] * 500)
    changes = newsroom.entries(coverage, after=start, limit=500)
    assert (len(changes["events"]), changes["up_to_date"]) == (500, False)


@pytest.mark.parametrize(
    "after", ["x", "1", "1-", "-1", "1-1-1", "1_1", " 1-1", "１-１", "99999999999999999999-0", "1e3-0", "0x1-0"]
)
def test_a_cursor_that_is_none_is_refused(newsroom: Newsroom, coverage: str, after: str) -> None:
    answer = newsroom.ask("GET", f"/v1/coverages/{coverage}/entries", after=after)
    assert problem(answer, 400, "malformed_cursor")["field"] == "after"


def test_without_a_cursor_it_is_the_page(newsroom: Newsroom, coverage: str) -> None:
    assert "entries" in newsroom.entries(coverage, after="")


def test_a_cursor_that_is_not_in_the_log_is_gone_with_the_reason(newsroom: Newsroom, coverage: str) -> None:
    path = f"/v1/coverages/{coverage}/entries"
    lost = newsroom.publish(coverage, text="x")["cursor"]
    old = newsroom.publish(coverage, text="x")["cursor"]
    newsroom.publish_many(coverage, [{"text": "x"}] * 3)
    ms = int(lost.partition("-")[0])
    with newsroom.keeper() as keeper:
        keeper.xdel(coverage_keys(coverage).log, lost)
        assert problem(newsroom.ask("GET", path, after=lost), 410, "cursor_lost")["reason"] == "fork"
        keeper.xtrim(coverage_keys(coverage).log, maxlen=1, approximate=False)
    for after, reason in (
        (old, "trimmed"),
        (f"{ms - 100_000}-0", "trimmed"),
        ("0-0", "trimmed"),
        (f"{ms + 10**9}-0", "fork"),
    ):
        assert problem(newsroom.ask("GET", path, after=after), 410, "cursor_lost")["reason"] == reason
    # The page does not need the log.
    assert len(newsroom.entries(coverage)["entries"]) == 5


# ---------------------------------------------------------------- waiting


def test_a_poll_is_answered_as_soon_as_something_is_published(
    newsroom: Newsroom, other: Newsroom, coverage: str
) -> None:
    tip = newsroom.tip(coverage)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(other.entries, coverage, after=tip, wait=20)
        wait_until(lambda: b"feed_subscribers 1.0" in newsroom.ask("GET", "/metrics").content, what="the poll")
        newsroom.publish(coverage, id="a", text="x")
        changes = waiting.result(timeout=10)
    assert [event["entry"]["id"] for event in changes["events"]] == ["a"]
    assert changes["up_to_date"]


def test_a_poll_does_not_wait_for_what_is_there_already(newsroom: Newsroom, coverage: str) -> None:
    start = newsroom.tip(coverage)
    newsroom.publish(coverage)
    end = newsroom.end(coverage)["cursor"]
    began = time.monotonic()
    assert len(newsroom.entries(coverage, after=start, wait=20)["events"]) == 2
    assert newsroom.entries(coverage, after=end, wait=20)["ended"] is True
    assert time.monotonic() - began < 10


def test_a_poll_gives_up_when_its_time_is_over(newsroom: Newsroom, coverage: str) -> None:
    tip = newsroom.tip(coverage)
    assert newsroom.entries(coverage, after=tip, wait=1) == {
        "events": [],
        "cursor": tip,
        "up_to_date": True,
        "ended": False,
    }


def test_a_poll_that_waits_learns_nothing_of_what_became_private(
    newsroom: Newsroom, other: Newsroom, coverage: str
) -> None:
    path, tip = f"/v1/coverages/{coverage}/entries", newsroom.tip(coverage)
    answers: list[Any] = []
    poll = threading.Thread(target=lambda: answers.append(other.ask("GET", path, token="", after=tip, wait=20)))
    poll.start()
    wait_until(lambda: b"feed_subscribers 1.0" in newsroom.ask("GET", "/metrics").content, what="the poll")
    newsroom.change(coverage, visibility="private", title="Secret")
    poll.join(10)
    problem(answers[0], 404, "unknown_coverage")


@pytest.mark.parametrize("wait", ["-1", "31", "1.5", "soon"])
def test_how_long_a_poll_may_wait_is_limited(newsroom: Newsroom, coverage: str, wait: str) -> None:
    answer = newsroom.ask("GET", f"/v1/coverages/{coverage}/entries", after="1-1", wait=wait)
    assert problem(answer, 422, "invalid_field")["field"] == "wait"
