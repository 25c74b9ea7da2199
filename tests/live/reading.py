"""A reader's websocket, word by word: what came, in which order, and how it ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

PATIENCE_S = 15


class Live:
    """`code` and `reason` are set once the connection is closed."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.code: int | None = None
        self.reason: str | None = None

    async def next(self) -> Any:
        """The next message, or None when the connection is closed."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                text = await self.socket.recv()
        except ConnectionClosed:
            self.code, self.reason = self.socket.close_code, self.socket.close_reason
            return None
        assert isinstance(text, str)
        return json.loads(text)

    async def take(self, count: int) -> list[Any]:
        return [await self.next() for _ in range(count)]

    async def until(self, type_: str) -> list[Any]:
        """Everything up to the first message of this type, and that."""
        told: list[Any] = []
        while not told or told[-1]["type"] != type_:
            told.append(await self.next())
            assert told[-1] is not None, f"closed with {self.code} before any {type_}: {told}"
        return told

    async def rest(self) -> list[Any]:
        """Everything until the connection is closed."""
        told = []
        while (message := await self.next()) is not None:
            told.append(message)
        return told

    async def say(self, message: Any) -> None:
        await self.socket.send(json.dumps(message))


@asynccontextmanager
async def live(
    url: str,
    coverage: str,
    query: str = "",
    *,
    token: str | None = None,
    origin: str | None = None,
    subprotocols: Sequence[str] | None = ("feed.v1",),
    deflate: bool = False,
    headers: Mapping[str, str] | None = None,
) -> AsyncIterator[Live]:
    """`query` as in ``after=1-1&limit=5``; `token` goes into the header."""
    sent = dict(headers or {}) | ({} if token is None else {"Authorization": f"Bearer {token}"})
    async with connect(
        f"{url.replace('http', 'ws', 1)}/v1/coverages/{coverage}/live" + (f"?{query}" if query else ""),
        subprotocols=None if subprotocols is None else [Subprotocol(name) for name in subprotocols],
        origin=None if origin is None else Origin(origin),
        additional_headers=sent,
        compression="deflate" if deflate else None,
        max_size=None,
        ping_interval=None,
        open_timeout=PATIENCE_S,
        close_timeout=2,
    ) as socket:
        yield Live(socket)


def types(messages: Sequence[Any]) -> list[str]:
    return [message["type"] for message in messages]


def is_chained(messages: Sequence[Any], start: str) -> bool:
    """Whether these are the events after `start`, without gap or duplicate."""
    return [event["prev"] for event in messages] == [start, *(event["cursor"] for event in messages)][: len(messages)]
