"""JSON Web Tokens on a real server: for publishing and reading, over every transport, until they run out."""

from __future__ import annotations

import asyncio
import time

import httpx2
import pytest

from tests.live.reading import live, types
from tests.newsroom import Newsroom, fresh, problem

from .conftest import Guarded
from .provider import Pair, signed, write_keys


@pytest.fixture
def secret(newsroom: Newsroom) -> str:
    id_ = newsroom.create(id=fresh("secret"), visibility="private")
    newsroom.publish(id_, id="a", text="unspeakable")
    return id_


def test_it_publishes_and_reads_what_its_scopes_cover(guarded: Guarded, secret: str) -> None:
    newsroom, path = guarded.newsroom, f"/v1/coverages/{secret}/entries"
    for sign in (signed, guarded.pair.sign):
        writer, reader = sign(scope="publish:secret-*"), sign(scope=f"openid read:{secret}")
        assert newsroom.ask("POST", path, {"text": "x"}, token=writer).status_code == 201
        assert newsroom.ask("GET", path, token=reader).status_code == 200
        problem(newsroom.ask("POST", path, {"text": "x"}, token=reader), 403, "not_allowed")
        problem(newsroom.ask("GET", path, token=sign(scope="read:another")), 404, "unknown_coverage")
        problem(newsroom.ask("POST", path, {"text": "x"}, token=sign(scope="publish:another")), 403, "not_allowed")
        assert newsroom.ask("GET", "/v1/tokens", token=sign(scope="admin")).status_code == 200


def test_one_that_ran_out_or_is_none_of_ours_is_refused(guarded: Guarded, secret: str) -> None:
    newsroom, path = guarded.newsroom, f"/v1/coverages/{secret}/entries"
    old = {"exp": int(time.time()) - 1, "scope": f"publish:{secret}"}
    for sign in (signed, guarded.pair.sign):
        problem(newsroom.ask("POST", path, {"text": "x"}, token=sign(**old)), 401, "token_expired")
        problem(newsroom.ask("GET", path, token=sign(**old)), 401, "token_expired")
    for token in (signed("x" * 48, scope="admin"), Pair("EdDSA", "of-the-tests").sign(scope="admin"), "a.b.c"):
        answer = newsroom.ask("POST", path, {"text": "x"}, token=token)
        problem(answer, 401, "not_authenticated")
        assert answer.headers["www-authenticate"] == "Bearer"
        problem(newsroom.ask("GET", path, token=token), 404, "unknown_coverage")


async def test_it_opens_a_websocket_and_is_renewed_on_it(guarded: Guarded, secret: str) -> None:
    scope = f"read:{secret}"
    async with live(guarded.newsroom.url, secret) as reader:
        began = time.time()
        await reader.say({"type": "auth", "token": signed(scope=scope, exp=int(began) + 4)})
        asked = (await reader.until("auth"))[-1]
        assert 0 < asked["within_ms"] <= 4_000
        await reader.say({"type": "auth", "token": guarded.pair.sign(scope=scope, exp=int(began) + 7)})
        assert (await reader.next())["type"] == "auth"
        assert await reader.rest() == []
        assert time.time() > int(began) + 6.9
    assert reader.code == 4101


async def test_a_stream_of_events_ends_when_it_runs_out(guarded: Guarded, secret: str) -> None:
    token = signed(scope=f"read:{secret}", exp=int(time.time()) + 4)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=guarded.newsroom.url, timeout=30) as client:
        async with client.stream("GET", f"/v1/coverages/{secret}/events", headers=headers) as answer:
            assert answer.status_code == 200
            text = "".join([part async for part in answer.aiter_text()])
        assert "event: live" in text
        assert (await client.get(f"/v1/coverages/{secret}/events", headers=headers)).status_code == 401


async def test_a_key_that_is_withdrawn_closes_what_its_tokens_opened(guarded: Guarded, secret: str) -> None:
    scope, new = f"read:{secret}", Pair("EdDSA", "new")
    try:
        async with (
            live(guarded.newsroom.url, secret, token=guarded.pair.sign(scope=scope)) as reader,
            live(guarded.newsroom.url, secret, token=signed(scope=scope)) as other,
        ):
            await reader.until("live")
            await other.until("live")
            write_keys(guarded.keys, new)
            assert (await reader.rest(), reader.code) == ([], 4101)
            await other.say({"type": "ping"})
            assert await other.next() == {"type": "pong"}
        async with live(guarded.newsroom.url, secret, token=new.sign(scope=scope)) as reader:
            assert types(await reader.until("live")) == ["hello", "snapshot", "live"]
        async with live(guarded.newsroom.url, secret, token=guarded.pair.sign(scope=scope)) as reader:
            assert (types(await reader.rest()), reader.code) == (["error"], 4004)
    finally:
        write_keys(guarded.keys, guarded.pair, new)
        async with asyncio.timeout(30):
            while guarded.newsroom.ask("GET", "/v1/tokens", token=guarded.pair.sign(scope="admin")).status_code != 200:
                await asyncio.sleep(0.1)
