"""Following without websockets, against a server that answers what the test says."""

from __future__ import annotations

import asyncio
import gc
import json
from contextlib import aclosing
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from scripted import Answer, Asked, http_server

from feed_client import Message, TokenExpired, UnknownCoverage, follow
from feed_client import session as session_module
from feed_client.session import Reconnect
from feed_client.streams import PagesLink

HELLO = {"type": "hello", "v": 1, "coverage": "c", "mode": "snapshot", "heartbeat": 20}
SNAPSHOT: dict[str, Any] = {"type": "snapshot", "coverage": {"id": "c"}, "entries": [], "cursor": "0-0", "next": None}
LIVE = {"type": "live"}
# To who already has the end.
DONE: Answer = (204, {}, None)
BARRED: Answer = (400, {}, {"who": "a proxy"})


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "backoff", lambda attempt, chance: 0.01)
    monkeypatch.setattr(session_module, "after_advice", lambda advised, attempt, chance: 0.01)


def change(number: int, type_: str = "entry.published", headline: str = "") -> dict[str, Any]:
    entry = {"id": f"e{number}", "headline": headline}
    return {"type": type_, "cursor": f"{number}-0", "prev": f"{number - 1}-0", "entry": entry, "coverage": {"id": "c"}}


def end(number: int) -> dict[str, Any]:
    return change(number, "coverage.ended")


def stream(*messages: dict[str, Any], tail: str = "") -> Answer:
    parts = [f"event: {message['type']}\ndata: {json.dumps(message, ensure_ascii=False)}\n\n" for message in messages]
    return (
        200,
        {"Content-Type": "text/event-stream; charset=utf-8"},
        ("retry: 1000\n\n" + "".join(parts) + tail).encode(),
    )


def pages(*events: dict[str, Any], up_to_date: bool = True, ended: bool = False) -> Answer:
    document = {"events": events, "cursor": "-", "up_to_date": up_to_date, "ended": ended}
    return 200, {"Content-Type": "application/json"}, document


def problem(status: int, code: str) -> Answer:
    return status, {"Content-Type": "application/problem+json"}, {"status": status, "code": code, "detail": "Because."}


async def collect(url: str, *transports: Any, **options: Any) -> list[Message]:
    async with asyncio.timeout(20):
        following = follow(url, "c", transports=transports or ("websocket", "sse", "poll"), **options)
        return [message async for message in following]


def paths(asked: list[Asked]) -> list[str]:
    return [urlsplit(one.target).path.rpartition("/")[2] for one in asked]


def query(one: Asked) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(one.target).query).items()}


def types(messages: list[Message]) -> list[str]:
    return [message["type"] for message in messages]


def cursors(messages: list[Message]) -> list[str]:
    return [message["cursor"] for message in messages if "prev" in message]


async def test_a_stream_is_followed_to_the_end() -> None:
    # What ends a line in a text of Python's ends none in a stream.
    odd = "a\u2028b\u0085c\u000bd"
    async with http_server(stream(HELLO, SNAPSHOT, LIVE, change(1, headline=odd), end(2)), DONE) as (url, asked):
        messages = await collect(url, "sse", token="secret", limit=7)
    assert types(messages) == ["hello", "snapshot", "live", "entry.published", "coverage.ended"]
    assert messages[3]["entry"]["headline"] == odd
    one = asked[0]
    assert urlsplit(one.target).path == "/v1/coverages/c/events"
    assert query(one) == {"limit": "7"}
    assert one.headers["authorization"] == "Bearer secret"


async def test_a_stream_that_ends_is_resumed_and_its_advice_is_taken() -> None:
    first = stream(HELLO, SNAPSHOT, LIVE, change(1), tail=": still here\n\nretry: 4000\n\n")
    pauses: list[Reconnect] = []
    async with http_server(first, stream(change(2)), stream(end(3)), DONE) as (url, asked):
        messages = await collect(url, "sse", on_pause=pauses.append)
    assert cursors(messages) == ["1-0", "2-0", "3-0"]
    assert [query(one).get("after") for one in asked[:3]] == [None, "1-0", "2-0"]
    assert [pause.floor_s for pause in pauses][:2] == [4.0, 0.0]


async def test_who_already_has_the_end_is_done() -> None:
    async with http_server(DONE) as (url, asked):
        assert await collect(url, "sse", after="5-0") == []
    assert len(asked) == 1


@pytest.mark.parametrize("transport", ["sse", "poll"])
async def test_a_refusal_is_raised(transport: str) -> None:
    async with http_server(problem(404, "unknown_coverage")) as (url, asked):
        with pytest.raises(UnknownCoverage):
            await collect(url, transport)
    assert len(asked) == 1


