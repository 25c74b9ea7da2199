"""Clients that begin something and do not go on, on a clock that runs fast: each is gone in its time, others stay."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from feed import app
from feed.live.front import SILENT_S, Front
from feed.live.heartbeat import Heartbeat
from feed.live.http import LEAST_BODY, PASS_S
from feed.live.socket import LiveSocket
from tests.newsroom import fresh
from tests.running import StoreProcess

from .rawsocket import CLOSE, Raw, raw
from .reading import live
from .serving import ADMIN, Served, served

# A second of the server's clock.
SECOND = 0.02
PATIENCE_S = 60

HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
HANDSHAKE = b"GET /v1/coverages/c/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
POST = (
    b"POST /v1/coverages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer %b\r\n"
    % ADMIN.encode()
)


@pytest.fixture
async def place(valkey: StoreProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    monkeypatch.setattr(app, "Heartbeat", lambda: Heartbeat(second=SECOND))
    async with served(valkey, tmp_path, ws=LiveSocket, http=Front) as place:
        yield place


@asynccontextmanager
async def connection(
    place: Served, receive_buffer: int | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    address = urlsplit(place.url)
    made = socket.socket()
    if receive_buffer is not None:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    made.setblocking(False)
    await asyncio.get_running_loop().sock_connect(made, (address.hostname, address.port))
    reader, writer = await asyncio.open_connection(sock=made, limit=receive_buffer or 65_536)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def heard(reader: asyncio.StreamReader) -> bytes:
    """Everything until the server closes."""
    async with asyncio.timeout(PATIENCE_S):
        said = b""
        try:
            while part := await reader.read(65_536):
                said += part
        except ConnectionResetError:
            pass
        return said


async def dropped(place: Served, reason: str) -> float:
    async with httpx2.AsyncClient(base_url=place.url) as http:
        lines = (await http.get("/metrics")).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f'feed_dropped_total{{reason="{reason}"}}'))


async def drip(writer: asyncio.StreamWriter, pieces: Iterator[bytes]) -> None:
    """A piece for each of the server's seconds, until it will have no more."""
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(SECOND)
    except ConnectionError:
        pass


def one_by_one(data: bytes) -> Iterator[bytes]:
    return (data[at : at + 1] for at in range(len(data)))


async def test_a_connection_on_which_nothing_is_said_is_closed_without_a_word(place: Served) -> None:
    async with connection(place) as (reader, _):
        assert await heard(reader) == b""


@pytest.mark.parametrize(
    "said",
    [b"G", b"\r\n", HEAD, HEAD + b"X-More: ", HANDSHAKE, POST + b"Content-Length: 10\r\n\r\n"],
    ids=["a letter", "an empty line", "half a head", "half a header", "half a handshake", "no body"],
)
async def test_a_request_that_does_not_go_on_is_answered_408(place: Served, said: bytes) -> None:
    async with connection(place) as (reader, writer):
        writer.write(said)
        answer = await heard(reader)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"code":"request_timeout"' in answer
    assert await dropped(place, "unfinished") == 1


@pytest.mark.parametrize(
    ("at_once", "dripped"),
    [
        (b"", HEAD + b"X-More: " + b"x" * 1_000),
        (b"", HANDSHAKE + b"X-More: " + b"x" * 1_000),
        (b"", b"\r\n" * 1_000),
        (POST + b"Content-Length: 1000\r\n\r\n", b" " * 1_000),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 1_000),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 1_000),
    ],
    ids=["head", "handshake", "empty lines", "body", "chunks", "chunk extension"],
)
async def test_one_byte_at_a_time_is_no_way_to_stay(place: Served, at_once: bytes, dripped: bytes) -> None:
    async with connection(place) as (reader, writer):
        writer.write(at_once)
        dripping = asyncio.create_task(drip(writer, one_by_one(dripped)))
        assert (await heard(reader)).startswith(b"HTTP/1.1 408 ")
        await dripping


