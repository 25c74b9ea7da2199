"""Following over real sockets, against a server that does what the test says."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any

import pytest
from scripted import Visit, live_server

from feed_client import Forbidden, Message, TokenExpired, UnknownCoverage, Unreachable, UnsupportedVersion, follow
from feed_client import session as session_module
from feed_client.session import Reconnect


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lengths of waits are the session's tests; here they only cost time."""
    monkeypatch.setattr(session_module, "backoff", lambda attempt, chance: 0.01)
    monkeypatch.setattr(session_module, "after_advice", lambda advised, attempt, chance: 0.01)


async def greet(visit: Visit, mode: str = "snapshot") -> None:
    await visit.say("hello", v=1, coverage="c", mode=mode, heartbeat=20)
    if mode != "resumed":
        await visit.say("snapshot", coverage={"id": "c"}, entries=[], cursor="0-0")


async def end(visit: Visit, prev: int, cursor: int) -> None:
    await visit.say("coverage.ended", cursor=f"{cursor}-0", prev=f"{prev}-0", coverage={"id": "c"})
    await visit.close(1000)


async def collect(url: str, **options: Any) -> list[Message]:
    async with asyncio.timeout(20):
        return [message async for message in follow(url, "c", **options)]


def cursors(messages: list[Message]) -> list[str]:
    return [message["cursor"] for message in messages if "prev" in message]


async def test_a_coverage_is_followed_to_its_end() -> None:
    async def script(visit: Visit) -> None:
        await greet(visit)
        await visit.say("live")
        await visit.change(0, 1)
        await end(visit, 1, 2)

    async with live_server(script) as (url, visits):
        messages = await collect(url, limit=7)
    types = [message["type"] for message in messages]
    assert types == ["hello", "snapshot", "live", "entry.published", "coverage.ended"]
    assert visits[0].path == "/v1/coverages/c/live"
    assert visits[0].query == {"limit": "7"}


async def test_a_lost_connection_is_resumed_where_it_broke() -> None:
    async def script(visit: Visit) -> None:
        if visit.number == 0:
            await greet(visit)
            await visit.change(0, 1)
            # Both are in one segment with the reset at times: what was not read then is asked for again.
            await visit.vanish()
        elif visit.number == 1:
            await greet(visit, "resumed")
            done = int(visit.query.get("after", "0-0").split("-")[0])
            for n in range(done + 1, 4):
                await visit.change(n - 1, n)
            await visit.close(1012)
        else:
            assert visit.query["after"] == "3-0"
            await greet(visit, "resumed")
            await end(visit, 3, 4)

    pauses: list[Reconnect] = []
    async with live_server(script) as (url, visits):
        messages = await collect(url, after="0-0", on_pause=pauses.append)
    assert cursors(messages) == ["1-0", "2-0", "3-0", "4-0"]
    assert len(visits) == 3
    assert len(pauses) == 2


async def test_a_hole_in_the_log_is_never_handed_on() -> None:
    async def script(visit: Visit) -> None:
        await greet(visit, "resumed")
        if visit.number == 0:
            await visit.change(0, 1)
            await visit.change(2, 3)
            await visit.wait_until_left()
        else:
            assert visit.query["after"] == "1-0"
            await visit.change(1, 2)
            await end(visit, 2, 3)

    async with live_server(script) as (url, _):
        assert cursors(await collect(url, after="0-0")) == ["1-0", "2-0", "3-0"]


async def test_the_token_is_the_first_message_and_not_in_the_address() -> None:
    heard: list[Any] = []

    async def script(visit: Visit) -> None:
        heard.append(await visit.hear())
        await greet(visit)
        await end(visit, 0, 1)

    async with live_server(script) as (url, visits):
        await collect(url, token="secret")
    assert heard == [{"type": "auth", "token": "secret"}]
    assert "secret" not in str(visits[0].query)


async def test_a_page_that_is_over_before_the_token_is_sent_is_read_whole() -> None:
    async def script(visit: Visit) -> None:
        await greet(visit)
        await end(visit, 0, 1)

    async with live_server(script) as (url, _):
        for _attempt in range(20):
            assert cursors(await collect(url, token="secret")) == ["1-0"]


