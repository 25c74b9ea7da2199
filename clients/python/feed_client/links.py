"""The connections of one follower: what happens on them, one thing after the other."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from .connections import Action, Connections
from .ways import Transport, Ways

# Whoever takes its time with messages is not read ahead of: the rest waits at the server.
READ_AHEAD = 16

Happened = Callable[[Connections, float], list[Action]]
"""Something to tell the connections, with the time."""


class Place:
    """A coverage on a server."""

    def __init__(self, url: str, coverage: str, limit: int) -> None:
        parts = urlsplit(url)
        schemes = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
        if parts.scheme not in schemes or not parts.netloc:
            raise ValueError(f"{url!r} is no address of a server. Give one like http://127.0.0.1:8000.")
        self.url = url
        self.limit = limit
        self._scheme = schemes[parts.scheme]
        self._netloc = parts.netloc
        self._path = f"{parts.path.rstrip('/')}/v1/coverages/{quote(coverage, safe='')}"

    def websocket(self, after: str | None) -> str:
        return self._address(self._scheme, "/live", self.limit, after)

    def http(self, path: str, limit: int | None = None, after: str | None = None, **more: int) -> str:
        return self._address(self._scheme.replace("ws", "http"), path, limit, after, more)

    def _address(
        self, scheme: str, path: str, limit: int | None, after: str | None, more: dict[str, int] | None = None
    ) -> str:
        query = {"limit": limit, "after": after, **(more or {})}
        given = {name: value for name, value in query.items() if value is not None}
        return urlunsplit((scheme, self._netloc, self._path + path, urlencode(given), ""))


@dataclass
class Link(ABC):
    """One connection. `tell` is for what happens on it."""

    way: ClassVar[Transport]

    place: Place
    number: int
    after: str | None
    token: str | None
    tell: Callable[[Happened], Awaitable[None]]
    is_caught_up: bool = False
    """Whether nothing newer was waiting when the server was last asked."""
    # What is known at its end: something answered at all, the server said a word, somebody on the way said no.
    reached: bool = False
    heard: bool = False
    barred: bool = False
    over: bool = False

    @abstractmethod
    async def follow(self) -> Happened | Exception:
        """Until it ends. Returns how that was."""

    async def send(self, message: dict[str, str]) -> None:
        """A link that can be told nothing leaves it."""
        del message

    async def receive(self, text: str | bytes) -> None:
        self.heard = True
        await self.tell(partial(_told, self.number, text))

    def lost(self, code: int | None = None, reason: str = "") -> Happened:
        return partial(_closed, self.number, code, reason)

    def rejected(self, status: int, retry_after_s: float | None = None, code: str = "") -> Happened:
        return partial(_rejected, self.number, status, retry_after_s, code)


Kinds = Mapping[Transport, Callable[..., Link]]
"""How each kind of connection is made."""


class Links:
    def __init__(self, place: Place, ways: Ways, kinds: Kinds) -> None:
        self._place = place
        self._ways = ways
        self._kinds = kinds
        self._happened: asyncio.Queue[Happened | Exception] = asyncio.Queue(READ_AHEAD)
        self._links: dict[int, tuple[Link, asyncio.Task[None]]] = {}
        self._is_caught_up = False
        self._fetching: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    def connect(self, number: int, after: str | None, token: str | None) -> None:
        kind = self._kinds[self._ways.choose(time.monotonic())]
        link = kind(self._place, number, after, token, self._happened.put, self._is_caught_up)
        self._links[number] = (link, asyncio.create_task(self._run(link)))

    async def send(self, number: int, message: dict[str, str]) -> None:
        """Where the connection is gone the next read says so."""
        if number in self._links:
            await self._links[number][0].send(message)

    def fetch(self, token: Awaitable[str | None]) -> None:
        """The token, or what went wrong, is one of the things that happen."""
        self._fetching = asyncio.create_task(self._fetch(token))

    def drop(self, number: int) -> None:
        if number in self._links:
            link, task = self._links.pop(number)
            self._judge(link)
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
        """Let go of every connection and task."""
        for number in list(self._links):
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

    async def _run(self, link: Link) -> None:
        ended = await link.follow()
        self._is_caught_up = link.is_caught_up
        if link.barred and self._ways.barred(link.way, time.monotonic()):
            ended = link.lost()
            link.over = True
        self._judge(link)
        await self._happened.put(ended)
        self._links.pop(link.number, None)

    def _judge(self, link: Link) -> None:
        if link.over:
            return
        link.over = True
        if link.heard:
            self._ways.heard(link.way)
        elif link.reached:
            self._ways.unheard(link.way, time.monotonic())


def _fetched(token: str | None, connections: Connections, now: float) -> list[Action]:
    return connections.receive_token(token, now)


def _told(number: int, text: str | bytes, connections: Connections, now: float) -> list[Action]:
    return connections.receive_text(number, text, now)


def _closed(number: int, code: int | None, reason: str, connections: Connections, now: float) -> list[Action]:
    return connections.receive_close(number, code, reason, now)


def _rejected(
    number: int, status: int, retry_after_s: float | None, code: str, connections: Connections, now: float
) -> list[Action]:
    return connections.receive_rejection(number, status, now, retry_after_s, code)
