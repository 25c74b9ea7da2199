"""Private coverages over a websocket: a token first, and nothing to be learnt without one."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.newsroom import Newsroom, fresh

from .reading import Live, live, types


@pytest.fixture
def secret(newsroom: Newsroom) -> str:
    id_ = newsroom.create(id=fresh("secret"), visibility="private")
    newsroom.publish(id_, id="a", text="unspeakable")
    return id_


async def test_it_is_followed_with_a_token_in_the_first_message(newsroom: Newsroom, secret: str) -> None:
    token = await asyncio.to_thread(newsroom.make_token, f"read:{secret}")
    async with live(newsroom.url, secret) as reader:
        await reader.say({"type": "auth", "token": token})
        told = await reader.until("live")
        assert types(told) == ["hello", "snapshot", "live"]
        newsroom.publish(secret, id="b", text="x")
        assert (await reader.next())["entry"]["id"] == "b"
        await reader.say({"type": "ping"})
        assert await reader.next() == {"type": "pong"}
        newsroom.end(secret)
        assert types(await reader.rest()) == ["coverage.ended"]
    assert reader.code == 1000
    async with live(newsroom.url, secret, f"after={told[1]['cursor']}", token=token) as reader:
        assert types(await reader.rest()) == ["hello", "entry.published", "coverage.ended"]


@pytest.mark.parametrize("scope", ["read:{id}", "read:*", "publish:secret-*", "admin"])
async def test_it_is_followed_with_a_token_in_the_header(newsroom: Newsroom, secret: str, scope: str) -> None:
    token = newsroom.make_token(scope.format(id=secret))
    async with live(newsroom.url, secret, token=token) as reader:
        assert types(await reader.until("live")) == ["hello", "snapshot", "live"]


async def ending(reader: Live, said: list[Any]) -> Any:
    """What a reader that says this hears, and how it is closed."""
    for message in said:
        await reader.say(message)
    return await reader.rest(), reader.code, reader.reason


def anonymous(told: Any, id_: str) -> Any:
    messages, code, reason = told
    return [{**message, "detail": message["detail"].replace(id_, "id")} for message in messages], code, reason


@pytest.mark.parametrize("how", ["first message", "header", "misuse"])
async def test_to_a_stranger_it_looks_as_if_it_were_not_there(newsroom: Newsroom, secret: str, how: str) -> None:
    elsewhere = newsroom.make_token("read:another")
    for token in ("not-a-token", "feed_0123456789ab_" + "x" * 43, elsewhere):
        said = {"first message": [{"type": "auth", "token": token}], "misuse": [{"type": "ping"}], "header": []}[how]
        told = []
        for id_ in (secret, "secret-0", secret):
            async with live(newsroom.url, id_, "limit=5", token=token if how == "header" else None) as reader:
                began = time.monotonic()
                told.append(anonymous(await ending(reader, said), id_))
                assert time.monotonic() - began < 2, "answered at once"
        assert told[0] == told[1] == told[2]
        assert told[0][1] == (4001 if how == "misuse" else 4004)
        assert types(told[0][0]) == ["error"]


async def test_who_shows_no_token_is_let_go_and_learns_nothing(newsroom: Newsroom, secret: str) -> None:
    async def watched(id_: str) -> Any:
        async with live(newsroom.url, id_) as reader:
            began = time.monotonic()
            told = anonymous(await ending(reader, []), id_)
            return told, time.monotonic() - began

    (one, took), (other, as_well) = await asyncio.gather(watched(secret), watched("secret-0"))
    assert one == other
    (error,) = one[0]
    assert (error["code"], one[1]) == ("unknown_coverage", 4004)
    assert abs(took - as_well) < 0.5


async def test_a_question_that_makes_no_sense_is_refused_alike(newsroom: Newsroom, secret: str) -> None:
    for id_ in (secret, "secret-0"):
        async with live(newsroom.url, id_, "after=x") as reader:
            (error,) = await reader.rest()
        assert (error["code"], reader.code) == ("malformed_cursor", 4001)


async def test_a_token_that_runs_out_is_asked_for_anew_and_ends_the_connection(newsroom: Newsroom, secret: str) -> None:
    token = newsroom.make_token(f"read:{secret}", expires_in_s=3)
    async with live(newsroom.url, secret, token=token) as reader:
        told = await reader.rest()
    assert types(told) == ["hello", "snapshot", "live", "auth"]
    assert 0 < told[-1]["within_ms"] <= 1_500
    assert reader.code == 4101
    # It opened this once, and only has to be renewed.
    for id_ in (secret, f"{secret}-0"):
        async with live(newsroom.url, id_, token=token) as reader:
            (error,) = await reader.rest()
        expired = id_ == secret
        assert (error["code"], reader.code) == (("token_expired", 4101) if expired else ("unknown_coverage", 4004))


async def test_a_token_can_be_renewed_while_connected(newsroom: Newsroom, secret: str) -> None:
    first = newsroom.make_token(f"read:{secret}", expires_in_s=6)
    async with live(newsroom.url, secret) as reader:
        await reader.say({"type": "auth", "token": first})
        await reader.until("auth")
        began = time.monotonic()
        second = newsroom.make_token(f"read:{secret}", expires_in_s=4)
        await reader.say({"type": "auth", "token": second})
        asked = await reader.next()
        assert asked["type"] == "auth"
        assert asked["within_ms"] <= 2_000  # half of what the second had: not at once again
        assert await reader.rest() == []
        assert time.monotonic() - began > 3.5
    assert reader.code == 4101


async def test_whatever_is_published_as_a_token_runs_out_the_reader_is_asked_to_come_back(
    newsroom: Newsroom, secret: str
) -> None:
    readers = 8
    async with AsyncExitStack() as stack:
        open_ = []
        for number in range(readers):
            token = newsroom.make_token(f"read:{secret}", expires_in_s=1 + number % 2)
            open_.append(await stack.enter_async_context(live(newsroom.url, secret, token=token)))
        until = time.monotonic() + 2.3
        while time.monotonic() < until:
            await asyncio.to_thread(newsroom.publish, secret, text="x")
        for reader in open_:
            await reader.rest()
            assert reader.code == 4101


async def test_a_token_that_never_runs_out_is_not_asked_for_again(newsroom: Newsroom, secret: str) -> None:
    token = newsroom.make_token(f"read:{secret}", expires_in_s=3)
    async with live(newsroom.url, secret, token=token) as reader:
        await reader.until("auth")
        await reader.say({"type": "auth", "token": newsroom.token})
        with pytest.raises(TimeoutError):  # nothing is said when the first would have run out
            async with asyncio.timeout(2):
                await reader.socket.recv()
        newsroom.publish(secret, id="b", text="x")
        assert (await reader.next())["entry"]["id"] == "b"


async def test_a_renewal_that_does_not_cover_the_coverage_ends_the_connection(newsroom: Newsroom, secret: str) -> None:
    for other in ("not-a-token", newsroom.make_token("read:another")):
        async with live(newsroom.url, secret, token=newsroom.token) as reader:
            await reader.until("live")
            await reader.say({"type": "auth", "token": other})
            assert types(await reader.rest()) == ["error"]
        assert reader.code == 4004


@pytest.mark.parametrize("way", ["limit=50", "limit=50&who=me"])
async def test_readers_of_what_becomes_private_are_let_go_before_they_hear_of_it(
    newsroom: Newsroom, coverage: str, way: str
) -> None:
    async with live(newsroom.url, coverage, way) as stranger:
        await stranger.until("live")
        newsroom.change(coverage, visibility="private", title="unspeakable")
        newsroom.publish(coverage, text="unspeakable")
        (error,) = await stranger.rest()
        assert (error["code"], stranger.code) == ("unknown_coverage", 4004)
    async with live(newsroom.url, coverage, way, token=newsroom.token) as reader:
        await reader.until("live")
        newsroom.change(coverage, visibility="public")
        assert (await reader.next())["coverage"]["visibility"] == "public"
        async with live(newsroom.url, coverage, way) as stranger:
            assert types(await stranger.until("live")) == ["hello", "snapshot", "live"]


async def test_readers_who_showed_a_token_can_go_on_when_it_becomes_private(newsroom: Newsroom, coverage: str) -> None:
    async with (
        live(newsroom.url, coverage) as by_message,
        live(newsroom.url, coverage, token=newsroom.token) as by_header,
        live(newsroom.url, coverage, token="not-a-token") as stranger,
    ):
        told = await by_message.until("live")
        await by_message.say({"type": "auth", "token": newsroom.token})
        await by_message.say({"type": "ping"})
        assert await by_message.next() == {"type": "pong"}
        for reader in (by_header, stranger):
            await reader.until("live")
        newsroom.change(coverage, visibility="private")
        assert (await by_header.next())["coverage"]["visibility"] == "private"
        assert (types(await stranger.rest()), stranger.code) == (["error"], 4004)
        assert (await by_message.rest(), by_message.code) == ([], 4101)
    async with live(newsroom.url, coverage, f"after={told[1]['cursor']}") as by_message:
        await by_message.say({"type": "auth", "token": newsroom.token})
        assert types(await by_message.until("live")) == ["hello", "coverage.changed", "live"]