async def test_an_expired_token_is_renewed_by_the_function() -> None:
    heard: list[Any] = []
    tokens = iter(["first", "second", "third"])

    async def script(visit: Visit) -> None:
        heard.append((await visit.hear())["token"])
        await greet(visit)
        if visit.number == 0:
            await visit.close(4101)
            return
        await visit.say("auth", within_ms=1000)
        heard.append((await visit.hear())["token"])
        await end(visit, 0, 1)

    async def fresh() -> str:
        return next(tokens)

    async with live_server(script) as (url, _):
        await collect(url, token=fresh)
    assert heard == ["first", "second", "third"]


async def test_a_fixed_token_that_expired_is_an_error() -> None:
    async def script(visit: Visit) -> None:
        await visit.close(4101)

    async with live_server(script) as (url, _):
        with pytest.raises(TokenExpired):
            await collect(url, token="old")


@pytest.mark.parametrize(("code", "error"), [(4003, Forbidden), (4004, UnknownCoverage), (4009, UnsupportedVersion)])
async def test_a_refusal_is_raised(code: int, error: type[Exception]) -> None:
    async def script(visit: Visit) -> None:
        await visit.say("error", code="some_code", detail="Because.")
        await visit.close(code)

    async with live_server(script) as (url, visits):
        with pytest.raises(error, match="Because"):
            await collect(url)
    assert len(visits) == 1


async def test_a_move_loses_nothing_and_repeats_nothing() -> None:
    second_is_here = asyncio.Event()

    async def script(visit: Visit) -> None:
        if visit.number == 0:
            await greet(visit)
            await visit.say("move", after_ms=0)
            await second_is_here.wait()
            with contextlib.suppress(Exception):
                for n in range(1, 4):
                    await visit.change(n - 1, n)
            await visit.wait_until_left()
        else:
            second_is_here.set()
            await asyncio.sleep(0.05)
            await greet(visit, "resumed")
            for n in range(1, 6):
                await visit.change(n - 1, n)
            await end(visit, 5, 6)

    async with live_server(script) as (url, visits):
        messages = await collect(url)
    assert cursors(messages) == [f"{n}-0" for n in range(1, 7)]
    assert visits[1].query["after"] == "0-0"


async def test_a_move_that_cannot_be_made_leaves_the_first_connection_in_use() -> None:
    async def script(visit: Visit) -> None:
        if visit.number == 0:
            await greet(visit)
            await visit.say("move", after_ms=0)
            await visit.wait_until_left()
        elif visit.number == 1:
            await visit.vanish()
        else:
            await greet(visit, "resumed")
            await end(visit, 0, 1)

    async with live_server(script) as (url, visits):
        assert cursors(await collect(url)) == ["1-0"]
    assert len(visits) == 3


async def test_a_silent_server_is_pinged_and_then_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "PONG_WITHIN", 0.05)
    heard: list[Any] = []

    async def script(visit: Visit) -> None:
        await visit.say("hello", v=1, coverage="c", mode="resumed", heartbeat=0.05)
        if visit.number == 0:
            heard.append(await visit.hear())
            await visit.wait_until_left()
        else:
            await end(visit, 0, 1)

    async with live_server(script) as (url, _):
        assert cursors(await collect(url, after="0-0")) == ["1-0"]
    assert heard == [{"type": "ping"}]


async def test_patience_ends_with_an_error_that_names_the_server() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Unreachable, match=url):
            await collect(url, patience=0.03)


async def test_patience_is_for_what_was_lost_not_for_what_was_quiet() -> None:
    async def script(visit: Visit) -> None:
        await greet(visit, "resumed")
        if visit.number == 0:
            await asyncio.sleep(0.6)
            await visit.vanish()
        else:
            await end(visit, 0, 1)

    async with live_server(script) as (url, _):
        assert cursors(await collect(url, after="0-0", patience=0.5)) == ["1-0"]


async def test_leaving_the_loop_closes_the_connection() -> None:
    left = asyncio.Event()

    async def script(visit: Visit) -> None:
        await greet(visit)
        await visit.wait_until_left()
        left.set()

    async with live_server(script) as (url, _):
        async with contextlib.aclosing(follow(url, "c")) as messages:
            async for message in messages:
                if message["type"] == "snapshot":
                    break
        async with asyncio.timeout(5):
            await left.wait()


async def test_a_name_with_odd_characters_stays_one_part_of_the_path() -> None:
    async def script(visit: Visit) -> None:
        await visit.close(4004)

    async with live_server(script) as (url, visits):
        with pytest.raises(UnknownCoverage):
            async for _ in follow(url + "/below/", "a/b?c"):
                pass
    assert visits[0].path == "/below/v1/coverages/a%2Fb%3Fc/live"


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://x", "http://"])
async def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        await collect(url)
