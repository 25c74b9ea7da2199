"""Clients that send as much as they can of what costs most: little memory is taken, readers go on, nothing fails."""

from __future__ import annotations

import asyncio
import re
import socket
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.frames import Frame, Opcode

from tests.newsroom import Newsroom
from tests.running import ServerProcess, running_server

from .reading import live

FLOOD = 24 * 1024 * 1024
# What one flood may cost; the aim is a quarter of it.
ALLOWED = 8 * 1024 * 1024
# How long an entry may take to a healthy reader meanwhile, on a machine that has more to do.
PATIENCE_S = 10


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """One of its own, whose memory nobody else changes."""
    with running_server() as server:
        yield server
        assert "Traceback" not in server.log
        assert server.log.count("\n") < 50


@pytest.fixture(scope="module")
def newsroom(server: ServerProcess) -> Iterator[Newsroom]:
    with Newsroom(server) as newsroom:
        yield newsroom


def resident(server: ServerProcess) -> int:
    """The most bytes of memory that the server had since this was asked before."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    Path(f"/proc/{server.pid}/clear_refs").write_text("5")
    return int(found[1]) * 1024


def masked(opcode: Opcode, data: bytes = b"", *, fin: bool = True, rsv1: bool = False) -> bytes:
    whole = Frame(opcode, data, fin=fin).serialize(mask=True)
    return bytes((whole[0] | 0x40 * rsv1,)) + whole[1:]


def handshake(coverage: str) -> bytes:
    return (
        f"GET /v1/coverages/{coverage}/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    ).encode()


def deflated(data: bytes) -> bytes:
    compressor = zlib.compressobj(9, wbits=-15)
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


BOMB = deflated(b"x" * 3_000_000)  # 3 KB
GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
# What is sent first, then what is sent again and again.
FLOODS: dict[str, tuple[bytes, bytes]] = {
    "pings": (b"", masked(Opcode.PING, b"?" * 125)),
    "empty pings": (b"", masked(Opcode.PING)),
    "pongs": (b"", masked(Opcode.PONG)),
    "messages": (b"", masked(Opcode.TEXT, b'{"type":"ping"}')),
    "empty fragments": (masked(Opcode.TEXT, fin=False), masked(Opcode.CONT, fin=False)),
    "fragments of a byte": (masked(Opcode.TEXT, fin=False), masked(Opcode.CONT, b"x", fin=False)),
    "a message without end": (b"\x81\xff" + (2**40).to_bytes(8, "big") + bytes(4), b"x" * 4_096),
    "bombs": (b"", masked(Opcode.TEXT, BOMB, rsv1=True)),
    "a bomb in fragments": (masked(Opcode.TEXT, b"", fin=False, rsv1=True), masked(Opcode.CONT, BOMB, fin=False)),
    "text that is none": (b"", masked(Opcode.TEXT, b"\xff")),
    "random bytes": (b"", bytes(range(256))),
}
REQUESTS: dict[str, tuple[bytes, bytes]] = {
    "garbage": (b"", b"\x00\xff\x16\x03\x01garbage"),
    "empty lines": (b"", b"\r\n"),
    "a request line without end": (b"GET /", b"x"),
    "headers": (b"GET / HTTP/1.1\r\nHost: x\r\n", b"X-More: y\r\n"),
    "a header without end": (b"GET / HTTP/1.1\r\nHost: x\r\nX-More: ", b"y"),
    "requests": (b"", GET),
    "handshakes": (b"", handshake("none")),
    "a body that nobody asked for": (
        b"POST /v1/coverages HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
        b"x",
    ),
    "chunks of a byte": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "trailers": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-More: y\r\n"),
}


def flood(port: int, first: bytes, again: bytes) -> int:
    """Sends until it is all sent or nobody listens. Reads nothing. How many bytes went out."""
    piece = again * max(1, 65_536 // len(again))
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        try:
            connection.sendall(first)
            while sent < FLOOD:
                sent += connection.send(piece)
        except (ConnectionError, TimeoutError):  # it is not read any more
            pass
    return sent


async def check(server: ServerProcess, newsroom: Newsroom, send: Callable[[str], int]) -> None:
    coverage = newsroom.create()
    async with live(newsroom.url, coverage, deflate=True) as reader:
        await reader.until("live")
        resident(server)
        before = resident(server)
        flooding = asyncio.create_task(asyncio.to_thread(send, coverage))
        while True:
            done = flooding.done()
            published = await asyncio.to_thread(newsroom.publish, coverage)
            async with asyncio.timeout(PATIENCE_S):
                assert (await reader.next())["cursor"] == published["cursor"]
            if done:
                break
        await flooding
        assert resident(server) - before < ALLOWED


@pytest.mark.parametrize("kind", FLOODS)
async def test_a_flood_over_a_websocket_costs_little_and_hinders_nobody(
    server: ServerProcess, newsroom: Newsroom, kind: str
) -> None:
    first, again = FLOODS[kind]
    await check(server, newsroom, lambda coverage: flood(server.port, handshake(coverage) + first, again))


@pytest.mark.parametrize("kind", REQUESTS)
async def test_a_flood_over_http_costs_little_and_hinders_nobody(
    server: ServerProcess, newsroom: Newsroom, kind: str
) -> None:
    first, again = REQUESTS[kind]
    await check(server, newsroom, lambda _: flood(server.port, first, again))


@pytest.mark.parametrize(
    "said",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nBad Name: b\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    ],
)
def test_what_is_no_request_is_answered_400(server: ServerProcess, said: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as connection:
        connection.sendall(said)
        heard = b""
        while part := connection.recv(65_536):
            heard += part
    assert heard.startswith(b"HTTP/1.1 400 "), heard
    assert b"\r\nContent-Type: application/problem+json\r\n" in heard
    assert b'"code":"malformed_request"' in heard


@pytest.mark.parametrize("length", [20_000, 300_000])
def test_a_head_that_is_too_long_is_answered_431(server: ServerProcess, length: int) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-More: " + b"x" * length + b"\r\n\r\n")
        said = connection.recv(65_536)
    assert said.startswith(b"HTTP/1.1 431 ")
    assert b'"code":"head_too_large"' in said


def test_a_client_that_leaves_in_the_middle_of_a_body_is_no_failure(server: ServerProcess) -> None:
    head = (
        f"POST /v1/coverages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.admin_token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(head.encode())
    # The log is looked at when all is over; until then it must have come to it.
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as connection:
        connection.sendall(GET)
        assert connection.recv(12) == b"HTTP/1.1 200"
