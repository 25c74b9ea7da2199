"""The hub: the channels that this node's subscribers follow. It knows the port of the store, no Redis and no ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from .channel import Channel
from .errors import UnknownCoverage
from .store.port import Announcement, Store

# A channel outlives its last subscriber this long: readers who reload find it warm.
LINGER_S = 30.0


@dataclass(slots=True)
class Counts:
    """Since this process began."""

    subscriptions: int = 0
    messages: int = 0
    resets: int = 0
    events: int = 0


class Hub:
    def __init__(self, store: Store) -> None:
        self.counts = Counts()
        self._store = store
        self._channels: dict[str, Channel] = {}
        self._opening: dict[str, asyncio.Task[Channel]] = {}
        self.draining = False
        self.subscribers = 0
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def channels(self) -> int:
        return len(self._channels)

    @asynccontextmanager
    async def subscribed(self, coverage: str) -> AsyncIterator[Channel]:
        """The coverage's channel, kept up to date for as long as it is used. Raises UnknownCoverage."""
        channel = await self.enter(coverage)
        try:
            yield channel
        finally:
            self.leave(channel)

    async def enter(self, coverage: str) -> Channel:
        """Whoever enters a channel must `leave` it. Raises UnknownCoverage."""
        channel = self._channels.get(coverage)
        if channel is None:
            opening = self._opening.get(coverage)
            if opening is None:
                opening = self._opening[coverage] = asyncio.create_task(self._open(coverage))
                opening.add_done_callback(lambda _: self._opening.pop(coverage, None))
            channel = await asyncio.shield(opening)
        self._count(channel)
        return channel

    def enter_now(self, coverage: str) -> Channel | None:
        """The same, if the channel is open already."""
        channel = self._channels.get(coverage)
        if channel is not None:
            self._count(channel)
        return channel

    def _count(self, channel: Channel) -> None:
        channel.subscribers += 1
        self.subscribers += 1
        self.counts.subscriptions += 1
        self._empty.clear()

    def leave(self, channel: Channel) -> None:
        channel.subscribers -= 1
        self.subscribers -= 1
        if not self.subscribers:
            self._empty.set()
        if not channel.subscribers:
            asyncio.get_running_loop().call_later(LINGER_S, self._drop, channel)

    async def _open(self, coverage: str) -> Channel:
        channel = Channel(coverage, self._store, await self._store.head(coverage))
        self._channels[coverage] = channel
        try:
            # What was announced between the two lines above went past this hub.
            await channel.catch_up()
        except BaseException:
            self._drop(channel)
            raise
        return channel

    def _drop(self, channel: Channel) -> None:
        if not channel.subscribers and self._channels.get(channel.coverage) is channel:
            del self._channels[channel.coverage]

    async def receive_news(self, announcements: Iterable[Announcement]) -> None:
        """Brings forward every channel whose log has grown beyond it."""
        newest = {item.coverage: item.cursor for item in announcements}
        behind = [
            channel
            for coverage, cursor in newest.items()
            if (channel := self._channels.get(coverage)) is not None and cursor > channel.tip
        ]
        await self._catch_up(behind)

    async def catch_up_all(self) -> None:
        """After a fault: what was announced meanwhile is unknown, so every log is asked."""
        await self._catch_up(list(self._channels.values()))

    def drain(self) -> None:
        """From now on every subscriber is asked to leave."""
        self.draining = True
        for channel in self._channels.values():
            channel.call_readers(channel.tip)
            channel.wake()

    async def wait_empty(self, within_s: float) -> None:
        """Until nobody is subscribed any more, or the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._empty.wait()

    async def _catch_up(self, channels: list[Channel]) -> None:
        await asyncio.gather(*map(self._catch_up_one, channels))

    async def _catch_up_one(self, channel: Channel) -> None:
        try:
            self.counts.events += await channel.catch_up()
            self.counts.messages += channel.written
            channel.written = 0
        except UnknownCoverage:
            # The store lost it all, creation included. Its subscribers find out when they ask to continue.
            channel.lose()
