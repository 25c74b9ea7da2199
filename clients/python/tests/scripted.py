"""Servers that do what a test tells them, for what a real one does too seldom: refuse, vanish, move, fall silent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol


class Visit:
    """One websocket connection, as the script sees it."""

    def __init__(self, socket: ServerConnection, number: int) -> None:
        self.number = number
        self._socket = socket
        request = socket.request
        assert request is not None
        self.path = urlsplit(request.path).path
        self.query = dict(parse_qsl(urlsplit(request.path).query))

    async def say(self, type_: str, **fields: Any) -> None:
        await self._socket.send(json.dumps({"type": type_, **fields}))

    async def change(self, prev: int, cursor: int, type_: str = "entry.published") -> None:
        await self.say(type_, cursor=f"{cursor}-0", prev=f"{prev}-0", entry={"id": f"e{cursor}"})

    async def hear(self) -> dict[str, Any]:
        heard: dict[str, Any] = json.loads(await self._socket.recv())
        return heard

    async def close(self, code: int, reason: str = "") -> None:
        await self._socket.close(code, reason)

    async def vanish(self) -> None:
        self._socket.transport.abort()

    async def wait_until_left(self) -> None:
        await self._socket.wait_closed()


@asynccontextmanager
async def live_server(script: Callable[[Visit], Awaitable[None]]) -> AsyncIterator[tuple[str, list[Visit]]]:
    """Runs `script` for each connection; gives the address and the connections so far."""
    visits: list[Visit] = []

    async def handle(socket: ServerConnection) -> None:
        visit = Visit(socket, len(visits))
        visits.append(visit)
        await script(visit)

    async with serve(handle, "127.0.0.1", 0, subprotocols=[Subprotocol("feed.v1")]) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"http://127.0.0.1:{port}", visits


class Asked:
    """One HTTP request that came in."""

    def __init__(self, line: str, headers: dict[str, str], body: bytes) -> None:
        self.method, self.target, _ = line.split(" ")
        self.headers = headers
        self.body = body

    @property
    def document(self) -> Any:
        return json.loads(self.body)


Answer = tuple[int, dict[str, str], Any]
"""Status, headers, and what becomes JSON; bytes are sent as they are."""


@asynccontextmanager
async def http_server(*answers: Answer | None) -> AsyncIterator[tuple[str, list[Asked]]]:
    """Answers each request with the next of `answers`, hanging up for None; the last one is repeated."""
    asked: list[Asked] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:-2])}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                answer = answers[min(len(asked), len(answers) - 1)]
                asked.append(Asked(head[0], headers, body))
                if answer is None:
                    break
                status, extra, document = answer
                body_of_it = document if isinstance(document, bytes) else json.dumps(document).encode()
                data = b"" if status == 204 else body_of_it
                lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(data)}"]
                lines += [f"{name}: {value}" for name, value in extra.items()]
                writer.write("\r\n".join([*lines, "", ""]).encode() + data)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
