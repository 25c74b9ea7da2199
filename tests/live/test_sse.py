"""The same subscription as server-sent events, on a real server."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from feed.live import sse
from feed.live.socket import LiveSocket
from feed.store.keys import coverage_keys
from tests.newsroom import Newsroom, fresh, problem
from tests.running import StoreProcess, running_server, wait_until

from .events import stream
from .reading import is_chained, live
from .serving import served


async def test_it_tells_what_the_websocket_tells(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="a", text="x")
    async with stream(newsroom.url, coverage) as events, live(newsroom.url, coverage) as reader:
        assert events.answer.status_code == 200
        assert events.answer.headers["content-type"].startswith("text/event-stream")
        assert events.answer.headers["cache-control"] == "no-store"
        told = await events.until("live")
        heard = await reader.until("live")
        newsroom.publish(coverage, id="b", text="two\n\nparagraphs \u2028 and a separator")
        newsroom.revise(coverage, "a", text="y")
        newsroom.delete(coverage, "b")
        newsroom.change(coverage, title="T")
        newsroom.end(coverage)
        told += await events.rest()
        heard += await reader.rest()
    assert [happening.data for happening in told] == heard
    assert [happening.type for happening in told] == [message["type"] for message in heard]
    assert told[-1].type == "coverage.ended"
    assert events.retry is not None


async def test_everything_with_a_place_in_the_log_has_an_id_and_nothing_else(newsroom: Newsroom, coverage: str) -> None:
    async with stream(newsroom.url, coverage) as events:
        hello, snapshot, caught_up = await events.until("live")
        receipt = newsroom.publish(coverage)
        published = await events.next()
    assert (hello.type, hello.id, caught_up.id) == ("hello", None, None)
    # Also of an empty page: who reconnects before the first entry misses none.
    assert (snapshot.data["entries"], snapshot.id) == ([], snapshot.data["cursor"])
    assert published is not None
    assert published.id == receipt["cursor"]


async def test_it_goes_on_after_the_last_event_that_was_heard(newsroom: Newsroom, coverage: str) -> None:
    start = newsroom.tip(coverage)
    first = newsroom.publish(coverage)["cursor"]
    newsroom.publish(coverage)
    for query in ({"after": first}, {"last_event_id": first}, {"after": start, "last_event_id": first}):
        async with stream(newsroom.url, coverage, **query) as events:
            hello, missed, _ = await events.until("live")
        assert hello.data["mode"] == "resumed"
        assert is_chained([missed.data], first)


async def test_an_ended_coverage_is_told_to_its_end_and_then_over(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="a", text="x")
    end = newsroom.end(coverage)["cursor"]
    async with stream(newsroom.url, coverage) as events:
        told = await events.rest()
    assert [happening.type for happening in told] == ["hello", "snapshot", "coverage.ended"]
    assert told[-1].id == end
    for query in ({"after": end}, {"last_event_id": end}, {"after": "1-1", "last_event_id": end}):
        async with stream(newsroom.url, coverage, **query) as events:
            assert events.answer.status_code == 204
            assert await events.answer.aread() == b""
    newsroom.revise(coverage, "a", text="y")
    async with stream(newsroom.url, coverage, last_event_id=end) as events:
        assert [happening.type for happening in await events.rest()] == ["hello", "entry.revised", "coverage.ended"]


async def test_a_cursor_that_is_lost_begins_anew(newsroom: Newsroom, coverage: str) -> None:
    old = newsroom.publish(coverage)["cursor"]
    newsroom.publish(coverage)
    with newsroom.keeper() as keeper:
        keeper.xtrim(coverage_keys(coverage).log, maxlen=1, approximate=False)
    async with stream(newsroom.url, coverage, last_event_id=old) as events:
        hello, snapshot, _ = await events.until("live")
    assert (hello.data["mode"], hello.data["reason"]) == ("reset", "trimmed")
    assert snapshot.id == snapshot.data["cursor"]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"after": "x"}, 400, "malformed_cursor"),
        ({"limit": "0"}, 422, "invalid_field"),
        ({"limit": "501"}, 422, "invalid_field"),
    ],
)
def test_a_question_that_makes_no_sense_is_a_problem(
    newsroom: Newsroom, coverage: str, query: dict[str, Any], status: int, code: str
) -> None:
    path = f"/v1/coverages/{coverage}/events"
    problem(newsroom.ask("GET", path, **query), status, code)
    problem(newsroom.ask("GET", path, headers={"Last-Event-ID": "x"}), 400, "malformed_cursor")


def test_asked_only_for_its_head_it_does_not_begin(newsroom: Newsroom, coverage: str) -> None:
    path = f"/v1/coverages/{coverage}/events"
    with httpx2.Client(base_url=newsroom.url, timeout=5) as http:
        for _ in range(2):
            head = http.head(path)
            assert head.headers["content-type"].startswith("text/event-stream")
        assert http.get("/healthz").status_code == 200


async def test_a_page_is_as_long_as_asked_for(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish_many(coverage, [{"text": "x"}] * 3)
    async with stream(newsroom.url, coverage, limit=2) as events:
        _, snapshot, _ = await events.until("live")
    assert len(snapshot.data["entries"]) == 2
    assert snapshot.data["next"]


# ---------------------------------------------------------------- private


async def test_a_private_coverage_is_streamed_with_a_token(newsroom: Newsroom) -> None:
    secret = newsroom.create(id=fresh("secret"), visibility="private")
    token = newsroom.make_token(f"read:{secret}")
    async with stream(newsroom.url, secret, token=token) as events:
        await events.until("live")
        newsroom.publish(secret, id="a", text="x")
        happening = await events.next()
        assert happening is not None
        assert happening.data["entry"]["id"] == "a"
    async with stream(newsroom.url, secret) as events:
        assert events.answer.status_code == 404


async def test_it_ends_when_the_token_does(newsroom: Newsroom) -> None:
    secret = newsroom.create(id=fresh("secret"), visibility="private")
    token = newsroom.make_token(f"read:{secret}", expires_in_s=3)
    async with stream(newsroom.url, secret, token=token) as events:
        assert [happening.type for happening in await events.rest()] == ["hello", "snapshot", "live"]
    async with stream(newsroom.url, secret, token=token) as events:
        assert events.answer.status_code == 401


async def test_readers_of_what_becomes_private_are_let_go_before_they_hear_of_it(
    newsroom: Newsroom, coverage: str
) -> None:
    async with (
        stream(newsroom.url, coverage) as stranger,
        stream(newsroom.url, coverage, token=newsroom.token) as reader,
    ):
        await stranger.until("live")
        await reader.until("live")
        newsroom.change(coverage, visibility="private", title="unspeakable")
        (error,) = await stranger.rest()
        assert (error.type, error.data["code"], error.id) == ("error", "unknown_coverage", None)
        changed = await reader.next()
        assert changed is not None
        assert changed.data["coverage"]["title"] == "unspeakable"


async def test_a_bad_token_does_not_keep_anybody_from_what_is_public(newsroom: Newsroom, coverage: str) -> None:
    async with stream(newsroom.url, coverage, token="not-a-token") as events:
        await events.until("live")


# ---------------------------------------------------------------- the connection


async def test_a_silent_stream_shows_that_it_is_alive(
    valkey: StoreProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT_S", 0.02)
    async with served(valkey, tmp_path, ws=LiveSocket) as place, httpx2.AsyncClient(base_url=place.url) as http:
        headers = {"Authorization": f"Bearer {place.admin_token}"}
        coverage = (await http.post("/v1/coverages", json={"title": "T"}, headers=headers)).json()["id"]
        async with stream(place.url, coverage) as events:
            await events.until("live")
            while len(events.comments) < 3:
                await http.post(f"/v1/coverages/{coverage}/entries", json={"text": "x"}, headers=headers)
                await events.next()


async def test_a_reader_that_leaves_is_forgotten(newsroom: Newsroom, coverage: str) -> None:
    wait_until(lambda: b"feed_subscribers 0.0" in newsroom.ask("GET", "/metrics").content)
    async with stream(newsroom.url, coverage) as events:
        await events.until("live")
        assert b"feed_subscribers 1.0" in newsroom.ask("GET", "/metrics").content
    wait_until(lambda: b"feed_subscribers 0.0" in newsroom.ask("GET", "/metrics").content, what="the leaving")


async def test_a_server_that_goes_says_when_to_come_back() -> None:
    with running_server() as server, Newsroom(server) as newsroom:
        coverage = newsroom.create()
        async with stream(server.url, coverage) as events:
            await events.until("live")
            os.kill(server.pid, signal.SIGTERM)
            assert await events.rest() == []
        assert events.retry is not None
        assert 0 <= events.retry < 10_000
        assert "Traceback" not in server.log
