"""The websockets of one follower: what happens on them, one thing after the other."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from .connections import CONNECT_WITHIN, Action, Connections
from .errors import Unreachable, UnsupportedVersion
from .version import __version__

SUBPROTOCOL = Subprotocol("feed.v1")
# A snapshot is one message: hundreds of entries of whatever length the server allows.
LARGEST_MESSAGE = 64 * 1024 * 1024
# Whoever takes its time with messages is not read ahead of: the rest waits at the server.
READ_AHEAD = 16

Happened = Callable[[Connections, float], list[Action]]
"""Something to tell the connections, with the time."""


class Sockets:
    """`address` gives that of the websocket for a cursor; `url` is the server's, for people."""

    def __init__(self, url: str, address: Callable[[str | None], str]) -> None:
        self._url = url
        self._address = address
        self._happened: asyncio.Queue[Happened | Exception] = asyncio.Queue(READ_AHEAD)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._sockets: dict[int, ClientConnection] = {}
        self._fetching: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    def connect(self, number: int, after: str | None) -> None:
        self._tasks[number] = asyncio.create_task(self._run(number, self._address(after)))

    async def send(self, number: int, message: dict[str, str]) -> None:
        """Where the connection is gone the next read says so."""
        if number in self._sockets:
            with suppress(ConnectionClosed):
                await self._sockets[number].send(json.dumps(message))

    def fetch(self, token: Awaitable[str | None]) -> None:
        """The token, or what went wrong, is one of the things that happen."""
        self._fetching = asyncio.create_task(self._fetch(token))

    def drop(self, number: int) -> None:
        if (task := self._tasks.pop(number, None)) is not None:
            self._leave(task)

    def _leave(self, task: asyncio.Task[None]) -> None:
        task.cancel()
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def next(self, until: float | None) -> Happened | None:
        """What happens next; None when it is `until` first, in seconds of the monotonic clock."""
        timeout = None if until is None else max(0.0, until - time.monotonic())
        try:
            async with asyncio.timeout(timeout):
                happened = await self._happened.get()
        except TimeoutError:
            return None
        if isinstance(happened, Exception):
            raise happened
        return happened

    async def close(self) -> None:
        """Let go of every socket and task."""
        for number in list(self._tasks):
            self.drop(number)
        if self._fetching is not None:
            self._leave(self._fetching)
        await asyncio.gather(*self._leaving, return_exceptions=True)

    async def _fetch(self, token: Awaitable[str | None]) -> None:
        try:
            came: Happened | Exception = partial(_fetched, await token)
        except Exception as failed:  # noqa: BLE001 - whatever the application's function raises is its caller's
            came = failed
        await self._happened.put(came)

    async def _run(self, number: int, address: str) -> None:
        ended = await self._follow(number, address)
        await self._happened.put(ended)

    async def _follow(self, number: int, address: str) -> Happened | Exception:
        """How it ended."""
        try:
            socket = await connect(
                address,
                subprotocols=[SUBPROTOCOL],
                user_agent_header=f"feed-client/{__version__}",
                open_timeout=CONNECT_WITHIN,
                close_timeout=1,
                ping_interval=None,
                max_size=LARGEST_MESSAGE,
            )
        except InvalidStatus as refused:
            return partial(_rejected, number, refused)
        except ssl.SSLCertVerificationError as wrong:
            return Unreachable(f"The server's certificate is not valid: {wrong.verify_message}.", self._url)
        except (OSError, TimeoutError, WebSocketException):
            return partial(_closed, number, None, "")
        try:
            if socket.subprotocol != SUBPROTOCOL:
                return UnsupportedVersion(4009)
            self._sockets[number] = socket
            await self._happened.put(partial(_opened, number))
            while True:
                await self._happened.put(partial(_told, number, await socket.recv()))
        except ConnectionClosed as closed:
            code, reason = (None, "") if closed.rcvd is None else (closed.rcvd.code, closed.rcvd.reason)
            return partial(_closed, number, code, reason)
        finally:
            self._sockets.pop(number, None)
            await socket.close()


def _fetched(token: str | None, connections: Connections, now: float) -> list[Action]:
    return connections.receive_token(token, now)


def _opened(number: int, connections: Connections, now: float) -> list[Action]:
    return connections.receive_open(number, now)


def _told(number: int, text: str | bytes, connections: Connections, now: float) -> list[Action]:
    return connections.receive_text(number, text, now)


def _closed(number: int, code: int | None, reason: str, connections: Connections, now: float) -> list[Action]:
    return connections.receive_close(number, code, reason, now)


def _rejected(number: int, refused: InvalidStatus, connections: Connections, now: float) -> list[Action]:
    retry_after = refused.response.headers.get("Retry-After", "")
    seconds = float(retry_after) if retry_after.isdecimal() else None
    return connections.receive_rejection(number, refused.response.status_code, now, seconds)
