"""The websocket of a public coverage on a real server: what a reader hears, and how it ends."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from feed.session import HEARTBEAT_S
from feed.store.keys import coverage_keys
from tests.newsroom import Newsroom, problem
from tests.running import running_server

from .reading import is_chained, live, types

# The handshake that most readers make is decided at once; every other goes through the application.
AT_ONCE, BY_THE_APPLICATION = "limit=50", "limit=50&who=me"
WAYS = pytest.mark.parametrize("way", [AT_ONCE, BY_THE_APPLICATION])


@WAYS
@pytest.mark.parametrize("deflate", [False, True])
async def test_a_new_reader_hears_hello_then_the_page_then_that_it_is_live(
    newsroom: Newsroom, coverage: str, way: str, deflate: bool
) -> None:
    newsroom.publish(coverage, id="a", text="x")
    entry = newsroom.publish(coverage, id="b", text="y")["entry"]
    head = newsroom.get(f"/v1/coverages/{coverage}")
    tip = head.pop("cursor")
    for _ in range(2):  # a cold channel, then a warm one
        async with live(newsroom.url, coverage, way, deflate=deflate) as reader:
            assert reader.socket.subprotocol == "feed.v1"
            hello, snapshot, caught_up = await reader.take(3)
        assert hello == {
            "type": "hello",
            "v": 1,
            "coverage": coverage,
            "mode": "snapshot",
            "cursor": tip,
            "heartbeat": HEARTBEAT_S,
        }
        assert snapshot["coverage"] == head
        assert snapshot["entries"][0] == entry
        assert [one["id"] for one in snapshot["entries"]] == ["b", "a"]
        assert (snapshot["type"], snapshot["cursor"], snapshot["next"]) == ("snapshot", tip, None)
        assert set(snapshot) == {"type", "coverage", "entries", "cursor", "next"}
        assert caught_up == {"type": "live"}


async def test_a_reader_says_how_long_its_page_is(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish_many(coverage, [{"id": f"e{number}", "text": "x"} for number in range(5)])
    async with live(newsroom.url, coverage, "limit=2") as reader:
        _, snapshot, _ = await reader.take(3)
    rest = newsroom.entries(coverage, before=snapshot["next"])
    assert [entry["id"] for entry in (*snapshot["entries"], *rest["entries"])] == ["e4", "e3", "e2", "e1", "e0"]


@WAYS
@pytest.mark.parametrize("deflate", [False, True])
async def test_everything_that_happens_arrives_as_its_receipt_says(
    newsroom: Newsroom, coverage: str, way: str, deflate: bool
) -> None:
    async with live(newsroom.url, coverage, way, deflate=deflate) as reader:
        start = (await reader.until("live"))[1]["cursor"]
        receipts = [
            newsroom.publish(coverage, id="a", text="x"),
            newsroom.publish(coverage, id="b", text="x" * 70_000),
            newsroom.revise(coverage, "a", text="y", correction="c"),
            newsroom.retract(coverage, "a", "r"),
            newsroom.change(coverage, pin="a", title="New"),
            newsroom.delete(coverage, "b", "law"),
        ]
        told = await reader.take(6)
        assert types(told) == [
            *("entry.published", "entry.published", "entry.revised", "entry.retracted"),
            *("coverage.changed", "entry.deleted"),
        ]
        assert [event["cursor"] for event in told] == [receipt["cursor"] for receipt in receipts]
        assert is_chained(told, start)
        for event, receipt in zip(told[:4], receipts[:4], strict=True):
            assert event["entry"] == receipt["entry"]
        assert told[4]["coverage"]["title"] == "New"
        assert (told[5]["id"], told[5]["reason"]) == ("b", "law")
        assert all(event["at"].endswith("Z") for event in told)


@WAYS
async def test_a_returning_reader_gets_what_it_missed_and_no_more(newsroom: Newsroom, coverage: str, way: str) -> None:
    async with live(newsroom.url, coverage, way) as reader:
        await reader.until("live")
        newsroom.publish(coverage, id="a", text="x")
        (last,) = await reader.take(1)
    newsroom.publish(coverage, id="b", text="x")
    newsroom.publish(coverage, id="c", text="x")
    async with live(newsroom.url, coverage, f"after={last['cursor']}&{way}") as reader:
        told = await reader.until("live")
        assert (told[0]["mode"], told[0]["cursor"]) == ("resumed", last["cursor"])
        # A receipt is given before this node has followed the log to it: the last may come after the live.
        missed = [message for message in told if "prev" in message]
        missed += await reader.take(2 - len(missed))
        assert types(missed) == ["entry.published", "entry.published"]
        assert is_chained(missed, last["cursor"])
        newsroom.publish(coverage, id="d", text="x")
        (after,) = await reader.take(1)
        assert after["prev"] == missed[1]["cursor"]
    async with live(newsroom.url, coverage, f"after={after['cursor']}&{way}") as reader:
        assert types(await reader.until("live")) == ["hello", "live"]


async def test_what_was_missed_before_anybody_watched_comes_from_the_store(newsroom: Newsroom, coverage: str) -> None:
    start = newsroom.tip(coverage)
    newsroom.publish_many(coverage, [{"text": "x"}] * 500)
    newsroom.publish_many(coverage, [{"text": "x"}] * 500)
    async with live(newsroom.url, coverage, f"after={start}") as reader:
        told = await reader.until("live")
    assert told[0]["mode"] == "resumed"
    assert len(told) == 1002
    assert is_chained(told[1:-1], start)


async def test_a_reader_that_is_more_than_a_thousand_changes_behind_begins_anew(
    newsroom: Newsroom, coverage: str
) -> None:
    start = newsroom.tip(coverage)
    for count in (500, 500, 1):
        newsroom.publish_many(coverage, [{"text": "x"}] * count)
    async with live(newsroom.url, coverage, f"after={start}&limit=3") as reader:
        hello, snapshot, _ = await reader.until("live")
    assert (hello["mode"], hello["reason"]) == ("reset", "behind")
    assert len(snapshot["entries"]) == 3
    assert hello["cursor"] == snapshot["cursor"] == newsroom.tip(coverage)


async def test_a_cursor_that_was_trimmed_away_begins_anew(newsroom: Newsroom, coverage: str) -> None:
    old = newsroom.publish(coverage)["cursor"]
    newsroom.publish_many(coverage, [{"text": "x"}] * 3)
    with newsroom.keeper() as keeper:
        keeper.xtrim(coverage_keys(coverage).log, maxlen=1, approximate=False)
    for after in (old, "1-1", "0-0"):
        async with live(newsroom.url, coverage, f"after={after}") as reader:
            hello, snapshot, _ = await reader.until("live")
        assert (hello["mode"], hello["reason"]) == ("reset", "trimmed")
        assert len(snapshot["entries"]) == 4


@WAYS
async def test_when_the_log_forks_readers_begin_anew_where_they_are_and_when_they_return(
    newsroom: Newsroom, coverage: str, way: str
) -> None:
    keys = coverage_keys(coverage)
    kept = newsroom.publish(coverage, id="kept", text="x")["cursor"]
    async with live(newsroom.url, coverage, way) as reader:
        await reader.until("live")
        lost = newsroom.publish(coverage, id="lost", text="x")["cursor"]
        await reader.until("entry.published")
        with newsroom.keeper() as keeper:  # as a failover does with what was not replicated
            keeper.xdel(keys.log, lost)
            keeper.hset(keys.head, "cursor", kept)
            keeper.hdel(keys.entries, "lost")
            keeper.zrem(keys.order, "lost")
        tip = newsroom.publish(coverage, id="new", text="x")["cursor"]
        hello, snapshot, _ = await reader.until("live")
        assert (hello["mode"], hello["reason"], hello["cursor"]) == ("reset", "fork", tip)
        assert [entry["id"] for entry in snapshot["entries"]] == ["new", "kept"]
        newsroom.publish(coverage, id="newer", text="x")
        assert (await reader.next())["prev"] == tip
    async with live(newsroom.url, coverage, f"after={lost}&{way}") as reader:
        assert (await reader.next())["reason"] == "fork"
    async with live(newsroom.url, coverage, f"after={kept}&{way}") as reader:
        told = await reader.until("live")
        assert told[0]["mode"] == "resumed"
        assert is_chained(told[1:-1], kept)


# ---------------------------------------------------------------- the end


@WAYS
async def test_the_end_is_the_last_that_readers_hear(newsroom: Newsroom, coverage: str, way: str) -> None:
    async with live(newsroom.url, coverage, way) as reader:
        await reader.until("live")
        ended = newsroom.end(coverage, entry={"id": "last", "text": "x"}, successor={"title": "t", "url": "/c/next"})
        last, end = await reader.rest()
    assert (last["entry"]["id"], end["type"], end["prev"]) == ("last", "coverage.ended", last["cursor"])
    assert end["cursor"] == ended.pop("cursor")
    assert end["coverage"] == ended
    assert (reader.code, reader.reason) == (1000, "")


@WAYS
async def test_a_late_reader_gets_the_page_and_the_end(newsroom: Newsroom, coverage: str, way: str) -> None:
    newsroom.publish(coverage, id="a", text="x")
    before = newsroom.tip(coverage)
    end = newsroom.end(coverage)["cursor"]
    for _ in range(2):
        async with live(newsroom.url, coverage, way) as reader:
            hello, snapshot, ended = await reader.rest()
        assert (hello["mode"], hello["cursor"], snapshot["cursor"]) == ("snapshot", before, before)
        assert (ended["type"], ended["prev"], ended["cursor"]) == ("coverage.ended", before, end)
        assert snapshot["coverage"]["status"] == "ended"
        assert reader.code == 1000


@WAYS
async def test_a_reader_that_has_the_end_is_told_hello_and_closed(newsroom: Newsroom, coverage: str, way: str) -> None:
    end = newsroom.end(coverage)["cursor"]
    for _ in range(2):
        async with live(newsroom.url, coverage, f"after={end}&{way}") as reader:
            assert types(await reader.rest()) == ["hello"]
        assert reader.code == 1000


async def test_a_correction_after_the_end_reaches_who_returns_with_the_end_again(
    newsroom: Newsroom, coverage: str
) -> None:
    newsroom.publish(coverage, id="a", text="x")
    end = newsroom.end(coverage)["cursor"]
    newsroom.revise(coverage, "a", text="y")
    async with live(newsroom.url, coverage, f"after={end}") as reader:
        told = await reader.rest()
    assert types(told) == ["hello", "entry.revised", "coverage.ended"]
    assert is_chained(told[1:], end)
    assert reader.code == 1000


async def test_a_reopened_coverage_is_live_for_who_returns(newsroom: Newsroom, coverage: str) -> None:
    end = newsroom.end(coverage)["cursor"]
    newsroom.reopen(coverage)
    async with live(newsroom.url, coverage, f"after={end}") as reader:
        assert types(await reader.until("live")) == ["hello", "coverage.reopened", "live"]
        newsroom.publish(coverage, id="a", text="x")
        assert (await reader.next())["entry"]["id"] == "a"


async def test_a_scheduled_coverage_begins_before_its_readers_eyes(newsroom: Newsroom) -> None:
    coverage = newsroom.create(starts_at="2099-01-01T00:00:00Z")
    async with live(newsroom.url, coverage) as reader:
        snapshot = (await reader.until("live"))[1]
        assert (snapshot["coverage"]["status"], snapshot["entries"]) == ("scheduled", [])
        newsroom.publish(coverage)
        begun, published = await reader.take(2)
    assert (begun["coverage"]["status"], published["type"]) == ("live", "entry.published")


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "after=1",
        "after=1-1-1",
        "after=99999999999999999999-0",
        "limit=0",
        "limit=501",
        "limit=ten",
        "limit=-1",
    ],
)
async def test_a_question_that_makes_no_sense_is_closed_with_4001(
    newsroom: Newsroom, coverage: str, query: str
) -> None:
    async with live(newsroom.url, coverage, query) as reader:
        (error,) = await reader.rest()
    assert (error["type"], error["retryable"]) == ("error", False)
    assert error["code"] == ("malformed_cursor" if "after" in query else "invalid_field")
    assert error["detail"]
    assert reader.code == 4001


@pytest.mark.parametrize(
    ("offered", "chosen", "code"),
    [
        (["feed.v2"], "feed.v2", 4009),
        (["chat", "feed.v9"], "chat", 4009),
        (["feed.v9", "feed.v1"], "feed.v1", None),
        (None, None, None),
    ],
)
async def test_another_version_is_refused_after_the_handshake(
    newsroom: Newsroom, coverage: str, offered: list[str] | None, chosen: str | None, code: int | None
) -> None:
    async with live(newsroom.url, coverage, subprotocols=offered) as reader:
        assert reader.socket.subprotocol == chosen
        if code is None:
            await reader.until("live")
        else:
            (error,) = await reader.rest()
            assert error["code"] == "unsupported_version"
            assert reader.code == code


MISUSES: list[Any] = ["", "ping", "{", "[]", "null", '{"type":"pong"}', '{"type":"subscribe"}', b'{"type":"ping"}', b""]


@WAYS
@pytest.mark.parametrize("said", MISUSES)
async def test_what_is_not_in_the_protocol_is_an_error_and_closed_with_4001(
    newsroom: Newsroom, coverage: str, way: str, said: Any
) -> None:
    async with live(newsroom.url, coverage, way) as reader:
        await reader.until("live")
        await reader.socket.send(said)
        (error,) = await reader.rest()
    assert (error["type"], error["code"], error["retryable"]) == ("error", "bad_message", False)
    assert reader.code == 4001


@WAYS
async def test_a_ping_is_answered_whenever_it_comes(newsroom: Newsroom, coverage: str, way: str) -> None:
    async with live(newsroom.url, coverage, way) as reader:
        await reader.say({"type": "ping"})
        told = await reader.take(4)
        assert sorted(types(told)) == ["hello", "live", "pong", "snapshot"]
        await reader.say({"type": "ping"})
        assert await reader.next() == {"type": "pong"}
        await reader.socket.ping()
        await reader.say({"type": "auth", "token": "whatever"})
        newsroom.publish(coverage)
        assert (await reader.next())["type"] == "entry.published"


@WAYS
async def test_a_message_that_is_too_long_is_closed_with_1009(newsroom: Newsroom, coverage: str, way: str) -> None:
    for said in ("x" * 4097, ["x" * 2048] * 3):
        async with live(newsroom.url, coverage, way) as reader:
            await reader.until("live")
            await reader.socket.send(said)
            await reader.rest()
        assert reader.code == 1009


async def test_a_message_in_too_many_pieces_is_not_waited_for(newsroom: Newsroom, coverage: str) -> None:
    async with live(newsroom.url, coverage) as reader:
        await reader.until("live")
        with suppress(ConnectionClosed):  # it goes on writing when nobody listens any more
            await reader.socket.send([""] * 1_000)
        await reader.rest()
    assert reader.code in (1009, 1006)


async def test_a_deflated_bomb_is_closed_with_1009(newsroom: Newsroom, coverage: str) -> None:
    async with live(newsroom.url, coverage, deflate=True) as reader:
        await reader.until("live")
        await reader.socket.send("x" * 1_000_000)
        await reader.rest()
    assert reader.code == 1009
    figures = newsroom.ask("GET", "/metrics").text
    assert 'feed_dropped_total{reason="misuse"}' in figures
    assert 'feed_dropped_total{reason="misuse"} 0.0' not in figures


async def test_an_address_without_an_end_point_is_no_websocket(newsroom: Newsroom, coverage: str) -> None:
    for path in ("/", f"/v1/coverages/{coverage}", f"/v1/coverages/{coverage}/live/x"):
        with pytest.raises(InvalidStatus) as caught:
            async with connect(newsroom.url.replace("http", "ws", 1) + path):
                pass
        assert caught.value.response.status_code in (403, 404)


def test_asked_for_without_upgrade_it_says_that_it_is_a_websocket(newsroom: Newsroom, coverage: str) -> None:
    """Whatever the coverage, and whether or not there is one."""
    private = newsroom.create(visibility="private")
    told = []
    for id_ in (coverage, private, "nothing"):
        for method in ("GET", "HEAD"):
            answer = newsroom.ask(method, f"/v1/coverages/{id_}/live?limit=5", token="")
            assert answer.headers["upgrade"] == "websocket"
            assert answer.headers["connection"].lower() == "upgrade"
            if method == "GET":
                told.append(problem(answer, 426, "upgrade_required"))
    assert told[0] == told[1] == told[2]
    assert "Upgrade" in told[0]["detail"]
    assert "/events" in told[0]["detail"]
    answer = newsroom.ask("POST", f"/v1/coverages/{coverage}/live", {})
    problem(answer, 405, "method_not_allowed")


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"Sec-WebSocket-Version": "8"}, 426, "unsupported_version"),
        ({"Sec-WebSocket-Key": "short"}, 400, "malformed_request"),
        ({"Connection": "close"}, 400, "malformed_request"),
    ],
)
def test_a_handshake_that_is_refused_says_why_as_a_problem(
    newsroom: Newsroom, coverage: str, changed: dict[str, str], status: int, code: str
) -> None:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    } | changed
    answer = httpx2.get(f"{newsroom.url}/v1/coverages/{coverage}/live", headers=headers)
    problem(answer, status, code)
    assert answer.headers.get("sec-websocket-version") == ("13" if status == 426 else None)


# ---------------------------------------------------------------- other sites


async def test_only_sites_that_are_set_may_connect_when_some_are() -> None:
    with (
        running_server(FEED_ALLOWED_ORIGINS="https://a.example") as server,
        Newsroom(server) as newsroom,
    ):
        coverage = newsroom.create()
        own = f"http://127.0.0.1:{server.port}"
        for way in (AT_ONCE, BY_THE_APPLICATION, AT_ONCE):
            for origin in ("https://a.example", own, None):
                async with live(server.url, coverage, way, origin=origin) as reader:
                    await reader.until("live")
            for origin in ("https://b.example", "null", "http://[", "https://a.example.evil"):
                with pytest.raises(InvalidStatus) as caught:
                    async with live(server.url, coverage, way, origin=origin):
                        pass
                refused = caught.value.response
                assert refused.status_code == 403
                assert refused.headers["Content-Type"] == "application/problem+json"
                assert json.loads(refused.body)["code"] == "not_allowed"
        assert "Traceback" not in server.log


# ---------------------------------------------------------------- when the server goes


async def test_a_server_that_goes_tells_its_readers_when_to_come_back() -> None:
    with running_server() as server, Newsroom(server) as newsroom:
        coverage = newsroom.create()
        private = newsroom.create(visibility="private")
        async with (
            live(server.url, coverage) as one,
            live(server.url, coverage, BY_THE_APPLICATION) as two,
            live(server.url, private, token=server.admin_token) as three,
        ):
            for reader in (one, two, three):
                await reader.until("live")
            os.kill(server.pid, signal.SIGTERM)
            for reader in (one, two, three):
                assert await reader.rest() == []
                assert reader.code == 4201
                assert reader.reason is not None
                assert 0 <= json.loads(reader.reason)["r"] < 10_000
        assert "Traceback" not in server.log
