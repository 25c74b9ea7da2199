"""A websocket client that does only what it is told: it answers no ping, and reads when it likes."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

PATIENCE_S = 15
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Raw:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def frame(self) -> tuple[int, bytes]:
        """The next frame: its opcode and what is in it. Raises IncompleteReadError at the end."""
        async with asyncio.timeout(PATIENCE_S):
            first, length = await self._reader.readexactly(2)
            if length > 125:
                length = int.from_bytes(await self._reader.readexactly(2 if length == 126 else 8), "big")
            return first & 0x0F, await self._reader.readexactly(length)

    async def send(self, opcode: int, payload: bytes) -> None:
        """As a client sends it: masked, with a mask that changes nothing."""
        assert len(payload) < 126
        self._writer.write(bytes((0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 0)) + payload)
        await self._writer.drain()


@asynccontextmanager
async def raw(url: str, coverage: str, *, token: str | None = None, buffer: int | None = None) -> AsyncIterator[Raw]:
    """`buffer`: how many bytes the system takes for it at most, about."""
    address = urlsplit(url)
    connection = socket.socket()
    if buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, (address.hostname, address.port))
    # The reader's own buffer is as small: what is not asked for stays with the server.
    reader, writer = await asyncio.open_connection(sock=connection, limit=buffer or 65_536)
    lines = [
        f"GET /v1/coverages/{coverage}/live HTTP/1.1",
        f"Host: {address.netloc}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Protocol: feed.v1",
        *([] if token is None else [f"Authorization: Bearer {token}"]),
    ]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head
        yield Raw(reader, writer)
    finally:
        writer.transport.abort()
