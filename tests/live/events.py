"""A stream of server-sent events, as a browser's EventSource takes it apart (WHATWG HTML, 9.2.6)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

PATIENCE_S = 15


@dataclass
class Happening:
    """One event. `id` is None where the stream gave none with it."""

    type: str
    id: str | None
    data: Any


class Stream:
    """`retry` is the last reconnection time in ms; `comments` are lines that carry nothing."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer = answer
        self.retry: int | None = None
        self.comments: list[str] = []
        self._lines = _lines(answer)

    async def next(self) -> Happening | None:
        """The next event, or None when the stream is over."""
        type_, id_ = "message", None
        data: list[str] = []
        async with asyncio.timeout(PATIENCE_S):
            async for line in self._lines:
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if not line:
                    if data:
                        return Happening(type_, id_, json.loads("\n".join(data)))
                    type_, id_ = "message", None
                elif not name:
                    self.comments.append(value)
                elif name == "event":
                    type_ = value
                elif name == "id":
                    id_ = value
                elif name == "data":
                    data.append(value)
                elif name == "retry":
                    self.retry = int(value)
        return None

    async def until(self, type_: str) -> list[Happening]:
        told: list[Happening] = []
        while not told or told[-1].type != type_:
            happening = await self.next()
            assert happening is not None, f"over before any {type_}"
            told.append(happening)
        return told

    async def rest(self) -> list[Happening]:
        told = []
        while (happening := await self.next()) is not None:
            told.append(happening)
        return told


async def _lines(answer: httpx2.Response) -> AsyncIterator[str]:
    """Not the library's: there a line also ends at U+2028 and its like, in the format only at CR and LF."""
    rest = b""
    async for data in answer.aiter_bytes():
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            yield line.decode()


@asynccontextmanager
async def stream(
    url: str, coverage: str, *, token: str | None = None, last_event_id: str | None = None, **query: Any
) -> AsyncIterator[Stream]:
    headers = {"Accept": "text/event-stream"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    if last_event_id is not None:
        headers["Last-Event-ID"] = last_event_id
    async with (
        httpx2.AsyncClient(base_url=url, timeout=PATIENCE_S) as http,
        http.stream("GET", f"/v1/coverages/{coverage}/events", headers=headers, params=query) as answer,
    ):
        yield Stream(answer)
