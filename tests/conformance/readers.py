"""Readers of a real server, by websocket and by server-sent events, that behave alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Protocol

import httpx2

from tests.live.reading import PATIENCE_S, Live, live

Json = dict[str, Any]
# Said at any time, and part of no case.
ASIDE = frozenset({"audience"})


class Reader(Protocol):
    async def next(self) -> Json | None: ...
    async def say(self, message: Json) -> None: ...
    async def expect_end(self, code: int) -> None: ...
    async def expect_refusal(self, status: int) -> None: ...
    async def leave(self) -> None: ...


class WebsocketReader:
    """`check` is shown every message."""

    def __init__(self, check: Any, url: str, coverage: str, after: str | None, limit: int, token: str | None) -> None:
        self._check = check
        self._stack = AsyncExitStack()
        query = f"limit={limit}" + ("" if after is None else f"&after={after}")
        self._opening = live(url, coverage, query)
        self._token = token
        self._live: Live | None = None

    async def _there(self) -> Live:
        if self._live is None:
            self._live = await self._stack.enter_async_context(self._opening)
        return self._live

    async def next(self) -> Json | None:
        while True:
            message: Json | None = await (await self._there()).next()
            if message is not None:
                self._check(message)
            if message is None or message["type"] not in ASIDE:
                return message

    async def say(self, message: Json) -> None:
        if "token" in message:
            message = message | {"token": self._token}
        await (await self._there()).say(message)

    async def expect_end(self, code: int) -> None:
        assert await self.next() is None
        assert (await self._there()).code == code

    async def expect_refusal(self, status: int) -> None:
        raise AssertionError(f"a websocket is not answered with {status}")

    async def leave(self) -> None:
        await self._stack.aclose()


class EventsReader:
    """Holds each event's name and id to the message in it."""

    def __init__(self, check: Any, url: str, coverage: str, after: str | None, limit: int, token: str | None) -> None:
        self._check = check
        self._stack = AsyncExitStack()
        self._address = f"{url}/v1/coverages/{coverage}/events"
        self._query = {"limit": str(limit)} | ({} if after is None else {"after": after})
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._answer: httpx2.Response | None = None
        self._events: AsyncIterator[Json]

    async def _there(self) -> httpx2.Response:
        if self._answer is None:
            client = await self._stack.enter_async_context(httpx2.AsyncClient(timeout=PATIENCE_S))
            request = client.stream("GET", self._address, params=self._query, headers=self._headers)
            self._answer = await self._stack.enter_async_context(request)
            self._events = self._read(self._answer)
        return self._answer

    async def _read(self, answer: httpx2.Response) -> AsyncIterator[Json]:
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if line:
                fields[name] = value
                continue
            if "data" in fields:
                message: Json = json.loads(fields["data"])
                assert fields["event"] == message["type"]
                placed = message.get("cursor") if message["type"] != "hello" else None
                assert fields.get("id") == placed
                yield message
            fields = {}

    async def next(self) -> Json | None:
        assert (await self._there()).status_code == 200
        async with asyncio.timeout(PATIENCE_S):
            async for message in self._events:
                self._check(message)
                if message["type"] not in ASIDE:
                    return message
        return None

    async def say(self, message: Json) -> None:
        """A token is in the header."""

    async def expect_end(self, code: int) -> None:
        if (await self._there()).status_code != 204:
            assert await self.next() is None

    async def expect_refusal(self, status: int) -> None:
        assert (await self._there()).status_code == status

    async def leave(self) -> None:
        await self._stack.aclose()
