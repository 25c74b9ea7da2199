"""The client's own connections on a real server, through cuts, moves and failovers: its timeline is the store's.

Server and client are what runs; between them lie no sockets but lists, and time passes only when a test says so.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any

import pytest
from feed_client import Timeline
from feed_client.connections import Action, Connect, Connections, Drop, Write
from feed_client.session import Deliver, Reconnect, Stop
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feed.errors import UnknownCoverage
from feed.hub import Hub
from feed.live.subscription import messages
from feed.model import Cursor
from feed.session import Session
from feed.store.redis import RedisStore
from tests.running import StoreProcess

from .world import CHANGES, FAILURES, IMPOSSIBLE, Step, World

# More than a test takes: every move is the client's own.
WINDOW_S = 60.0


class Wire:
    """One connection. What the server says is under way until the client takes it; a cut loses that."""

    def __init__(self, hub: Hub, coverage: str, after: str | None, limit: int) -> None:
        self.under_way: deque[str] = deque()
        self.closed: tuple[int | None, str] | None = None
        self.opened = False
        self._saying = asyncio.create_task(self._say(hub, coverage, Cursor.parse(after) if after else None, limit))

    async def _say(self, hub: Hub, coverage: str, after: Cursor | None, limit: int) -> None:
        session = Session(coverage, public=True)
        try:
            async with hub.subscribed(coverage) as channel:
                async for portion in messages(hub, channel, session, after, limit):
                    self.under_way += [message.decode() for message in portion]
        except UnknownCoverage:
            self.closed = (4004, "")
            return
        if session.closed is not None:
            self.closed = (session.closed.code, session.closed.reason)

    async def cut(self) -> None:
        self._saying.cancel()
        await asyncio.wait((self._saying,))


class Client:
    """Its connections, and the page that it shows. It comes back after an end, as somebody does who opens it again."""

    def __init__(self, hub: Hub, coverage: str, limit: int) -> None:
        self.hub = hub
        self.timeline = Timeline()
        self.now = 0.0
        self.over = False
        self._coverage = coverage
        self._limit = limit
        self._wires: dict[int, Wire] = {}
        self._stood: str | None = None
        self._connections = Connections(None, random=lambda: 0.5)

    async def begin(self) -> None:
        """From the cursor it has, if it has one."""
        cursor = self._connections.session.cursor
        self._connections = Connections(cursor, random=lambda: 0.5)
        self.over = False
        await self._do(self._connections.begin(self.now))

    async def take(self, number: int) -> None:
        """So many messages, of whichever connection has any."""
        for name, wire in list(self._wires.items()):
            if not wire.opened:
                wire.opened = True
                await self._do(self._connections.receive_open(name, self.now))
            while number and wire.under_way and name in self._wires:
                number -= 1
                await self._do(self._connections.receive_text(name, wire.under_way.popleft(), self.now))
            if wire.closed and not wire.under_way and self._wires.pop(name, None):
                await self._do(self._connections.receive_close(name, *wire.closed, self.now))

    async def cut(self) -> None:
        for name, wire in list(self._wires.items()):
            if self._wires.pop(name, None) is not None:
                await wire.cut()
                await self._do(self._connections.receive_close(name, None, "", self.now))

    async def wait(self) -> None:
        """Until it does something of itself."""
        deadline = self._connections.deadline
        if not self.over and deadline is not None:
            self.now = max(self.now, deadline)
            await self._do(self._connections.receive_timer(self.now))

    def has_all(self, tip: Cursor, *, ended: bool) -> bool:
        """Nothing is under way, and nothing is left to be said."""
        if self._connections.session.cursor != str(tip) or self.over != ended:
            return False
        return ended or any(wire.opened and not wire.under_way for wire in self._wires.values())

    async def _do(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Connect(number, after):
                    self._wires[number] = Wire(self.hub, self._coverage, after, self._limit)
                case Write(number, {"type": "ping"}):
                    self._wires[number].under_way.append('{"type":"pong"}')
                case Drop(number):
                    await self._wires.pop(number).cut()
                case Deliver(message):
                    self._see(message)
                case Reconnect(why=why):
                    assert why != "a change is missing", "the server left one out"
                case Stop(error):
                    assert error is None
                    self.over = True

    def _see(self, message: Any) -> None:
        if message["type"] == "snapshot":
            self._stood = message["cursor"]
        elif "prev" in message:
            assert message["prev"] == self._stood, "a gap, or a change twice"
            self._stood = message["cursor"]
        self.timeline.apply(message)


class Nodes:
    """Two clients, each on a node of its own; a node that leaves is replaced."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clients = [Client(Hub(world.store), world.coverage, limit) for limit in (2, 500)]
        self.leaving: list[asyncio.Task[None]] = []

    async def do(self, step: Step) -> None:
        what, number, at = step
        if await self.world.do(step):
            return
        client = self.clients[number % 2]
        match what:
            case "catch up":
                await client.hub.catch_up_all()
                await asyncio.sleep(0)
            case "take":
                await asyncio.sleep(0)
                await client.take(at)
            case "cut":
                await client.cut()
            case "wait":
                await client.wait()
            case "leave":
                old, client.hub = client.hub, Hub(self.world.store)
                self.leaving.append(asyncio.create_task(old.drain(WINDOW_S)))

    async def settle(self, client: Client) -> None:
        """Until the client has all there is, and has scrolled to the end of the page."""
        head = await self.world.store.head(self.world.coverage)
        async with asyncio.timeout(30):
            while True:
                await client.hub.catch_up_all()
                await asyncio.sleep(0.001)
                await client.take(1000)
                if client.has_all(head.cursor, ended=head.status == "ended"):
                    break
                await client.wait()
                # What came after an end, or that it was taken back, is learned of by who looks again.
                if client.over:
                    await client.begin()
        while client.timeline.next is not None:
            entries, following = await self.world.page(client.timeline.next)
            client.timeline.add_page({"entries": entries, "next": following})

    async def close(self) -> None:
        for client in self.clients:
            await client.cut()
        for task in self.leaving:
            task.cancel()
        if self.leaving:
            await asyncio.wait(self.leaving)


