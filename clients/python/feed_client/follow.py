"""Following a coverage over a websocket, through restarts and lost connections."""

from __future__ import annotations

import asyncio
import inspect
import json
import random
import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from .errors import TokenExpired, Unreachable, UnsupportedVersion
from .message import Message
from .session import Action, Deliver, Move, Reconnect, RenewToken, Send, Session, Stop
from .version import __version__

SUBPROTOCOL = Subprotocol("feed.v1")
CONNECT_WITHIN = 10.0
HELLO_WITHIN = 30.0
# A snapshot is one message: hundreds of entries of whatever length the server allows.
LARGEST_MESSAGE = 64 * 1024 * 1024

Token = str | Callable[[], str | Awaitable[str]] | None
"""A token, or a function that gives a fresh one each time it is called."""


async def follow(
    url: str,
    coverage: str,
    after: str | None = None,
    token: Token = None,
    limit: int = 50,
    *,
    patience: float | None = None,
    on_pause: Callable[[Reconnect], None] | None = None,
) -> AsyncGenerator[Message, None]:
    """Messages of a coverage as they come, until it has ended.

    `url` is the server's address, as in ``https://live.example``. Without `after` the first messages are a hello and a
    snapshot with the newest `limit` entries; with the cursor of an earlier message, what has changed since. After that
    come changes, each once and in the order of the log; a snapshot in between means "start over from here".

    Lost connections are made anew, after random waits that grow to 20 seconds. `patience` is for how many seconds this
    goes on before Unreachable is raised; None means for ever. `on_pause` is told of each wait. Raises a FollowRefused
    where trying again cannot help.
    """
    session = Session(after, random=random.random)
    line = _Line(session, _Address(url, coverage, limit), token)
    contact = time.monotonic()
    try:
        while True:
            for action in await line.next_actions():
                match action:
                    case Deliver(message):
                        yield message
                        contact = time.monotonic()
                    case Stop(error):
                        if error is not None:
                            raise error
                        return
                    case Reconnect(delay_s, why, renew_token):
                        await line.drop()
                        if renew_token and not callable(token):
                            raise TokenExpired(4101)
                        if patience is not None and time.monotonic() - contact >= patience:
                            raise Unreachable(f"No connection to {url}: {why}.", url)
                        if on_pause is not None:
                            on_pause(action)
                        await asyncio.sleep(delay_s)
                        break
                    case Send(words):
                        await line.send(words)
                    case RenewToken():
                        await line.renew_token()
                    case Move():
                        line.move()
    finally:
        await line.drop()


class _Address:
    def __init__(self, url: str, coverage: str, limit: int) -> None:
        parts = urlsplit(url)
        scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
        if scheme is None or not parts.netloc:
            raise ValueError(f"{url!r} is no address of a server. Give one like http://127.0.0.1:8000.")
        path = f"{parts.path.rstrip('/')}/v1/coverages/{quote(coverage, safe='')}/live"
        self.url = url
        self._parts = (scheme, parts.netloc, path)
        self._limit = limit

    def after(self, cursor: str | None) -> str:
        query = {"limit": str(self._limit)} | ({} if cursor is None else {"after": cursor})
        return urlunsplit((*self._parts, urlencode(query), ""))


