"""The hub: the channels that this node's subscribers follow. It knows the port of the store, no Redis and no ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from .channel import Channel
from .departures import TICK_S, Departures
from .errors import UnknownCoverage
from .flights import Flights
from .message import Message
from .store.port import Announcement, Store

# A channel outlives its last subscriber this long: readers who reload find it warm.
LINGER_S = 30.0
# So many channels ask the store at the same time.
TOGETHER = 64
# So many readers are told to move before others get their turn: some fifty milliseconds' worth, no more than an entry
# to as many takes. Each turn of others may be a fan-out, and whoever stops a server does not wait long.
SLICE = 5000


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
        self._opening: Flights[str, Channel] = Flights()
        self._lingering: dict[Channel, asyncio.TimerHandle] = {}
        # Once the node is leaving: when each reader goes. `dismissed`: whoever is still here must go now.
        self.departures: Departures | None = None
        self.dismissed = False
        self.subscribers = 0
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def channels(self) -> int:
        return len(self._channels)

    @property
    def open_channels(self) -> list[Channel]:
        return list(self._channels.values())

    @property
    def draining(self) -> bool:
        """The node is leaving: it takes no new readers."""
        return self.departures is not None

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
            channel = await self._opening.join(coverage, lambda: self._open(coverage))
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
            self._drop_later(channel)

    def _drop_later(self, channel: Channel) -> None:
        if (before := self._lingering.get(channel)) is not None:
            before.cancel()
        self._lingering[channel] = asyncio.get_running_loop().call_later(LINGER_S, self._drop, channel)

    async def _open(self, coverage: str) -> Channel:
        channel = Channel(coverage, self._store, await self._store.head(coverage))
        self._channels[coverage] = channel
        try:
            # What was announced between the two lines above went past this hub.
            await channel.catch_up()
        except BaseException:
            self._drop(channel)
            raise
        self._drop_later(channel)  # whoever asked for it may be gone
        return channel

    def _drop(self, channel: Channel) -> None:
        self._lingering.pop(channel, None)
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
        await self._catch_up(self.open_channels, after_fault=True)

    def tell(self, notice: Message) -> None:
        """Something that is in no log, to everybody."""
        for channel in self.open_channels:
            channel.tell(notice)

    async def drain(self, window_s: float) -> None:
        """Tells every subscriber when to move, over `window_s`; goes on until all are gone, or had time to.

        They are served meanwhile. `dismiss` those who are left.
        """
        loop = asyncio.get_running_loop()
        departures = self.departures = Departures(loop.time(), window_s, self.subscribers)
        if not window_s:
            return
        for channel in self.open_channels:
            channel.wake()
            await self._tell(channel)
        while self.subscribers and loop.time() < departures.over:
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._empty.wait()
            for reader in departures.due(loop.time()):
                reader.depart()

    @staticmethod
    async def _tell(channel: Channel) -> None:
        # Readers that are not written to just now, because their transports are full, are told when they go on.
        readers = channel.readers
        for start in range(0, len(readers), SLICE):
            for reader in readers[start : start + SLICE]:
                reader.move()
            await asyncio.sleep(0)

    def dismiss(self) -> None:
        """Ends every subscription that has a task of its own; the others end with their connections."""
        if self.departures is None:
            self.departures = Departures(asyncio.get_running_loop().time(), 0, 0)
        self.dismissed = True
        for channel in self._channels.values():
            channel.wake()

    async def _catch_up(self, channels: list[Channel], *, after_fault: bool = False) -> None:
        # Not all at once: what waits for its turn at the store must not run out of time there.
        for start in range(0, len(channels), TOGETHER):
            some = channels[start : start + TOGETHER]
            await asyncio.gather(*(self._catch_up_one(channel, after_fault) for channel in some))

    async def _catch_up_one(self, channel: Channel, after_fault: bool) -> None:
        try:
            self.counts.events += await channel.catch_up(after_fault=after_fault)
            self.counts.messages += channel.written
            channel.written = 0
        except UnknownCoverage:
            # The store lost it all, creation included. Its subscribers find out when they ask to continue.
            channel.lose()
