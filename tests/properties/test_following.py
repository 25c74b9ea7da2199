"""After any mix of changes, seen by readers that come and go as they like, every timeline equals the store's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field

from feed_client import Timeline
from hypothesis import given, settings
from hypothesis import strategies as st

from feed.channel import Channel
from feed.hub import Hub
from feed.live.subscription import messages
from feed.model import Cursor
from feed.session import Session
from feed.store.redis import RedisStore
from tests.running import StoreProcess

from .world import CHANGES, IMPOSSIBLE, Step, World

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


class Nodes:
    """The coverage on two nodes, and readers on both."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.readers = [Reader(Hub(world.store), world.coverage, limit) for limit in LIMITS]

    async def do(self, step: Step) -> None:
        what, number, _ = step
        if await self.world.do(step):
            return
        reader = self.readers[number % 2]
        match what:
            case "come":
                await reader.come()
            case "read":
                await reader.read()
            case "leave":
                await reader.leave()

    async def settle(self, reader: Reader) -> None:
        """The reader comes back if it left, reads all there is, and scrolls to the end of the page."""
        await reader.hub.catch_up_all()  # as the follower does all the time
        await reader.come()
        await reader.read()
        await reader.leave()
        while reader.timeline.next is not None:
            entries, following = await self.world.page(reader.timeline.next)
            reader.timeline.add_page({"entries": entries, "next": following})


STEPS = st.lists(
    st.tuples(st.sampled_from([*CHANGES, "come", "read", "leave"]), st.integers(0, 9), st.integers(0, 5)), max_size=40
)


@settings(max_examples=120)
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
            nodes = Nodes(world)
            await world.begin()
            for step in steps:
                with suppress(*IMPOSSIBLE):
                    await nodes.do(step)
            entries, head = await world.entries(), await world.head()
            for reader in nodes.readers:
                await nodes.settle(reader)
                assert reader.timeline.entries == entries
                assert reader.timeline.coverage == head
                assert reader.timeline.pinned == next((one for one in entries if one["id"] == head.get("pin")), None)
            assert head.get("pin") in (None, *(entry["id"] for entry in entries))
    finally:
        await store.close()
