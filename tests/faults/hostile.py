"""Subscribers that no server should have, on plain sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from random import Random


def _handshake(coverage: str) -> bytes:
    lines = (
        f"GET /v1/coverages/{coverage}/live HTTP/1.1",
        "Host: 127.0.0.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: feed.v1",
        "",
        "",
    )
    return "\r\n".join(lines).encode()


def _stream(coverage: str) -> bytes:
    return f"GET /v1/coverages/{coverage}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


@asynccontextmanager
async def never_reading(port: int, coverage: str, number: int) -> AsyncIterator[None]:
    """They ask, by websocket and by stream, and take nothing of what they are given."""
    loop = asyncio.get_running_loop()
    ends: list[socket.socket] = []
    try:
        for at in range(number):
            end = socket.socket()
            ends.append(end)
            end.setblocking(False)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            await loop.sock_connect(end, ("127.0.0.1", port))
            await loop.sock_sendall(end, _stream(coverage) if at % 3 == 2 else _handshake(coverage))
        yield
    finally:
        for end in ends:
            end.close()


async def garbage(port: int, coverage: str, chance: Random) -> None:
    """Frames and requests that are none. The server may close whenever it has heard enough."""
    hello = _handshake(coverage)
    mask = b"\0\0\0\0"
    said = [
        chance.randbytes(2000),
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000,
        b"GET /v1/coverages/" + b"%00" * 3000,
        hello + b"\x81\x05hello",  # not masked
        hello + b"\xf1\x80" + mask,  # reserved bits
        hello + b"\x83\x80" + mask,  # reserved opcode
        hello + b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff" + mask,  # without end
        hello + b"\x81\x82" + mask + b"\xff\xfe",  # not UTF-8
        hello + b"\x81\x84" + mask + b"what",  # not JSON
        hello + (b"\x01\x81" + mask + b"a") * 3,  # begins anew within a message
        hello + b"\x01\x80" + mask + (b"\x00\x80" + mask) * 2000,  # pieces of nothing
        hello + (b"\x89\xfd" + mask + b"p" * 125) * 500,  # pings, and no pong is read
        hello + b"\x88\x81" + mask + b"\x03",  # half a code
        hello[: chance.randrange(1, len(hello))],
        hello + chance.randbytes(500),
        hello.replace(b"/live", b"/live?after=%ff&limit=-1"),
    ]
    await asyncio.gather(*(_say(port, words) for words in said))


async def _say(port: int, words: bytes) -> None:
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(1):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(words)
                await writer.drain()
                while await reader.read(65536):
                    pass
            finally:
                writer.transport.abort()
