"""A reader for tests: takes part in the protocol as it is written, and checks every message against it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from feed_client import Timeline
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol


class Reader:
    """Connects, leaves and comes back with its cursor. `seen` holds the cursors of all events, as they came."""

    def __init__(self, url: str, coverage: str) -> None:
        self._address = f"{url.replace('http', 'ws', 1)}/v1/coverages/{coverage}/live"
        self.timeline = Timeline()
        self.cursor: str | None = None
        self.seen: list[str] = []
        self.hellos: list[dict[str, Any]] = []
        self.connections = 0
        self.close_code: int | None = None

    async def read(self, at_most: int | None = None) -> None:
        """Until the connection closes, or `at_most` events have come. `close_code` says how it ended."""
        query = f"?after={self.cursor}" if self.cursor else ""
        self.connections += 1
        self.close_code = None
        async with connect(
            self._address + query,
            subprotocols=[Subprotocol("feed.v1")],
            max_size=None,
            ping_interval=None,
            close_timeout=2,
            open_timeout=20,
        ) as socket:
            await self._take_all(socket, at_most)

    async def _take_all(self, socket: ClientConnection, at_most: int | None) -> None:
        events = 0
        try:
            async for text in socket:
                events += self.take(json.loads(text))
                if at_most is not None and events >= at_most:
                    return
        except ConnectionClosed:
            pass
        self.close_code = socket.close_code

    def take(self, message: dict[str, Any]) -> bool:
        """Whether it was an event. Fails where one is missing, twice, or out of order."""
        self.timeline.apply(message)  # type: ignore[arg-type]
        match message["type"]:
            case "hello":
                self.hellos.append(message)
            case "snapshot":
                self.cursor = message["cursor"]
            case type_ if "prev" in message:
                assert message["prev"] == self.cursor, (type_, message["prev"], self.cursor)
                self.cursor = message["cursor"]
                self.seen.append(message["cursor"])
                return True
        return False

    async def read_to_the_end(self, within_s: float = 60) -> None:
        """Comes back after every interruption, as a client does."""
        async with asyncio.timeout(within_s):
            while self.close_code != 1000:
                try:
                    await self.read()
                except (OSError, ConnectionClosed, TimeoutError):
                    await asyncio.sleep(0.05)
