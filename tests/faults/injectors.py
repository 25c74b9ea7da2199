"""The faults. Each is a context: entered, something is broken; left, it is mended."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

from tests.network.link import Way
from tests.topology import Replicated, StoreNode, Watched

from .hostile import garbage, never_reading
from .publishers import Publisher
from .stage import Stage


@dataclass(frozen=True, slots=True)
class Scene:
    """What a fault may act on. `flood` publishes so many entries of so many characters, all at once.

    `group`: the servers that the coverage is on, where a store has several.
    """

    stage: Stage
    coverage: str
    chance: Random
    publishers: list[Publisher]
    flood: Callable[[int, int], AbstractAsyncContextManager[None]]
    group: Replicated | None = None


At = Literal["misuse", "server", "readers", "store", "primary"]
# Of two at once the later in this order is mended first: a worker begins to follow once the store is back.
MENDED_LAST: tuple[At, ...] = ("misuse", "server", "readers", "store", "primary")

ON_LINUX = sys.platform == "linux"

Injector = Callable[[Scene], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """`at`: what is broken; two at once break different things. `lasts_s`: from, to. `quick`: fit for a short run."""

    at: At
    name: str
    what: str
    inject: Injector
    lasts_s: tuple[float, float]
    quick: bool = True


# ------------------------------------------------------------ the store


@asynccontextmanager
async def store_killed(scene: Scene) -> AsyncIterator[None]:
    await asyncio.to_thread(scene.stage.store.kill)
    yield
    await asyncio.to_thread(scene.stage.store.start)


@asynccontextmanager
async def store_stopped(scene: Scene) -> AsyncIterator[None]:
    scene.stage.store.signal(signal.SIGSTOP)
    yield
    scene.stage.store.signal(signal.SIGCONT)


@asynccontextmanager
async def store_cut(scene: Scene) -> AsyncIterator[None]:
    scene.stage.to_store.cut("rst" if scene.chance.random() < 0.5 else "fin")
    yield


@asynccontextmanager
async def store_refusing(scene: Scene) -> AsyncIterator[None]:
    scene.stage.to_store.refuse()
    scene.stage.to_store.cut()
    yield
    scene.stage.to_store.heal()


@asynccontextmanager
async def store_replies_lost(scene: Scene) -> AsyncIterator[None]:
    scene.stage.to_store.lose(Way.DOWN)
    yield
    scene.stage.to_store.heal()


@asynccontextmanager
async def store_stalled(scene: Scene) -> AsyncIterator[None]:
    scene.stage.to_store.stall(scene.chance.choice(list(Way)))
    yield
    scene.stage.to_store.heal()


@asynccontextmanager
async def store_slow(scene: Scene) -> AsyncIterator[None]:
    scene.stage.to_store.delay(0.15)
    yield
    scene.stage.to_store.heal()


@asynccontextmanager
async def store_full(scene: Scene) -> AsyncIterator[None]:
    with scene.stage.store.client() as client:
        client.config_set("maxmemory", "1")
        yield
        client.config_set("maxmemory", "0")


@asynccontextmanager
async def store_read_only(scene: Scene) -> AsyncIterator[None]:
    with scene.stage.store.client() as client:
        client.replicaof("127.0.0.1", "1")  # where nobody is
        yield
        client.replicaof("NO", "ONE")


# ------------------------------------------------------------ the primary of several


@asynccontextmanager
async def primary_killed(scene: Scene) -> AsyncIterator[None]:
    """Mended when it is back, as a replica of the one that took over."""
    assert scene.group is not None
    primary = await asyncio.to_thread(lambda group: group.primary, scene.group)
    await asyncio.to_thread(primary.kill)
    yield
    taken_over = await _taken_over(scene.group, primary)
    # A cluster's server knows from its own file what it is; one that Sentinels watch would come back as a primary.
    following = ["--replicaof", f"127.0.0.1 {taken_over.port}"] if isinstance(scene.group, Watched) else []
    await asyncio.to_thread(primary.start, *following)
    await asyncio.to_thread(scene.group.wait_in_step)


@asynccontextmanager
async def primary_stopped(scene: Scene) -> AsyncIterator[None]:
    """It does not answer for long enough to be replaced; when it goes on it thinks that it still is the primary."""
    assert scene.group is not None
    primary = await asyncio.to_thread(lambda group: group.primary, scene.group)
    primary.signal(signal.SIGSTOP)
    try:
        yield
        await _taken_over(scene.group, primary)
    finally:
        primary.signal(signal.SIGCONT)
    await asyncio.to_thread(scene.group.wait_in_step)


async def _taken_over(group: Replicated, old: StoreNode) -> StoreNode:
    """The one that did, once all others but the old one follow it."""
    others = [node for node in group.nodes if node is not old]

    def leader() -> StoreNode | None:
        found = next((node for node in others if node.is_primary()), None)
        return found if found and all(one is found or one.is_replica_of(found) for one in others) else None

    async with asyncio.timeout(60):
        while (found := await asyncio.to_thread(leader)) is None:
            await asyncio.sleep(0.02)
    return found


# ------------------------------------------------------------ the server


@asynccontextmanager
async def worker_killed(scene: Scene) -> AsyncIterator[None]:
    following = scene.stage.said("following the store")
    os.kill(scene.chance.choice(scene.stage.workers()), signal.SIGKILL)
    yield
    await scene.stage.until_following(following + 1)


@asynccontextmanager
async def worker_stopped(scene: Scene) -> AsyncIterator[None]:
    worker = scene.chance.choice(scene.stage.workers())
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(worker, signal.SIGCONT)


@asynccontextmanager
async def worker_starved(scene: Scene) -> AsyncIterator[None]:
    """It gets no more memory than it has, and needs more."""
    worker = scene.chance.choice(scene.stage.workers())
    taken = await asyncio.to_thread(memory_of, worker)
    _, most = resource.prlimit(worker, resource.RLIMIT_AS)
    resource.prlimit(worker, resource.RLIMIT_AS, (taken, most))
    try:
        async with scene.flood(100, 8_000):
            yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(worker, resource.RLIMIT_AS, (most, most))


def memory_of(process: int) -> int:
    """Bytes of addresses that it uses."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[0]) * resource.getpagesize()


