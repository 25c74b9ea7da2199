"""A token that is revoked: over for requests, and for connections that it opened, also on another node."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import httpx2
import pytest

from feed.drafts import TokenDraft
from feed.store.redis import RedisStore
from feed.tokens import Tokens
from feed.watch import Watch
from tests.live.reading import live, types
from tests.newsroom import Newsroom, fresh, problem
from tests.running import StoreProcess, running_server

ADMIN = "an-administrator-of-the-tests"


@pytest.fixture
def secret(newsroom: Newsroom) -> str:
    id_ = newsroom.create(id=fresh("secret"), visibility="private")
    newsroom.publish(id_, id="a", text="unspeakable")
    return id_


def made(newsroom: Newsroom, *scopes: str, expires_in_s: int | None = None) -> Any:
    return newsroom.ask("POST", "/v1/tokens", {"scopes": scopes, "expires_in_s": expires_in_s}).json()


async def test_it_closes_the_websockets_it_opened_and_no_other(newsroom: Newsroom, secret: str) -> None:
    one, other = made(newsroom, f"read:{secret}"), made(newsroom, f"read:{secret}")
    async with (
        live(newsroom.url, secret, token=one["token"]) as by_header,
        live(newsroom.url, secret) as by_message,
        live(newsroom.url, secret, token=one["token"]) as renewed,
        live(newsroom.url, secret, token=other["token"]) as stays,
    ):
        await by_message.say({"type": "auth", "token": one["token"]})
        for reader in (by_header, by_message, renewed, stays):
            await reader.until("live")
        await renewed.say({"type": "auth", "token": other["token"]})
        await renewed.say({"type": "ping"})
        assert await renewed.next() == {"type": "pong"}
        assert newsroom.ask("DELETE", f"/v1/tokens/{one['id']}").status_code == 204
        for reader in (by_header, by_message):
            assert (await reader.rest(), reader.code) == ([], 4101)
        newsroom.publish(secret, id="b", text="x")
        for reader in (renewed, stays):
            assert (await reader.next())["entry"]["id"] == "b"
    async with live(newsroom.url, secret, token=one["token"]) as again:
        assert (types(await again.rest()), again.code) == (["error"], 4004)


async def test_it_ends_the_streams_of_events_it_opened(newsroom: Newsroom, secret: str) -> None:
    token = made(newsroom, f"read:{secret}")
    headers = {"Authorization": f"Bearer {token['token']}"}
    async with httpx2.AsyncClient(base_url=newsroom.url, timeout=30) as client:
        async with client.stream("GET", f"/v1/coverages/{secret}/events", headers=headers) as answer:
            parts = answer.aiter_text()
            text = ""
            while "event: live" not in text:
                text += await anext(parts)
            await asyncio.to_thread(newsroom.ask, "DELETE", f"/v1/tokens/{token['id']}")
            assert [part async for part in parts] == []
        assert (await client.get(f"/v1/coverages/{secret}/events", headers=headers)).status_code == 404


async def test_readers_of_what_is_public_are_not_disturbed(newsroom: Newsroom, coverage: str) -> None:
    token = made(newsroom, f"read:{coverage}")
    async with live(newsroom.url, coverage, token=token["token"]) as reader:
        await reader.until("live")
        newsroom.ask("DELETE", f"/v1/tokens/{token['id']}")
        newsroom.publish(coverage, id="a", text="x")
        assert (await reader.next())["entry"]["id"] == "a"


async def test_a_waiting_poll_is_not_answered_with_what_came_after(newsroom: Newsroom, secret: str) -> None:
    token, tip = made(newsroom, f"read:{secret}"), newsroom.tip(secret)
    headers = {"Authorization": f"Bearer {token['token']}"}
    path = f"/v1/coverages/{secret}/entries?after={tip}&wait=20"
    async with httpx2.AsyncClient(base_url=newsroom.url, timeout=30) as client:
        waiting = await begun(client, path, headers)
        await client.delete(f"/v1/tokens/{token['id']}", headers={"Authorization": f"Bearer {newsroom.token}"})
        await asyncio.to_thread(newsroom.publish, secret, text="not for you")
        answer = await waiting
    problem(answer, 404, "unknown_coverage")
    assert "not for you" not in answer.text


@pytest.mark.parametrize("how", ["revoked", "expired"])
async def test_a_poll_does_not_go_on_waiting_without_a_token(newsroom: Newsroom, secret: str, how: str) -> None:
    token = made(newsroom, f"read:{secret}", expires_in_s=2 if how == "expired" else None)
    path = f"/v1/coverages/{secret}/entries?after={newsroom.tip(secret)}&wait=30"
    headers = {"Authorization": f"Bearer {token['token']}"}
    async with httpx2.AsyncClient(base_url=newsroom.url, timeout=30) as client:
        waiting = await begun(client, path, headers)
        if how == "revoked":
            await asyncio.to_thread(newsroom.ask, "DELETE", f"/v1/tokens/{token['id']}")
        answer = await asyncio.wait_for(waiting, 15)
        if answer.status_code == 200:  # in the last moment of the token
            assert answer.json()["events"] == []
            answer = await client.get(path, headers=headers)
    problem(answer, *((404, "unknown_coverage") if how == "revoked" else (401, "token_expired")))


async def begun(client: httpx2.AsyncClient, path: str, headers: dict[str, str]) -> asyncio.Task[httpx2.Response]:
    """A poll that waits, or was answered at once: on a slow machine its token may be over by then."""

    async def subscriptions() -> str:
        figures = (await client.get("/metrics")).text
        return next(line for line in figures.splitlines() if line.startswith("feed_subscriptions_total "))

    before = await subscriptions()
    waiting = asyncio.create_task(client.get(path, headers=headers))
    async with asyncio.timeout(20):
        while await subscriptions() == before and not waiting.done():
            await asyncio.sleep(0.01)
    return waiting


async def test_it_closes_them_on_another_node_as_soon(valkey: StoreProcess) -> None:
    with (
        running_server("--store", valkey.url, FEED_ADMIN_TOKEN=ADMIN) as one,
        running_server("--store", valkey.url, FEED_ADMIN_TOKEN=ADMIN) as other,
        Newsroom(one, ADMIN) as here,
    ):
        secret = here.create(id=fresh("secret"), visibility="private")
        token = made(here, f"read:{secret}")
        async with live(other.url, secret, token=token["token"]) as reader:
            await reader.until("live")
            assert here.ask("DELETE", f"/v1/tokens/{token['id']}").status_code == 204
            assert (await reader.rest(), reader.code) == ([], 4101)
        async with live(other.url, secret, token=token["token"]) as again:
            assert (types(await again.rest()), again.code) == (["error"], 4004)


async def test_another_node_finds_out_by_itself(store: RedisStore) -> None:
    here, there = Tokens(store, ADMIN), Tokens(store, ADMIN)
    grants = [await here.create(TokenDraft(scopes=("read:*",))) for _ in range(3)]
    watch = Watch(there, every_s=0.05)
    over: list[int | str] = []
    holds = [
        watch.hold(await there.bearer(token), partial(over.append, number))
        for number, (_, token, _) in enumerate(grants)
        for _ in range(2)
    ]
    watch.hold(await there.bearer(ADMIN), lambda: over.append("admin"))
    task = asyncio.create_task(watch.run())
    try:
        await here.revoke(grants[1][0].id)
        await here.revoke(grants[2][0].id)
        watch.release(holds[5])
        async with asyncio.timeout(20):
            while len(over) < 3:
                await asyncio.sleep(0.01)
        assert sorted(over, key=str) == [1, 1, 2]
        watch.release(holds[2])  # what was called is given back without harm
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("what", ["make", "revoke"])
def test_requests_about_tokens_are_repeated_like_any_write(newsroom: Newsroom, what: str) -> None:
    key, draft = {"Idempotency-Key": fresh("key")}, {"scopes": ["read:a"], "name": what}
    if what == "make":
        first, again = [newsroom.ask("POST", "/v1/tokens", draft, headers=key) for _ in range(2)]
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json()["token"] == again.json()["token"]
        other = newsroom.ask("POST", "/v1/tokens", draft | {"name": "other"}, headers=key)
        listed = [one for one in newsroom.get("/v1/tokens")["tokens"] if one["id"] == first.json()["id"]]
        assert len(listed) == 1
    else:
        id_ = made(newsroom, "read:a")["id"]
        first, again = [newsroom.ask("DELETE", f"/v1/tokens/{id_}", headers=key) for _ in range(2)]
        assert (first.status_code, again.status_code) == (204, 204)
        other = newsroom.ask("DELETE", f"/v1/tokens/{made(newsroom, 'read:a')['id']}", headers=key)
    assert first.content == again.content
    assert "idempotent-replay" not in first.headers
    assert again.headers["idempotent-replay"] == "true"
    problem(other, 409, "idempotency_key_reused")
    assert newsroom.token not in newsroom.ask("GET", "/v1/tokens").text
