"""After any mix of changes, seen by readers that come and go as they like, every timeline equals the store's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import redis
from feed_client import Timeline
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feed.channel import Channel
from feed.desk import Desk
from feed.drafts import CoverageDraft, CoveragePatch, Ending, EntryDraft, EntryPatch
from feed.errors import Conflict, EntryDeleted, InvalidInput, NotFound
from feed.hub import Hub
from feed.live.subscription import messages
from feed.model import Cursor, moment_from_ms
from feed.session import Session
from feed.store.keys import coverage_keys
from feed.store.redis import RedisStore
from tests.newsroom import fresh
from tests.running import StoreProcess

LIMITS = (2, 500)


@dataclass
class Reader:
    """Follows by the messages of a session, as a connection of a client does. `limit` is the length of its page."""

    hub: Hub
    coverage: str
    limit: int
    timeline: Timeline = field(default_factory=Timeline)
    cursor: str | None = None
    channel: Channel | None = None
    session: Session | None = None
    portions: AsyncGenerator[list[bytes], None] | None = None

    async def come(self) -> None:
        if self.portions is not None:
            return
        self.channel = await self.hub.enter(self.coverage)
        self.session = Session(self.coverage, public=True)
        after = Cursor.parse(self.cursor) if self.cursor else None
        self.portions = messages(self.hub, self.channel, self.session, after, self.limit)
        self.take(await anext(self.portions))
        await self.leave_if_over()

    async def read(self) -> None:
        """Everything that there is."""
        await self.hub.catch_up_all()
        while self.portions is not None and self.session is not None and self.channel is not None:
            if self.session.position >= self.channel.tip:
                return
            self.take(await anext(self.portions))
            await self.leave_if_over()

    async def leave(self) -> None:
        if self.portions is not None and self.channel is not None:
            await self.portions.aclose()
            self.portions = None
            self.hub.leave(self.channel)

    async def leave_if_over(self) -> None:
        if self.session is not None and self.session.closed is not None:
            assert self.session.closed.code == 1000
            await self.leave()

    def take(self, portion: list[bytes]) -> None:
        for text in portion:
            message = json.loads(text)
            self.timeline.apply(message)
            if message["type"] == "snapshot":
                self.cursor = message["cursor"]
            elif "prev" in message:
                assert message["prev"] == self.cursor, "a gap, or a change twice"
                self.cursor = message["cursor"]


class World:
    """One coverage, two nodes, and readers on both."""

    def __init__(self, store: RedisStore, keeper: redis.Redis) -> None:
        self.store = store
        self.keeper = keeper
        self.desk = Desk(store)
        self.coverage = fresh("property")
        self.ids: list[str] = []
        self.hubs = [Hub(store), Hub(store)]
        self.readers = [Reader(self.hubs[number % 2], self.coverage, limit) for number, limit in enumerate(LIMITS)]

    def one_of(self, number: int) -> str:
        return self.ids[number % len(self.ids)] if self.ids else "nothing"

    async def do(self, step: tuple[str, int, int]) -> None:
        what, number, at = step
        shown = moment_from_ms(1_700_000_000_000 + at * 60_000)
        match what:
            case "publish":
                drafts = [self.draft(text=f"{number}", display_at=shown) for _ in range(1 + number % 3)]
                await self.desk.publish(self.coverage, drafts)
                self.ids += [str(draft.id) for draft in drafts]
            case "revise":
                await self.desk.revise(self.coverage, self.one_of(number), EntryPatch(text=f"revised {at}"))
            case "move":
                patch = EntryPatch(display_at=self.draft(display_at=shown).display_at)
                await self.desk.revise(self.coverage, self.one_of(number), patch)
            case "retract":
                await self.desk.retract(self.coverage, self.one_of(number), f"reason {at}")
            case "delete":
                await self.desk.delete(self.coverage, self.one_of(number), "law" if at % 2 else None)
            case "pin":
                await self.desk.change(self.coverage, CoveragePatch(pin=self.one_of(number) if at % 4 else None))
            case "title":
                await self.desk.change(self.coverage, CoveragePatch(title=f"Title {number}"))
            case "end":
                last = self.draft(text="last") if number % 2 else None
                await self.desk.end(self.coverage, Ending(entry=last))
                self.ids += [str(last.id)] if last else []
            case "reopen":
                await self.desk.reopen(self.coverage)
            case "trim":
                self.keeper.xtrim(coverage_keys(self.coverage).log, maxlen=1 + number % 5, approximate=False)
            case "come":
                await self.readers[number % 2].come()
            case "read":
                await self.readers[number % 2].read()
            case "leave":
                await self.readers[number % 2].leave()

    @staticmethod
    def draft(**fields: Any) -> EntryDraft:
        if "display_at" in fields:
            fields["display_at"] = datetime.fromisoformat(fields["display_at"])
        return EntryDraft(id=fresh("e"), **fields)

    async def page(self) -> list[Any]:
        """The whole timeline, as the store has it."""
        entries: list[Any] = []
        before: str | None = None
        while True:
            page = await self.store.page(self.coverage, before=before, limit=3)
            entries += map(json.loads, page.entries)
            if (before := page.following) is None:
                return entries

    async def settle(self, reader: Reader) -> None:
        """The reader comes back if it left, reads all there is, and scrolls to the end of the page."""
        await reader.hub.catch_up_all()  # as the follower does all the time
        await reader.come()
        await reader.read()
        await reader.leave()
        while reader.timeline.next is not None:
            page = await self.store.page(self.coverage, before=reader.timeline.next, limit=3)
            reader.timeline.add_page({"entries": list(map(json.loads, page.entries)), "next": page.following})


CHANGES = ["publish", "publish", "revise", "move", "retract", "delete", "pin", "title", "end", "reopen", "trim"]
STEPS = st.lists(
    st.tuples(st.sampled_from([*CHANGES, "come", "read", "leave"]), st.integers(0, 9), st.integers(0, 5)), max_size=40
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_every_reader_comes_to_the_timeline_of_the_store(
    valkey: StoreProcess, steps: list[tuple[str, int, int]]
) -> None:
    asyncio.run(_follow(valkey, steps))


async def _follow(valkey: StoreProcess, steps: list[tuple[str, int, int]]) -> None:
    store = RedisStore.open(valkey.url)
    try:
        with valkey.client() as keeper:
            world = World(store, keeper)
            await world.desk.create(CoverageDraft(id=world.coverage, title="T"))
            for step in steps:
                # Not every change is possible as things are.
                with suppress(Conflict, NotFound, EntryDeleted, InvalidInput):
                    await world.do(step)
            entries = await world.page()
            head = json.loads((await store.head(world.coverage)).coverage)
            for reader in world.readers:
                await world.settle(reader)
                assert reader.timeline.entries == entries
                assert reader.timeline.coverage == head
                assert reader.timeline.pinned == next((one for one in entries if one["id"] == head.get("pin")), None)
            assert head.get("pin") in (None, *(entry["id"] for entry in entries))
    finally:
        await store.close()
