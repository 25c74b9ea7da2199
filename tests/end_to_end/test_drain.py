"""A server that is stopped moves its readers: told at once, served until they left, sent away only when they stay."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import string
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx2
from feed_client import Producer

from feed.departures import STAY_S
from tests.live.events import stream
from tests.live.reading import Live, live
from tests.running import ServerProcess, running_server, wait_until

WINDOW_S = 20


@asynccontextmanager
async def readers_of(server: ServerProcess, coverage: str, count: int) -> AsyncIterator[list[Live]]:
    """All of them are live."""
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(live(server.url, coverage)) for _ in range(count)]
        for reader in readers:
            await reader.until("live")
        yield readers


@asynccontextmanager
async def newsroom_of(server: ServerProcess, coverage: str = "drain") -> AsyncIterator[Producer]:
    async with Producer(server.url, server.admin_token) as producer:
        await producer.create("Drain", id=coverage)
        yield producer


def tell(server: ServerProcess, number: signal.Signals = signal.SIGTERM) -> None:
    os.kill(server.pid, number)


async def moves(readers: list[Live]) -> list[int]:
    """When each is told to move, in ms."""
    told = await asyncio.gather(*(reader.next() for reader in readers))
    assert {message["type"] for message in told} == {"move"}
    return [message["after_ms"] for message in told]


def advice(reader: Live) -> int:
    assert reader.reason is not None
    return int(json.loads(reader.reason)["r"])


async def ended(server: ServerProcess, within_s: float = 30) -> None:
    await asyncio.to_thread(wait_until, lambda: server.exit_code is not None, within_s, "the end of the server")


async def test_readers_are_told_over_the_window_and_served_until_they_have_left() -> None:
    with running_server(FEED_DRAIN_WINDOW=str(WINDOW_S)) as server:
        async with newsroom_of(server) as producer, httpx2.AsyncClient(base_url=server.url) as http:
            async with readers_of(server, "drain", 40) as readers:
                assert (await http.get("/readyz")).status_code == 200
                assert "feed_draining 0.0" in (await http.get("/metrics")).text
                loop = asyncio.get_running_loop()
                began = loop.time()
                tell(server)
                after_ms = await moves(readers)
                assert loop.time() - began < 5
                for quarter in range(4):
                    ends = [quarter * WINDOW_S * 250, (quarter + 1) * WINDOW_S * 250]
                    assert 8 <= sum(ends[0] <= after < ends[1] for after in after_ms) <= 12
                assert (await http.get("/readyz")).json() == {"status": "draining"}
                assert "feed_draining 1.0" in (await http.get("/metrics")).text
                # Who publishes goes on, and so do those who read.
                receipt = await producer.publish("drain", text="While they move")
                for reader in readers:
                    assert (await reader.next())["cursor"] == receipt["cursor"]
                    await reader.socket.close()
                    assert reader.socket.close_code == 1000
            await ended(server, within_s=WINDOW_S / 2)
            assert server.exit_code == 0


async def test_a_leaving_server_takes_no_new_readers_and_tells_them_when_to_come() -> None:
    with running_server(FEED_DRAIN_WINDOW=str(WINDOW_S)) as server:
        async with newsroom_of(server) as producer, readers_of(server, "drain", 1) as readers:
            cursor = (await producer.publish("drain", text="Before"))["cursor"]
            assert (await readers[0].next())["cursor"] == cursor
            async with httpx2.AsyncClient(base_url=server.url) as http:
                poll = asyncio.create_task(
                    http.get("/v1/coverages/drain/entries", params={"after": cursor, "wait": 30})
                )
                await subscribed(http, 2)
                tell(server)
                await moves(readers)
                assert (await poll).json() == {"events": [], "cursor": cursor, "up_to_date": True, "ended": False}
                again = await http.get("/v1/coverages/drain/entries", params={"after": cursor, "wait": 30})
                assert (again.status_code, again.json()["code"]) == (503, "draining")
                assert int(again.headers["Retry-After"]) >= 1
                assert (await http.get("/v1/coverages/drain/entries", params={"after": cursor})).status_code == 200
                for coverage in ("drain", "nothing"):
                    async with live(server.url, coverage) as refused:
                        error, over = await refused.take(2)
                        assert (error["code"], error["retryable"], over) == ("draining", True, None)
                        assert refused.code == 4201
                        assert advice(refused) == error["retry_after_ms"]
                new = await http.get("/v1/coverages/drain/events")
                assert (new.status_code, new.json()["code"]) == (503, "draining")
                assert int(new.headers["Retry-After"]) >= 1
                # An EventSource that returns would give up for ever if this were an error.
                async with stream(server.url, "drain", last_event_id=cursor) as returning:
                    assert await returning.rest() == []
                    assert returning.retry is not None


async def subscribed(http: httpx2.AsyncClient, count: int) -> None:
    async with asyncio.timeout(20):
        while f"feed_subscribers {count}.0" not in (await http.get("/metrics")).text:
            await asyncio.sleep(0.02)


async def test_who_stays_is_sent_away_with_a_time_to_come_back() -> None:
    with running_server(FEED_DRAIN_WINDOW="0.5") as server:
        async with newsroom_of(server), readers_of(server, "drain", 5) as readers:
            tell(server)
            for reader in readers:
                assert [message["type"] for message in await reader.rest()] == ["move"]
                assert reader.code == 4201
                assert 0 < advice(reader) < 60_000
            await ended(server)


async def test_readers_of_what_is_private_are_moved_too() -> None:
    with running_server(FEED_DRAIN_WINDOW="0.5") as server:
        async with Producer(server.url, server.admin_token) as producer:
            await producer.create("Secret", id="secret", visibility="private")
            async with live(server.url, "secret", token=server.admin_token) as reader:
                await reader.until("live")
                tell(server)
                assert (await reader.next())["type"] == "move"
                receipt = await producer.publish("secret", text="While they move")
                assert (await reader.next())["cursor"] == receipt["cursor"]
                assert await reader.rest() == []
                assert (reader.code, advice(reader) > 0) == (4201, True)


async def test_an_event_stream_is_told_and_ends_some_time_after_its_own_with_a_time_to_come_back() -> None:
    with running_server(FEED_DRAIN_WINDOW="2") as server:
        async with newsroom_of(server) as producer, stream(server.url, "drain") as events:
            await events.until("live")
            assert events.retry == 1000
            loop = asyncio.get_running_loop()
            began = loop.time()
            tell(server)
            told = await events.next()
            assert told is not None
            assert (told.type, told.id) == ("move", None)
            assert 0 <= told.data["after_ms"] <= 2000
            # It has a while to connect elsewhere, and is served meanwhile.
            receipt = await producer.publish("drain", text="While it moves")
            told_more = await events.rest()
            assert [event.id for event in told_more] == [receipt["cursor"]]
            assert loop.time() - began > told.data["after_ms"] / 1000 + STAY_S - 0.5
            assert events.retry is not None
            assert events.retry < 1000


async def test_a_leaving_server_keeps_no_http_connection() -> None:
    with running_server(FEED_DRAIN_WINDOW="5") as server:
        async with newsroom_of(server), readers_of(server, "drain", 1) as readers, AsyncExitStack() as stack:
            kept = [await stack.enter_async_context(raw(server)) for _ in range(3)]
            for connection in kept:
                assert b"connection: close" not in await connection.ask("/v1/coverages/drain/entries")
            streaming = await stack.enter_async_context(raw(server))
            assert b"connection: close" not in await streaming.ask("/v1/coverages/drain/events")
            tell(server)
            await moves(readers)
            for connection, path in zip(kept, ("entries", "events", "entries?after=0-1"), strict=True):
                assert b"connection: close" in await connection.ask(f"/v1/coverages/drain/{path}")
                await connection.is_over()
            # It could not say so when it began.
            await streaming.is_over()


class Raw:
    """One HTTP connection, as it is."""

    def __init__(self, incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        self._incoming = incoming
        self._outgoing = outgoing

    async def ask(self, path: str) -> bytes:
        """The head of the answer, in lower case. Its body is read if it has a length."""
        self._outgoing.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        async with asyncio.timeout(20):
            head = (await self._incoming.readuntil(b"\r\n\r\n")).lower()
            if (at := head.find(b"content-length: ")) >= 0:
                await self._incoming.readexactly(int(head[at + 16 :].split(b"\r\n")[0]))
        return head

    async def is_over(self) -> None:
        async with asyncio.timeout(30):
            while await self._incoming.read(65536):
                pass


@asynccontextmanager
async def raw(server: ServerProcess) -> AsyncIterator[Raw]:
    incoming, outgoing = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield Raw(incoming, outgoing)
    finally:
        outgoing.close()


async def test_told_twice_it_ends_at_once() -> None:
    for second in (signal.SIGTERM, signal.SIGINT):
        with running_server(FEED_DRAIN_WINDOW="3600") as server:
            async with newsroom_of(server), readers_of(server, "drain", 3) as readers:
                tell(server)
                await moves(readers)
                tell(server, second)
                for reader in readers:
                    assert await reader.rest() == []
                    assert (reader.code, advice(reader) > 0) == (4201, True)
                await ended(server)


async def test_who_presses_ctrl_c_does_not_wait_for_readers() -> None:
    with running_server(FEED_DRAIN_WINDOW="3600") as server:
        async with (
            newsroom_of(server),
            readers_of(server, "drain", 3) as readers,
            stream(server.url, "drain") as events,
        ):
            await events.until("live")
            tell(server, signal.SIGINT)
            for reader in readers:
                assert await reader.rest() == []
                assert (reader.code, advice(reader) > 0) == (4201, True)
            assert await events.rest() == []
            assert events.retry != 1000
            await ended(server)


def test_without_readers_it_stops_at_once() -> None:
    for workers in ("1", "2"):
        with running_server("--workers", workers, FEED_DRAIN_WINDOW="3600") as server:
            assert server.stop() == 0


async def test_after_half_the_window_connections_are_refused_and_readers_still_served() -> None:
    with running_server(FEED_DRAIN_WINDOW="3") as server:
        async with newsroom_of(server) as producer, readers_of(server, "drain", 1) as readers:
            tell(server)
            await moves(readers)
            await refuses_connections(server)
            receipt = await producer.publish("drain", text="On a connection that was there before")
            assert (await readers[0].next())["cursor"] == receipt["cursor"]


async def refuses_connections(server: ServerProcess) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            except ConnectionRefusedError:
                return
            writer.close()
            await asyncio.sleep(0.02)


async def test_all_workers_move_their_readers_at_the_same_time() -> None:
    with running_server("--workers", "2", FEED_DRAIN_WINDOW="2") as server:
        async with newsroom_of(server), readers_of(server, "drain", 12) as readers:
            tell(server)
            await moves(readers)
            await refuses_connections(server)
            for reader in readers:
                assert await reader.rest() == []
                assert reader.code == 4201
            await ended(server)
            assert server.exit_code == 0


async def test_workers_that_are_told_twice_end_at_once() -> None:
    with running_server("--workers", "2", FEED_DRAIN_WINDOW="3600") as server:
        async with newsroom_of(server), readers_of(server, "drain", 6) as readers:
            tell(server)
            await moves(readers)
            tell(server)
            for reader in readers:
                assert await reader.rest() == []
                assert reader.code == 4201
            await ended(server)


async def test_a_reader_that_takes_nothing_is_told_once_it_goes_on_and_misses_nothing() -> None:
    with running_server(FEED_DRAIN_WINDOW=str(WINDOW_S)) as server:
        async with newsroom_of(server) as producer, live(server.url, "drain", deflate=True) as reader:
            await reader.until("live")
            # More than the kernel and the server keep for one who does not read.
            text = "".join(random.choices(string.ascii_letters, k=20_000))
            cursors = [(await producer.publish("drain", text=text + str(at)))["cursor"] for at in range(150)]
            tell(server)
            await asyncio.to_thread(wait_until, lambda: "readers are moved" in server.log, what="the drain")
            told = await reader.until("move")
            cursors.append((await producer.publish("drain", text="While it moves"))["cursor"])
            while told[-1].get("cursor") != cursors[-1]:
                told.append(await reader.next())
            assert [event["cursor"] for event in told if "cursor" in event] == cursors
            assert [event["type"] for event in told if "cursor" not in event] == ["move"]


async def test_a_request_that_was_begun_is_finished() -> None:
    with running_server() as server:
        async with newsroom_of(server):
            body = json.dumps({"text": "Begun before the end"}).encode()
            head = (
                "POST /v1/coverages/drain/entries HTTP/1.1\r\nHost: x\r\n"
                f"Authorization: Bearer {server.admin_token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            incoming, outgoing = await asyncio.open_connection("127.0.0.1", server.port)
            outgoing.write(head.encode() + body[:10])
            await outgoing.drain()
            # Whoever was there first was heard.
            async with httpx2.AsyncClient(base_url=server.url) as http:
                assert (await http.get("/healthz")).status_code == 200
            tell(server)
            await refuses_connections(server)
            outgoing.write(body[10:])
            async with asyncio.timeout(20):
                answer = await incoming.read()
            assert answer.startswith(b"HTTP/1.1 201 ")
            assert b"\r\nconnection: close\r\n" in answer.lower()
            outgoing.close()
            await ended(server)