WAYS = ["catch up", "catch up", "take", "take", "take", "cut", "wait", "wait", "leave"]
STEPS = st.lists(
    st.tuples(st.sampled_from([*CHANGES, *FAILURES, *WAYS]), st.integers(0, 9), st.integers(0, 5)), max_size=60
)


@pytest.mark.timeout(300)
@settings(max_examples=150)
@given(STEPS)
# A page is read from the store, and a failover takes back what this node has not heard of yet.
@example([("revise", 0, 0), ("publish", 0, 0), ("take", 0, 0), ("fail over", 0, 0), ("catch up", 0, 0)])
@example([("publish", 0, 0), ("take", 0, 0), ("fail over", 0, 0), ("publish", 0, 0)])
def test_every_client_comes_to_the_timeline_of_the_store_whatever_befalls_it(
    valkey: StoreProcess, steps: list[Step]
) -> None:
    asyncio.run(_follow(valkey, steps))


async def _follow(valkey: StoreProcess, steps: list[Step]) -> None:
    store = RedisStore.open(valkey.url)
    with valkey.client() as keeper:
        world = World(store, keeper)
        nodes = Nodes(world)
        try:
            await world.begin()
            for client in nodes.clients:
                await client.begin()
            for step in steps:
                with suppress(*IMPOSSIBLE):
                    await nodes.do(step)
            entries, head = await world.entries(), await world.head()
            for client in nodes.clients:
                await nodes.settle(client)
                assert client.timeline.entries == entries
                assert client.timeline.coverage == head
                assert client.timeline.ended == (head["status"] == "ended") == client.over
        finally:
            await nodes.close()
            await store.close()