async def test_the_second_request_of_a_connection_has_no_more_time_than_the_first(place: Served) -> None:
    async with connection(place) as (reader, writer):
        writer.write(HEAD + b"\r\n")
        async with asyncio.timeout(PATIENCE_S):
            assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD)
        assert b"HTTP/1.1 408 " in await heard(reader)


async def test_the_beginning_of_another_request_behind_one_does_not_stay_either(place: Served) -> None:
    async with connection(place) as (reader, writer):
        writer.write(HEAD + b"\r\n" + HEAD)
        assert b"HTTP/1.1 408 " in await heard(reader)


async def test_what_is_sent_after_the_answer_is_not_listened_to_for_ever(place: Served) -> None:
    async with connection(place) as (reader, writer):
        writer.write(b"POST /v1/coverages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunks = (b"4000\r\n" + b" " * 0x4000 + b"\r\n" for _ in range(1_000))
        dripping = asyncio.create_task(drip(writer, chunks))
        assert b"HTTP/1.1 401 " in await heard(reader)
        await dripping


async def test_a_connection_between_two_requests_may_stay(place: Served) -> None:
    async with connection(place) as (reader, writer):
        for _ in range(2):
            writer.write(HEAD + b"\r\n")
            async with asyncio.timeout(PATIENCE_S):
                assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
                await reader.readuntil(b"}")
            await asyncio.sleep(SECOND * (SILENT_S + PASS_S))


async def test_a_body_that_goes_on_coming_has_all_the_time_it_needs(place: Served) -> None:
    piece = b" " * LEAST_BODY
    async with connection(place) as (reader, writer):
        writer.write(POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % (len(piece) * 30 + 2))
        await drip(writer, iter([piece] * 30))
        writer.write(b"{}")
        assert b"HTTP/1.1 422 " in await heard(reader)


@pytest.mark.parametrize("transport", ["live", "events"])
async def test_a_reader_that_takes_nothing_is_let_go_and_one_that_does_stays(place: Served, transport: str) -> None:
    coverage = fresh("slow")
    headers = {"Authorization": f"Bearer {ADMIN}"}
    async with (
        httpx2.AsyncClient(base_url=place.url, headers=headers, timeout=PATIENCE_S) as http,
        AsyncExitStack() as s,
    ):
        await http.post("/v1/coverages", json={"id": coverage, "title": "T"})
        reader = await s.enter_async_context(live(place.url, coverage))
        await reader.until("live")
        stalled, writer = await s.enter_async_context(connection(place, 4_096))
        writer.write(request_for(coverage, transport))
        await stalled.readuntil(b"\r\n\r\n")
        # It must go on reading, or it answers no pings.
        taking = asyncio.create_task(reader.take(2_001))
        for _ in range(4):
            batch = b'{"text": "%b"}\n' % (b"x" * 1_000) * 500
            answer = await http.post(
                f"/v1/coverages/{coverage}/entries",
                content=batch,
                headers={"Content-Type": "application/x-ndjson"},
            )
            assert answer.status_code == 201
        async with asyncio.timeout(PATIENCE_S):
            while "feed_subscribers 1.0" not in (await http.get("/metrics")).text:
                await asyncio.sleep(SECOND)
        assert await dropped(place, "stalled") == 1
        await http.post(f"/v1/coverages/{coverage}/entries", json={"text": "x"})
        assert {message["type"] for message in await taking} == {"entry.published"}


def request_for(coverage: str, transport: str) -> bytes:
    lines = [f"GET /v1/coverages/{coverage}/{transport} HTTP/1.1", "Host: x"]
    if transport == "live":
        lines += ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
        lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def test_who_does_not_answer_a_close_frame_is_not_waited_for(place: Served) -> None:
    async with raw(place.url, "nothing-" + fresh()) as reader:
        frames = [opcode async for opcode in until_gone(reader)]
        assert frames[-1] == CLOSE


async def until_gone(reader: Raw) -> AsyncIterator[int]:
    try:
        while True:
            yield (await reader.frame())[0]
    except asyncio.IncompleteReadError:
        pass
