"""The audience: how many read each coverage, over all nodes, told to those who read it.

Each node keeps its number beside the coverage in the store, for as long as it goes on to say so, and gets the sum. It
is told when it changed noticeably, as one frame for everybody.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass

from .channel import Channel
from .errors import StoreUnavailable
from .hub import Hub
from .message import Message
from .store.port import Store
from .wire import audience_message

# How often channels are looked at; each coverage is counted, and told, no more often than every EVERY_S.
LOOK_S = 1.0
EVERY_S = 10.0
# A number that was not said again is forgotten after this many times that.
GOOD_FOR = 2.5
# A change by more than this share is worth telling.
NOTICEABLE = 0.02


@dataclass(slots=True)
class _Count:
    due: float = 0.0
    said: int = 0
    told: int = 0
    message: Message | None = None


class Audience:
    """Run `run` as a task; cancel it to stop."""

    def __init__(self, store: Store, hub: Hub) -> None:
        self._store = store
        self._hub = hub
        self._node = secrets.token_hex(8)
        self._counts: dict[str, _Count] = {}

    async def run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look(asyncio.get_running_loop().time())

    async def look(self, now: float) -> None:
        """Counts, and tells, what is due."""
        open_now = {channel.coverage: channel for channel in self._hub.open_channels}
        for coverage in [*open_now, *(self._counts.keys() - open_now.keys())]:
            count = self._counts.setdefault(coverage, _Count())
            channel = open_now.get(coverage)
            here = channel.subscribers if channel is not None else 0
            if now < count.due or not (here or count.said):
                continue
            # Readers who leave with their node are counted where they go.
            count.due = now + (0 if self._hub.draining else EVERY_S)
            try:
                total = await self._store.audience(coverage, self._node, here, int(EVERY_S * GOOD_FOR * 1000))
            except StoreUnavailable:
                continue
            count.said = here
            if channel is not None and here and not channel.ended:
                self._tell(channel, count, total)
        for coverage in [one for one, count in self._counts.items() if not count.said and one not in open_now]:
            del self._counts[coverage]

    @staticmethod
    def _tell(channel: Channel, count: _Count, total: int) -> None:
        # What else was told in between is not what those who come are to hear.
        if channel.notice is not count.message or abs(total - count.told) > count.told * NOTICEABLE:
            count.told, count.message = total, audience_message(total)
            channel.tell(count.message)