@asynccontextmanager
async def workers_replaced(scene: Scene) -> AsyncIterator[None]:
    replaced = scene.stage.said("workers replaced")
    os.kill(scene.stage.server.pid, signal.SIGHUP)
    yield
    await scene.stage.until_said("workers replaced", replaced + 1)


# ------------------------------------------------------------ the network


@asynccontextmanager
async def readers_cut(scene: Scene) -> AsyncIterator[None]:
    """Half of them, in the middle of a message, while new connections overtake each other."""
    scene.stage.to_readers.reorder(0.5)
    scene.stage.to_readers.cut_within(0.5)
    yield
    scene.stage.to_readers.heal()


@asynccontextmanager
async def readers_stalled(scene: Scene) -> AsyncIterator[None]:
    ways = [Way.DOWN] if scene.chance.random() < 0.5 else list(Way)
    scene.stage.to_readers.stall(*ways)
    yield
    scene.stage.to_readers.heal()


@asynccontextmanager
async def readers_trickled(scene: Scene) -> AsyncIterator[None]:
    scene.stage.to_readers.trickle(200, 0.01)
    yield
    scene.stage.to_readers.heal()


@asynccontextmanager
async def readers_refused(scene: Scene) -> AsyncIterator[None]:
    scene.stage.to_readers.refuse()
    scene.stage.to_readers.cut("fin")
    yield
    scene.stage.to_readers.heal()


@asynccontextmanager
async def readers_all_back(scene: Scene) -> AsyncIterator[None]:
    """Everybody loses the connection within a second."""
    for _ in range(10):
        scene.stage.to_readers.cut("rst", 0.3)
        await asyncio.sleep(0.1)
    scene.stage.to_readers.cut()
    yield


@asynccontextmanager
async def receipts_lost(scene: Scene) -> AsyncIterator[None]:
    """Publishers do not hear what was done."""
    scene.stage.to_publishers.lose(Way.DOWN)
    yield
    scene.stage.to_publishers.heal()


# ------------------------------------------------------------ those who do not behave


@asynccontextmanager
async def slow_readers(scene: Scene) -> AsyncIterator[None]:
    """Five who never read, while entries come that fill what is kept for them."""
    async with never_reading(scene.stage.server.port, scene.coverage, 5), scene.flood(40, 8_000):
        yield


@asynccontextmanager
async def garbage_readers(scene: Scene) -> AsyncIterator[None]:
    await garbage(scene.stage.server.port, scene.coverage, scene.chance)
    yield


@asynccontextmanager
async def publish_flood(scene: Scene) -> AsyncIterator[None]:
    async with scene.flood(150, 100):
        yield


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("store", "store killed", "SIGKILL and start again", store_killed, (0.3, 2.0)),
        Fault("store", "store stopped", "SIGSTOP, SIGCONT", store_stopped, (1.0, 10.0)),
        Fault("store", "store cut", "all its connections at once", store_cut, (0.0, 0.2)),
        Fault("store", "store refused", "no connection is made", store_refusing, (1.0, 4.0)),
        Fault("store", "store replies lost", "done, and nobody hears", store_replies_lost, (0.5, 2.5)),
        Fault("store", "store stalled", "one way, nothing passes", store_stalled, (1.0, 4.0)),
        Fault("store", "store slow", "150 ms later each way", store_slow, (1.0, 3.0)),
        Fault("store", "store full", "maxmemory reached", store_full, (0.5, 2.0)),
        Fault("store", "store read-only", "a replica of nobody", store_read_only, (0.5, 2.0)),
        Fault("primary", "primary killed", "SIGKILL, a replica takes over", primary_killed, (0.0, 0.1), quick=False),
        Fault("primary", "primary stopped", "SIGSTOP, a replica takes over", primary_stopped, (0.0, 0.1), quick=False),
        Fault("server", "worker killed", "SIGKILL of one of two", worker_killed, (0.0, 0.1)),
        Fault("server", "worker stopped", "SIGSTOP of one of two", worker_stopped, (1.0, 4.0)),
        Fault("server", "rolling restart", "SIGHUP", workers_replaced, (0.0, 0.1), quick=False),
        Fault("readers", "readers cut", "half of them, within a message", readers_cut, (0.5, 1.0)),
        Fault("readers", "readers stalled", "nothing passes", readers_stalled, (1.0, 4.0)),
        Fault("readers", "readers trickled", "200 bytes each 10 ms", readers_trickled, (1.0, 3.0)),
        Fault("readers", "readers refused", "cut, no connection is made", readers_refused, (0.5, 2.0)),
        Fault("readers", "all readers back", "everybody within a second", readers_all_back, (0.0, 0.1)),
        Fault("readers", "receipts lost", "publishers do not hear", receipts_lost, (0.5, 2.0)),
        Fault("misuse", "slow readers", "five who never read", slow_readers, (1.0, 2.0)),
        Fault("misuse", "garbage readers", "what no client sends", garbage_readers, (0.0, 0.2)),
        Fault("misuse", "publish flood", "150 entries at once", publish_flood, (0.0, 0.1)),
        # Elsewhere no process can take another one's memory.
        *([Fault("server", "worker starved", "no more memory for it", worker_starved, (1.0, 4.0))] * ON_LINUX),
    )
}
