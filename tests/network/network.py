"""A network between a client and a server, whose faults are made on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from .link import Counts, How, Link, Trouble, Way

Fate = Callable[[Link], Awaitable[None]]
"""What befalls one link, of its own; runs for as long as the link lasts."""


class Network:
    """Listens on a port of its own and carries every connection to `target`: a port here, or a Unix socket.

    Faults hold for all links, those to come included, until `heal`; a `fate` is drawn for each link by itself.
    """

    def __init__(self, target: int | Path, *, seed: int = 0, fate: Fate | None = None) -> None:
        self.counts = Counts()
        self.target = target
        self.refusing = False
        self.reordering_s = 0.0
        self.links: dict[Link, None] = {}
        self._chance = Random(seed)
        self._fate = fate
        self._trouble = {way: Trouble() for way in Way}
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: list[asyncio.Event] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, "127.0.0.1", 0, backlog=1024)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for link in list(self.links):
            link.cut("fin")
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # ------------------------------------------------------------ faults

    def cut(self, how: How = "rst", share: float = 1.0) -> None:
        for link in self._some(share):
            link.cut(how)

    def cut_within(self, share: float = 1.0) -> None:
        """In the middle of the next message to each client."""
        for link in self._some(share):
            link.cut_within(self._chance.randrange(1, 60))

    def stall(self, *ways: Way) -> None:
        """Nothing passes, in these directions or both. New connections are taken, and nothing is said."""
        self.counts.stalled += len(self.links)
        self._set(ways, stalled=True)

    def trickle(self, piece: int, pause_s: float, *ways: Way) -> None:
        self._set(ways, piece=piece, pause_s=pause_s)

    def delay(self, seconds: float, *ways: Way) -> None:
        self.counts.delayed += len(self.links)
        self._set(ways, delay_s=seconds)

    def lose(self, *ways: Way) -> None:
        """What is said vanishes. `heal` cuts the links that lost something: no connection goes on with a hole."""
        self._set(ways, lost=True)

    def refuse(self) -> None:
        """No connection is made; those that there are stay."""
        self.refusing = True

    def reorder(self, hold_s: float) -> None:
        """Every second connection is held back until a later one got through, or for so long."""
        self.reordering_s = hold_s

    def heal(self) -> None:
        self.refusing = False
        self.reordering_s = 0.0
        for link in list(self.links):
            if any(pipe.trouble.lost for pipe in link.pipes.values()):
                link.cut("rst")
            link.pipes[Way.DOWN].cut_after = None
        for way in Way:
            self._trouble[way] = Trouble()
            for link in self.links:
                link.set(way, Trouble())

    def _set(self, ways: tuple[Way, ...], **fields: bool | int | float) -> None:
        for way in ways or tuple(Way):
            trouble = self._trouble[way] = replace(self._trouble[way], **fields)  # type: ignore[arg-type]
            for link in self.links:
                link.set(way, trouble)

    def _some(self, share: float) -> list[Link]:
        return [link for link in self.links if share >= 1 or self._chance.random() < share]

    # ------------------------------------------------------------ links

    def _accept(self) -> asyncio.Protocol:
        self.counts.connections += 1
        link = Link(self.counts.connections, self.counts)
        self.links[link] = None
        for way in Way:
            link.pipes[way].trouble = self._trouble[way]
        self._start(self._lead(link))
        return link.pipes[Way.UP]

    def _start(self, coroutine: Awaitable[None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _lead(self, link: Link) -> None:
        """One link from its beginning to its end."""
        try:
            if self.refusing:
                self.counts.refused += 1
                link.cut("rst")
                return
            overtaken = await self._hold_back() if self.reordering_s else None
            loop = asyncio.get_running_loop()
            try:
                if isinstance(self.target, Path):
                    await loop.create_unix_connection(lambda: link.pipes[Way.DOWN], str(self.target))
                else:
                    await loop.create_connection(lambda: link.pipes[Way.DOWN], "127.0.0.1", self.target)
            except OSError:
                link.cut("rst")
                return
            if link.over.is_set():  # who asked has left meanwhile
                link.end(Way.UP)
                return
            if overtaken is not None:
                overtaken.set()
            link.pipes[Way.UP].look_again()
            if self._fate is not None:
                fate = asyncio.ensure_future(self._fate(link))
                ending = asyncio.ensure_future(link.over.wait())
                try:
                    await asyncio.wait((fate, ending), return_when=asyncio.FIRST_COMPLETED)
                    if fate.done():
                        fate.result()
                finally:
                    fate.cancel()
                    ending.cancel()
            await link.over.wait()
        finally:
            if not link.over.is_set():
                link.cut("fin")
            self.links.pop(link, None)

    async def _hold_back(self) -> asyncio.Event | None:
        """Waits for a later link; or gives what an earlier one waits for, if there is one."""
        if self._waiting:
            return self._waiting.pop()
        later = asyncio.Event()
        self._waiting.append(later)
        try:
            async with asyncio.timeout(self.reordering_s):
                await later.wait()
            self.counts.reordered += 1
        except TimeoutError:
            self._waiting.clear()
        return None
