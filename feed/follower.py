"""The follower: the one task of a node that follows the store into the hub, and follows anew after faults."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable, Sequence
from contextlib import aclosing

import structlog

from .errors import StoreUnavailable
from .flights import Flights
from .hub import Hub
from .store.port import NEWS_KEPT, Announcement, Store
from .wire import LIVE_MESSAGE, OUTAGE_MESSAGE

log = structlog.get_logger()

FIRST_DELAY_S = 0.05
LONGEST_DELAY_S = 0.5
# Readers on open connections are told when the store was away for so long.
OUTAGE_S = 3.0
# After a fan-out the next waits so long for each reader, but no longer than this in all.
GATHERING_S = 2e-6
LONGEST_GATHERING_S = 0.02


class Follower:
    """`following` tells whether the store answered last time. Run `run` as a task; cancel it to stop."""

    def __init__(self, store: Store, hub: Hub) -> None:
        self._store = store
        self._hub = hub
        self._probes: dict[str, asyncio.Future[None]] = {}
        self._probing: Flights[float, bool] = Flights()
        # Called with what another part of some node announced.
        self.heard: Callable[[str], None] = lambda _: None
        self.following = False
        self._lost_at: float | None = None
        self._told = False

    async def run(self) -> None:
        delay = FIRST_DELAY_S
        while True:
            try:
                # In this order nothing falls between: what is announced from here on is read below.
                tips = await self._store.tips()
                await self._hub.catch_up_all()
                self._found()
                delay = FIRST_DELAY_S
                async with aclosing(self._store.follow(tips)) as news:
                    async for announcements in news:
                        await self._receive(announcements)
                        # Entries that come faster than they are fanned out leave together, in one write each: the
                        # more wait while these go out, the fewer writes. One by itself never waits for another.
                        pause = min(self._hub.subscribers * GATHERING_S, LONGEST_GATHERING_S)
                        if len(announcements) > 1 and pause > 0.001:
                            await asyncio.sleep(pause)
            except StoreUnavailable as error:
                if self.following or self._lost_at is None:
                    log.warning("the store is not available, readers keep what they have", reason=error.reason)
                self._lost()
            except MemoryError:
                self._lost()
                raise
            except Exception:
                # Whatever it was, a node that no longer follows serves stale pages: say so and begin anew.
                log.exception("following failed")
                self._lost()
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            delay = min(delay * 2, LONGEST_DELAY_S)

    def _found(self) -> None:
        if not self.following:
            log.info("following the store")
        self.following, self._lost_at = True, None
        if self._told:
            self._told = False
            self._hub.tell(LIVE_MESSAGE)

    def _lost(self) -> None:
        now = asyncio.get_running_loop().time()
        self.following = False
        if self._lost_at is None:
            self._lost_at = now
        elif not self._told and now - self._lost_at >= OUTAGE_S:
            self._told = True
            self._hub.tell(OUTAGE_MESSAGE)

    async def _receive(self, announcements: Sequence[Announcement]) -> None:
        for probe in (item.probe for item in announcements if item.probe):
            if waiting := self._probes.pop(probe, None):
                if not waiting.done():  # given up in this moment
                    waiting.set_result(None)
            else:
                self.heard(probe)
        if len(announcements) < NEWS_KEPT:
            await self._hub.receive_news(item for item in announcements if not item.probe)
        else:  # this node was far behind, and news that it had not read may be forgotten
            await self._hub.catch_up_all()

    async def probe(self, within_s: float) -> bool:
        """Whether an announcement goes to the store and comes back here in time: really able to deliver.

        One for all who ask at the same time: anybody may, and each is written to the store and read by every node."""
        return await self._probing.join(within_s, lambda: self._probe(within_s))

    async def _probe(self, within_s: float) -> bool:
        nonce = secrets.token_hex(8)
        waiting = self._probes[nonce] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(within_s):
                await self._store.probe(nonce)
                await waiting
        except (StoreUnavailable, TimeoutError):
            return False
        finally:
            self._probes.pop(nonce, None)
        return True