class _NotConnected(Exception):
    """No hello came: a close code and its reason, or the HTTP status that answered the handshake, or neither."""

    def __init__(
        self, code: int | None = None, reason: str = "", status: int | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(code, reason, status)
        self.code = code
        self.reason = reason
        self.status = status
        self.retry_after_s = retry_after_s


Greeted = tuple[ClientConnection, str | bytes]
"""A connection, and the hello it began with."""


class _Line:
    """The sockets of one `follow`: the one in use and, while moving, a task that makes the next."""

    def __init__(self, session: Session, address: _Address, token: Token) -> None:
        self._session = session
        self._address = address
        self._token = token
        self._socket: ClientConnection | None = None
        self._reading: asyncio.Task[str | bytes] | None = None
        self._moving: asyncio.Task[Greeted] | None = None

    async def next_actions(self) -> Sequence[Action]:
        """Wait for what happens first: a message, the end of the connection, a second one ready, or the timer."""
        if self._socket is None:
            try:
                return self._take(await self._connect())
            except _NotConnected as failure:
                if failure.status is not None:
                    return [self._session.receive_rejection(failure.status, failure.retry_after_s)]
                return [self._session.receive_close(failure.code, failure.reason)]
        if self._reading is None:
            self._reading = asyncio.create_task(self._socket.recv())
        timeout = max(0.0, self._session.deadline - time.monotonic())
        waiting: set[asyncio.Future[Any]] = {self._reading} if self._moving is None else {self._reading, self._moving}
        await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if self._reading.done():
            reading, self._reading = self._reading, None
            try:
                return self._session.receive_text(reading.result(), time.monotonic())
            except ConnectionClosed as closed:
                return [self._session.receive_close(*_code_and_reason(closed))]
        if self._moving is not None and self._moving.done():
            moving, self._moving = self._moving, None
            try:
                greeted = moving.result()
            except _NotConnected:
                self._session.receive_move_failure(time.monotonic())
                return []
            await self.drop()
            return self._take(greeted)
        return self._session.receive_timer(time.monotonic())

    async def send(self, words: dict[str, str]) -> None:
        """Where the connection is gone the next read says so."""
        if self._socket is not None:
            with suppress(ConnectionClosed):
                await self._socket.send(json.dumps(words))

    async def renew_token(self) -> None:
        """With a fixed token there is nothing to do: the server will say when it no longer takes it."""
        if callable(self._token):
            await self.send({"type": "auth", "token": await _fresh(self._token)})

    def move(self) -> None:
        self._moving = asyncio.create_task(self._connect())

    async def drop(self) -> None:
        """Let go of every socket and task."""
        socket, reading, moving = self._socket, self._reading, self._moving
        self._socket = self._reading = self._moving = None
        tasks: list[asyncio.Task[Any]] = [task for task in (reading, moving) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        done = [task for task in tasks if not task.cancelled() and task.exception() is None]
        if moving in done:
            await moving.result()[0].close()
        if socket is not None:
            await socket.close()

    def _take(self, greeted: Greeted) -> Sequence[Action]:
        now = time.monotonic()
        self._socket, hello = greeted
        self._session.receive_open(now)
        return self._session.receive_text(hello, now)

    async def _connect(self) -> Greeted:
        """The token goes as the first message: a URL ends up in logs."""
        token = await _fresh(self._token) if callable(self._token) else self._token
        try:
            socket = await connect(
                self._address.after(self._session.cursor),
                subprotocols=[SUBPROTOCOL],
                user_agent_header=f"feed-client/{__version__}",
                open_timeout=CONNECT_WITHIN,
                close_timeout=1,
                ping_interval=None,
                max_size=LARGEST_MESSAGE,
            )
        except InvalidStatus as refused:
            retry_after = refused.response.headers.get("Retry-After", "")
            raise _NotConnected(
                status=refused.response.status_code,
                retry_after_s=float(retry_after) if retry_after.isdecimal() else None,
            ) from None
        except ssl.SSLCertVerificationError as wrong:
            raise Unreachable(
                f"The server's certificate is not valid: {wrong.verify_message}.", self._address.url
            ) from wrong
        except (OSError, TimeoutError, WebSocketException) as failed:
            raise _NotConnected from failed
        try:
            if socket.subprotocol != SUBPROTOCOL:
                raise UnsupportedVersion(4009)
            if token is not None:
                # What is public may be over already, and said so; that is read below.
                with suppress(ConnectionClosed):
                    await socket.send(json.dumps({"type": "auth", "token": token}))
            async with asyncio.timeout(HELLO_WITHIN):
                return socket, await socket.recv()
        except ConnectionClosed as closed:
            raise _NotConnected(*_code_and_reason(closed)) from None
        except BaseException as failed:
            await socket.close()
            if isinstance(failed, TimeoutError):
                raise _NotConnected from failed
            raise


async def _fresh(token: Callable[[], str | Awaitable[str]]) -> str:
    given = token()
    return await given if inspect.isawaitable(given) else given


def _code_and_reason(closed: ConnectionClosed) -> tuple[int | None, str]:
    return (None, "") if closed.rcvd is None else (closed.rcvd.code, closed.rcvd.reason)