@pytest.mark.parametrize("transport", ["sse", "poll"])
async def test_a_token_that_ran_out_is_renewed(transport: str) -> None:
    tokens = iter(["first", "second"])
    last = stream(end(1)) if transport == "sse" else pages(end(1), ended=True)
    async with http_server(problem(401, "token_expired"), last, DONE) as (url, asked):
        assert cursors(await collect(url, transport, after="0-0", token=lambda: next(tokens))) == ["1-0"]
    assert [one.headers["authorization"] for one in asked[:2]] == ["Bearer first", "Bearer second"]


async def test_a_fixed_token_that_ran_out_is_an_error() -> None:
    async with http_server(problem(401, "token_expired")) as (url, _):
        with pytest.raises(TokenExpired):
            await collect(url, "sse", token="old")


async def test_pages_begin_with_the_entries_and_the_head_and_go_on_from_there() -> None:
    entries: Answer = (200, {"Content-Type": "application/json"}, {"entries": [], "cursor": "0-0", "next": None})
    head: Answer = (200, {"Content-Type": "application/json"}, {"id": "c", "cursor": "0-0"})
    answers = [entries, head, pages(change(1), up_to_date=False), pages(change(2)), pages(), pages(end(3), ended=True)]
    async with http_server(*answers) as (url, asked):
        messages = await collect(url, "poll", limit=7)
    assert types(messages) == [*["hello", "snapshot"], *["entry.published"] * 2, "live", "coverage.ended", "live"]
    assert paths(asked) == ["entries", "c", *["entries"] * 4]
    assert query(asked[0]) == {"limit": "7"}
    assert [(query(one)["after"], query(one)["wait"]) for one in asked[2:]] == [
        ("0-0", "0"),
        ("1-0", "0"),
        ("2-0", "20"),
        ("2-0", "20"),
    ]


async def test_nothing_is_kept_of_questions_that_were_answered() -> None:
    many = 30
    answers = [pages(change(number), up_to_date=False) for number in range(1, many)]
    async with http_server(*answers, pages(end(many), ended=True)) as (url, _), asyncio.timeout(20):
        following = follow(url, "c", after="0-0", transports=["poll"])
        async with aclosing(following) as messages:
            async for message in messages:
                if message["type"] == "coverage.ended":
                    gc.collect()
                    assert sum(isinstance(one, PagesLink) for one in gc.get_objects()) < 5


async def test_pages_that_do_not_reach_back_begin_anew() -> None:
    entries: Answer = (200, {"Content-Type": "application/json"}, {"entries": [], "cursor": "4-0", "next": None})
    head: Answer = (200, {"Content-Type": "application/json"}, {"id": "c", "cursor": "4-0"})
    async with http_server(problem(410, "cursor_lost"), entries, head, pages(end(5), ended=True)) as (url, _):
        assert types(await collect(url, "poll", after="9-0"))[:3] == ["hello", "snapshot", "coverage.ended"]


async def test_where_neither_websockets_nor_streams_pass_pages_do() -> None:
    not_a_stream: Answer = (200, {"Content-Type": "text/html"}, b"<h1>Sign in</h1>")
    async with http_server(BARRED, not_a_stream, not_a_stream, pages(end(1), ended=True)) as (url, asked):
        assert cursors(await collect(url, after="0-0")) == ["1-0"]
    assert paths(asked) == ["live", "events", "events", "entries"]


async def test_what_bars_everything_is_raised() -> None:
    async with http_server((404, {}, {})) as (url, asked):
        with pytest.raises(UnknownCoverage):
            await collect(url)
    assert paths(asked) == ["live", "events", "entries"]


@pytest.mark.parametrize("broken", [b"not JSON", b"[]", b'{"events": 5}'])
async def test_a_page_that_is_none_is_asked_for_again(broken: bytes) -> None:
    answer: Answer = (200, {"Content-Type": "application/json"}, broken)
    async with http_server(answer, None, pages(end(1), ended=True)) as (url, asked):
        assert cursors(await collect(url, "poll", after="0-0")) == ["1-0"]
    assert len(asked) == 3


async def test_a_server_that_has_no_room_is_no_reason_for_another_kind_of_connection() -> None:
    full = problem(503, "too_many_subscribers")
    async with http_server(BARRED, full, full, full, stream(end(1)), DONE) as (url, asked):
        assert cursors(await collect(url, after="0-0")) == ["1-0"]
    assert paths(asked)[:5] == ["live", *["events"] * 4]


async def test_a_comment_is_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "PONG_WITHIN", 1.0)
    asked = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.readuntil(b"\r\n\r\n")
        if asked > 1:
            writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            writer.close()
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        writer.write(f"data: {json.dumps(HELLO | {'mode': 'resumed', 'heartbeat': 0.5})}\n\n".encode())
        for _ in range(20):
            await asyncio.sleep(0.1)
            writer.write(b": still here\n\n")
        writer.write(f"data: {json.dumps(end(1))}\n\n".encode())
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert cursors(await collect(url, "sse", after="0-0")) == ["1-0"]
