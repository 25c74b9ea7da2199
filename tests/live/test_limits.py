"""Limits on a real server: how many readers, from where, over what; how many changes of a token; how many at once."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from feed.limits import limits
from feed.live.front import Front
from feed.live.socket import LiveSocket
from tests.newsroom import fresh, problem
from tests.running import StoreProcess, running_store

from .events import stream
from .reading import Live, live
from .serving import ADMIN, served

AT_ONCE, BY_THE_APPLICATION = "limit=50", "limit=50&who=me"
OURS, UVICORNS = LiveSocket, "websockets-sansio"
PATIENCE_S = 20
# As many at once as a test can have in no time.
AT_MOST = 50


class Place:
    def __init__(self, url: str, http: httpx2.AsyncClient) -> None:
        self.url = url
        self.http = http
        self.coverage = fresh("limited")

    async def publish(self, count: int = 1, *, key: str | None = None, token: str = ADMIN) -> httpx2.Response:
        sent = {"Content-Type": "application/json" if count == 1 else "application/x-ndjson"}
        sent |= {"Authorization": f"Bearer {token}"} | ({} if key is None else {"Idempotency-Key": key})
        return await self.http.post(self.path, content=b'{"text": "x"}\n' * count, headers=sent)

    @property
    def path(self) -> str:
        return f"/v1/coverages/{self.coverage}/entries"

    async def figure(self, name: str) -> float:
        lines = (await self.http.get("/metrics")).text.splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    async def settled(self, readers: int) -> None:
        """Until the server has noticed who is there."""
        async with asyncio.timeout(PATIENCE_S):
            while await self.figure("feed_subscribers") != readers:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def place_with(store: StoreProcess, data: Path, *, ws: Any = OURS, **settings: Any) -> AsyncIterator[Place]:
    async with (
        served(store, data, ws=ws, http=Front if ws is OURS else "httptools", **settings) as server,
        httpx2.AsyncClient(
            base_url=server.url, headers={"Authorization": f"Bearer {ADMIN}"}, timeout=PATIENCE_S
        ) as http,
    ):
        place = Place(server.url, http)
        made = await http.post("/v1/coverages", json={"id": place.coverage, "title": "T"})
        assert made.status_code == 201
        yield place


async def turned_away(reader: Live) -> int:
    """Checks how it was said, and gives the advised delay."""
    (error,) = await reader.rest()
    assert (error["type"], error["code"], error["retryable"]) == ("error", "too_many_subscribers", True)
    assert reader.code == 4202
    assert json.loads(reader.reason or "") == {"r": error["retry_after_ms"]}
    return int(error["retry_after_ms"])


def retry_after(answer: httpx2.Response, status: int, code: str) -> float:
    document = problem(answer, status, code)
    assert int(answer.headers["retry-after"]) == -(-document["retry_after_ms"] // 1000)
    return float(document["retry_after_ms"])


# ---------------------------------------------------------------- readers


@pytest.mark.parametrize("ws", [OURS, UVICORNS], ids=["ours", "uvicorn's"])
async def test_there_are_only_so_many_readers_over_all_transports_together(
    valkey: StoreProcess, tmp_path: Path, ws: Any
) -> None:
    async with place_with(valkey, tmp_path, ws=ws, max_subscribers=3) as place:
        start = (await place.http.get(place.path)).json()["cursor"]
        query = {"after": start, "wait": 30}
        async with AsyncExitStack() as stack:
            for way in (AT_ONCE, BY_THE_APPLICATION):
                reader = await stack.enter_async_context(live(place.url, place.coverage, way))
                await reader.until("live")
            events = await stack.enter_async_context(stream(place.url, place.coverage))
            await events.until("live")
            for way in (AT_ONCE, BY_THE_APPLICATION):
                async with live(place.url, place.coverage, way) as late:
                    assert 5_000 <= await turned_away(late) <= 15_000
            async with stream(place.url, place.coverage) as late_events:
                await late_events.answer.aread()
                retry_after(late_events.answer, 503, "too_many_subscribers")
            # An EventSource that returns would never come again after an error.
            async with stream(place.url, place.coverage, last_event_id=start) as late_events:
                assert await late_events.next() is None
                assert (late_events.answer.status_code, late_events.retry is not None) == (200, True)
            retry_after(await place.http.get(place.path, params=query), 503, "too_many_subscribers")
            # Who does not stay is no reader.
            assert (await place.http.get(place.path, params={"after": start})).status_code == 200
            assert await place.figure('feed_shed_total{reason="subscribers"}') == 5
            # Those who are there are served.
            await place.publish()
            assert (await reader.next())["type"] == "entry.published"
        await place.settled(0)
        async with live(place.url, place.coverage) as reader:
            await reader.until("live")
            end = (await place.http.get(place.path)).json()["cursor"]
            polls = [asyncio.create_task(place.http.get(place.path, params=query | {"after": end})) for _ in range(2)]
            await place.settled(3)
            async with live(place.url, place.coverage) as late:
                await turned_away(late)
            await place.publish()
            assert [(await poll).status_code for poll in polls] == [200, 200]


@pytest.mark.parametrize("ws", [OURS, UVICORNS], ids=["ours", "uvicorn's"])
async def test_an_address_is_the_one_that_a_trusted_proxy_tells(valkey: StoreProcess, tmp_path: Path, ws: Any) -> None:
    async with place_with(valkey, tmp_path, ws=ws, max_subscribers_per_address=1) as place:
        async with AsyncExitStack() as stack:

            async def enter(way: str, forwarded_for: str) -> Live:
                headers = {"X-Forwarded-For": forwarded_for}
                return await stack.enter_async_context(live(place.url, place.coverage, way, headers=headers))

            for address in ("192.0.2.1", "192.0.2.2", "2001:db8:1:2::1", "2001:db8:1:3::1"):
                await (await enter(AT_ONCE, address)).until("live")
            for way in (AT_ONCE, BY_THE_APPLICATION):
                for address in ("192.0.2.1", "203.0.113.9, 192.0.2.2", "2001:db8:1:2:ffff::"):
                    await turned_away(await enter(way, address))
            answer = await place.http.get(
                f"/v1/coverages/{place.coverage}/events", headers={"X-Forwarded-For": "192.0.2.1"}
            )
            retry_after(answer, 429, "too_many_subscribers")
            assert await place.figure('feed_shed_total{reason="address"}') == 7
        await place.settled(0)
        async with live(place.url, place.coverage, headers={"X-Forwarded-For": "192.0.2.1"}) as again:
            await again.until("live")


async def test_nobody_is_taken_for_another_who_comes_by_no_trusted_proxy(valkey: StoreProcess, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"max_subscribers_per_address": 1, "trusted_proxies": ("10.0.0.1",)}
    async with (
        place_with(valkey, tmp_path, **settings) as place,
        live(place.url, place.coverage, headers={"X-Forwarded-For": "192.0.2.1"}) as reader,
    ):
        await reader.until("live")
        for way in (AT_ONCE, BY_THE_APPLICATION):
            async with live(place.url, place.coverage, way, headers={"X-Forwarded-For": "192.0.2.2"}) as other:
                await turned_away(other)


async def test_whoever_vanishes_makes_room(valkey: StoreProcess, tmp_path: Path) -> None:
    async with place_with(valkey, tmp_path, max_subscribers=1) as place:
        for way in (AT_ONCE, BY_THE_APPLICATION, AT_ONCE):
            async with live(place.url, place.coverage, way) as reader:
                await reader.until("live")
                reader.socket.transport.abort()
            await place.settled(0)


# ---------------------------------------------------------------- changes of a token


async def test_a_token_makes_only_so_many_changes(valkey: StoreProcess, tmp_path: Path) -> None:
    async with place_with(valkey, tmp_path, publish_rate=0.5) as place:
        made = (await place.http.post("/v1/tokens", json={"scopes": ["publish:*"]})).json()["token"]
        other = (await place.http.post("/v1/tokens", json={"scopes": ["publish:*"]})).json()["token"]
        answers = [await place.publish(token=made) for _ in range(40)]
        done = [answer for answer in answers if answer.status_code == 201]
        assert 5 <= len(done) < 40
        refused = next(answer for answer in answers if answer.status_code != 201)
        delay_ms = retry_after(refused, 429, "rate_limited")
        assert 0 < delay_ms <= 2_000
        assert await place.figure('feed_shed_total{reason="rate"}') == 40 - len(done)
        # Another token is not concerned, reading never is.
        assert (await place.publish(token=other)).status_code == 201
        assert (await place.http.get(place.path, headers={"Authorization": f"Bearer {made}"})).status_code == 200


async def test_a_repeated_request_counts_once_and_is_answered_when_nothing_is_left(
    valkey: StoreProcess, tmp_path: Path
) -> None:
    # So slow that no test is long enough for another one.
    async with place_with(valkey, tmp_path, publish_rate=0.001) as place:
        first = await place.publish(key="k")
        assert first.status_code == 201
        for _ in range(10):
            again = await place.publish(key="k")
            assert (again.status_code, again.headers["idempotent-replay"]) == (200, "true")
            assert again.json()["cursor"] == first.json()["cursor"]
        # The coverage was one of five, the entry another.
        batch = await place.publish(3, key="batch")
        assert batch.status_code == 201
        retry_after(await place.publish(), 429, "rate_limited")
        retry_after(await place.publish(key="new"), 429, "rate_limited")
        for key, count in (("k", 1), ("batch", 3)):
            again = await place.publish(count, key=key)
            assert (again.status_code, again.headers["idempotent-replay"]) == (200, "true")
        entry = first.json()["entry"]["id"]
        for change in (
            place.http.patch(f"{place.path}/{entry}", json={"headline": "y"}),
            place.http.post(f"{place.path}/{entry}/retract", json={"reason": "r"}),
            place.http.delete(f"{place.path}/{entry}"),
            place.http.patch(f"/v1/coverages/{place.coverage}", json={"title": "U"}),
            place.http.post(f"/v1/coverages/{place.coverage}/end"),
            place.http.post("/v1/coverages", json={"title": "T"}),
            place.http.post("/v1/coverages", json={"title": "T"}, headers={"Idempotency-Key": "new"}),
            place.http.post("/v1/coverages", json={"title": "T", "id": "t"}, headers={"Idempotency-Key": "new"}),
        ):
            retry_after(await change, 429, "rate_limited")


async def test_a_coverage_without_an_id_is_created_once_also_when_nothing_is_left(
    valkey: StoreProcess, tmp_path: Path
) -> None:
    async with place_with(valkey, tmp_path, publish_rate=0.001) as place:

        async def create(key: str) -> httpx2.Response:
            return await place.http.post("/v1/coverages", json={"title": "T"}, headers={"Idempotency-Key": key})

        first = await create("k")
        assert first.status_code == 201
        assert (await place.publish(3)).status_code == 201
        retry_after(await create("new"), 429, "rate_limited")
        again = await create("k")
        assert (again.status_code, again.headers["idempotent-replay"]) == (200, "true")
        assert again.content == first.content


# ---------------------------------------------------------------- at once


async def test_more_writes_than_are_worked_on_at_once_are_sent_away_at_once(
    valkey: StoreProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_WRITES", AT_MOST)
    async with place_with(valkey, tmp_path) as place, AsyncExitStack() as stack:
        address = urlsplit(place.url)
        head = (
            f"POST {place.path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN}\r\n"
            "Content-Type: application/json\r\nContent-Length: 13\r\n\r\n"
        )
        waiting: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        for _ in range(AT_MOST):
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            stack.callback(writer.transport.abort)
            writer.write(head.encode())
            waiting.append((reader, writer))
        async with asyncio.timeout(PATIENCE_S):
            while (answer := await place.publish()).status_code == 201:
                await asyncio.sleep(0.01)
        retry_after(answer, 503, "overloaded")
        assert await place.figure('feed_shed_total{reason="overload"}') >= 1
        # Readers do not notice.
        async with live(place.url, place.coverage) as follower:
            await follower.until("live")
        for reader, writer in waiting[:10]:
            writer.write(b'{"text": "x"}')
            assert b" 201 " in await reader.readuntil(b"\r\n")
        assert (await place.publish()).status_code == 201


async def test_more_reads_than_are_worked_on_at_once_do_not_wait_for_a_store_that_is_slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_READS", AT_MOST)
    with running_store("valkey") as store:
        async with place_with(store, tmp_path) as place, AsyncExitStack() as stack:
            await place.publish()
            address = urlsplit(place.url)
            asking = f"GET {place.path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
            asked: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
            for _ in range(AT_MOST * 2):
                reader, writer = await asyncio.open_connection(address.hostname, address.port)
                stack.callback(writer.transport.abort)
                asked.append((reader, writer))
            store.signal(signal.SIGSTOP)
            try:
                # Together, or the first are answered that the store is away before the last have come.
                for _, writer in asked:
                    writer.write(asking)
                async with asyncio.timeout(PATIENCE_S):
                    while not await place.figure('feed_shed_total{reason="overload"}'):
                        await asyncio.sleep(0.01)
            finally:
                store.signal(signal.SIGCONT)
            async with asyncio.timeout(PATIENCE_S):
                answers = await asyncio.gather(*(reader.read() for reader, _ in asked))
            assert any(b'"overloaded"' in answer for answer in answers)
            assert {answer[9:12] for answer in answers} <= {b"200", b"503"}
            async with asyncio.timeout(PATIENCE_S):
                while (await place.http.get(place.path)).status_code != 200:
                    await asyncio.sleep(0.05)
