"""Readers of every transport, who write down all that they see and when."""

from __future__ import annotations

import asyncio
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, ClassVar, NamedTuple, cast

import httpx2
from feed_client import FollowRefused, Timeline, follow
from feed_client.message import Message
from feed_client.session import Reconnect
from feed_client.ways import Transport

Place = tuple[int, int]


def place(cursor: str) -> Place:
    """Where in the log: only tests look into a cursor."""
    ms, _, number = cursor.partition("-")
    return int(ms), int(number)


class Seen(NamedTuple):
    """A snapshot or an event, with its cursor, and when it came."""

    type: str
    cursor: str
    at: float


class Connected(NamedTuple):
    """A connection that was made: from the first byte sent to the hello."""

    began: float
    hello: float


class Wait(NamedTuple):
    """A pause that the client made of itself before it came back."""

    began: float
    until: float
    why: str


class Pool:
    """What all readers are given alike is kept once."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, int], Any] = {}
        self._cursors: dict[str, str] = {}

    def shared(self, message: Message) -> Message:
        fields: Any = message
        if isinstance(fields.get("entry"), dict) and "revision" in fields["entry"]:
            fields["entry"] = self._entry(fields["entry"])
        if fields["type"] == "snapshot":
            fields["entries"] = [self._entry(entry) for entry in fields["entries"]]
        for name in ("cursor", "prev"):
            if name in fields:
                fields[name] = self._cursors.setdefault(fields[name], fields[name])
        return cast(Message, fields)

    def _entry(self, entry: Any) -> Any:
        known = self._entries.setdefault((entry["id"], entry["revision"]), entry)
        return known if known == entry else entry


class Reader(ABC):
    transport: ClassVar[str]

    def __init__(self, name: str, url: str, coverage: str, pool: Pool, chance: Random) -> None:
        self.name = name
        self.timeline = Timeline()
        self.history: list[Seen] = []
        self.hellos: list[Mapping[str, Any]] = []
        self.connections: list[Connected] = []
        self.waits: list[Wait] = []
        self.attempts_failed: list[float] = []
        self.moves = 0
        self.failure: str | None = None
        self.place: Place = (0, 0)
        self.reached_at: float | None = None
        self._goal: Place | None = None
        self._url = url
        self._coverage = coverage
        self._pool = pool
        self._chance = chance
        self._trying: float | None = None

    async def read(self) -> None:
        """To the end of the coverage."""
        self._trying = time.monotonic()
        try:
            await self._read()
        except FollowRefused as refused:
            self.failure = f"{type(refused).__name__}: {refused}"

    @abstractmethod
    async def _read(self) -> None: ...

    def head_for(self, cursor: str) -> None:
        """`reached_at` will be when the reader had this."""
        self._goal = place(cursor)
        self.reached_at = time.monotonic() if self.place >= self._goal else None

    def own_waits_s(self, since: float, until: float) -> float:
        """How much of this time it waited of itself."""
        return sum(max(0.0, min(wait.until, until) - max(wait.began, since)) for wait in self.waits)

    def take(self, message: Message) -> None:
        now = time.monotonic()
        fields: Any = self._pool.shared(message)
        match fields["type"]:
            case "hello":
                self.hellos.append(fields)
                self._connected(now)
            case "snapshot":
                self._stand_at(fields, now)
            case _ if "prev" in fields:
                self._stand_at(fields, now)
        self.timeline.apply(fields)

    def _stand_at(self, message: Any, now: float) -> None:
        self.history.append(Seen(message["type"], message["cursor"], now))
        self.place = place(message["cursor"])
        if self._goal is not None and self.place >= self._goal:
            self._goal, self.reached_at = None, now

    def _connected(self, now: float) -> None:
        if self._trying is None:
            self.moves += 1
        else:
            self.connections.append(Connected(self._trying, now))
            self._trying = None

    def _lost(self, delay_s: float, why: str) -> None:
        now = time.monotonic()
        if self._trying is not None and self._trying < now:
            self.attempts_failed.append(now)
        self.waits.append(Wait(now, now + delay_s, why))
        self._trying = now + delay_s


class SocketReader(Reader):
    """The client as it is delivered."""

    transport = "websocket"
    transports: Sequence[Transport] = ("websocket", "sse", "poll")

    async def _read(self) -> None:
        following = follow(self._url, self._coverage, transports=self.transports, on_pause=self._on_pause)
        async for message in following:
            self.take(message)

    def _on_pause(self, pause: Reconnect) -> None:
        self._lost(pause.delay_s, pause.why)


class HttpReader(Reader):
    def __init__(self, http: httpx2.AsyncClient, *of_reader: Any) -> None:
        super().__init__(*of_reader)
        self._http = http
        self._retry_s = 1.0

    async def _read(self) -> None:
        while not self.timeline.ended:
            try:
                if await self._connect():
                    return
                why = "the answer ended"
            except httpx2.TransportError as error:
                why = type(error).__name__
            if self.failure is not None or self.timeline.ended:
                return
            delay_s = self._retry_s * self._chance.uniform(0.5, 1.0)
            self._lost(delay_s, why)
            await asyncio.sleep(delay_s)

    @abstractmethod
    async def _connect(self) -> bool:
        """Whether it is over."""

    def _refused(self, answer: httpx2.Response) -> bool:
        if 400 <= answer.status_code < 500 and answer.status_code not in (408, 425, 429):
            self.failure = f"HTTP {answer.status_code}"
        return not answer.is_success

    @property
    def _path(self) -> str:
        return f"{self._url}/v1/coverages/{self._coverage}"


class StreamReader(HttpReader):
    """Server-sent events, as an EventSource takes them."""

    transport = "sse"

    def __init__(self, *of_reader: Any) -> None:
        super().__init__(*of_reader)
        self._last_id: str | None = None

    async def _connect(self) -> bool:
        headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
        async with self._http.stream("GET", f"{self._path}/events", headers=headers) as answer:
            if answer.status_code == 204:
                return True
            if self._refused(answer):
                return False
            data = id_ = ""
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                match name:
                    case "data":
                        data = value
                    case "id":
                        id_ = value
                    case "retry":
                        self._retry_s = int(value) / 1000
                    case "" if data:
                        if id_:
                            self._last_id = id_
                        self.take(json.loads(data))
                        data = id_ = ""
        return self.timeline.ended


class PollReader(HttpReader):
    """A page, and then its changes, again and again."""

    transport = "long poll"

    def __init__(self, *of_reader: Any) -> None:
        super().__init__(*of_reader)
        self._cursor: str | None = None

    async def _connect(self) -> bool:
        if self._cursor is None and not await self._take_page():
            return False
        while not self.timeline.ended:
            wait_s = 20 if self._trying is None else 0
            query = {"after": self._cursor or "", "wait": str(wait_s)}
            answer = await self._http.get(f"{self._path}/entries", params=query)
            if answer.status_code == 410:
                self._cursor = None
                return False
            if self._refused(answer):
                return False
            if self._trying is not None:
                self.take(cast(Message, {"type": "hello", "mode": "resumed"}))
            page = answer.json()
            for event in page["events"]:
                self.take(event)
            self._cursor = page["cursor"]
            # Ten a second at most, however fast entries come.
            if not page["ended"]:
                await asyncio.sleep(0.1)
        return True

    async def _take_page(self) -> bool:
        page = await self._http.get(f"{self._path}/entries")
        if self._refused(page):
            return False
        head = await self._http.get(self._path)
        if self._refused(head):
            return False
        coverage = head.json()
        del coverage["cursor"]
        snapshot = {"type": "snapshot", "coverage": coverage, **page.json()}
        self.take(cast(Message, {"type": "hello", "mode": "snapshot"}))
        self.take(cast(Message, snapshot))
        self._cursor = snapshot["cursor"]
        return True
