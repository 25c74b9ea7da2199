"""The stage: a store, two workers, readers and publishers, and a network between each of them."""

from __future__ import annotations

import asyncio
import subprocess
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from feed.store.connect import connect
from tests.network.network import Network
from tests.running import ServerProcess, StoreProcess

from .log import Log

WORKERS = 2


class Stage:
    """`to_store`, `to_readers` and `to_publishers` are the networks between them and the server.

    `store` is the address of another store than one Valkey of the stage's own; to that there is no network.
    """

    def __init__(self, seed: int, store: str | None = None, **environment: str) -> None:
        self.store = StoreProcess("valkey")
        self.to_store = Network(self.store.socket, seed=seed)
        self.address = store
        self._seed = seed
        self._environment = {"FEED_DRAIN_WINDOW": "2"} | environment
        self._stack = AsyncExitStack()
        self.server: ServerProcess
        self.to_readers: Network
        self.to_publishers: Network

    async def __aenter__(self) -> Self:
        try:
            if self.address is None:
                self._stack.callback(self.store.remove)
                await asyncio.to_thread(self.store.start)
                await self._stack.enter_async_context(self.to_store)
                self.address = f"redis://127.0.0.1:{self.to_store.port}"
            data = Path(self._stack.enter_context(TemporaryDirectory(prefix="feed-")))
            options = ("--store", self.address, "--workers", str(WORKERS))
            self.server = ServerProcess(data, *options, **self._environment)
            await asyncio.to_thread(self.server.start)
            self._stack.push_async_callback(asyncio.to_thread, self.server.stop)
            self.to_readers = await self._stack.enter_async_context(Network(self.server.port, seed=self._seed + 1))
            self.to_publishers = await self._stack.enter_async_context(Network(self.server.port, seed=self._seed + 2))
            await self.until_following(WORKERS)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Only then can the server end as it should.
        self.to_store.heal()
        await self._stack.aclose()

    async def log_of(self, coverage: str) -> Log:
        """As the store has it."""
        assert self.address is not None
        clients = connect(self.address)
        try:
            return await Log.read(clients.commands, coverage)
        finally:
            await clients.close()

    @property
    def networks(self) -> dict[str, Network]:
        return {"store": self.to_store, "readers": self.to_readers, "publishers": self.to_publishers}

    def workers(self) -> list[int]:
        """Their process ids."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.server.pid), "-f", "spawn_main"], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in found.stdout.split()]

    def said(self, words: str) -> int:
        """How often the server's log has them."""
        return self.server.log.count(words)

    async def until_said(self, words: str, times: int, within_s: float = 60) -> None:
        async with asyncio.timeout(within_s):
            while self.said(words) < times:
                await asyncio.sleep(0.02)

    async def until_following(self, times: int) -> None:
        """Until workers have begun to follow the store so often."""
        await self.until_said("following the store", times)
