"""Whatever befalls the store: publishing fails fast and says so, readers keep what they have, and it all goes on."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import pytest_asyncio
import redis

from tests.network.link import Way
from tests.network.network import Network
from tests.running import ServerProcess, free_ports, running_server
from tests.topology import DURABLE, StoreNode

from .reader import Reader

log = logging.getLogger(__name__)
pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Stage:
    """A store, the network to it, a server, and a reader who stays through everything."""

    store: StoreNode
    keeper: redis.Redis
    network: Network
    server: ServerProcess
    http: httpx2.AsyncClient
    reader: Reader

    async def publish(self, headline: str, key: str | None = None) -> httpx2.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return await self.http.post(
            "/v1/coverages/c/entries", json={"headline": headline, "text": "x"}, headers=headers
        )

    async def ready(self) -> bool:
        return (await self.http.get("/readyz")).status_code == 200

    async def followed(self) -> bool:
        return self.reader.timeline.live

    async def entries(self) -> list[Any]:
        page = (await self.http.get("/v1/coverages/c/entries", params={"limit": 500})).json()
        return list(page["entries"])

    async def headlines(self) -> list[str]:
        return [entry["headline"] for entry in await self.entries()]


async def until(condition: Callable[[], Awaitable[Any]], what: str, within_s: float = 60) -> None:
    try:
        async with asyncio.timeout(within_s):
            while not await condition():
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{what} did not come true within {within_s} s") from None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    store = StoreNode(*DURABLE, port=free_ports(1)[0])
    try:
        with store.start().client() as keeper:
            async with Network(store.port) as network:
                running = running_server("--store", f"redis://127.0.0.1:{network.port}")
                server = await asyncio.to_thread(running.__enter__)
                token = {"Authorization": f"Bearer {server.admin_token}"}
                try:
                    async with httpx2.AsyncClient(base_url=server.url, headers=token, timeout=60) as http:
                        reader = Reader(server.url, "c")
                        stage = Stage(store, keeper, network, server, http, reader)
                        await until(stage.ready, "readiness")
                        await http.post("/v1/coverages", json={"id": "c", "title": "T"})
                        await http.post(
                            "/v1/coverages/c/entries", json={"id": "first", "headline": "first", "text": "x"}
                        )
                        reading = asyncio.create_task(reader.read())
                        await until(stage.followed, "the reader is live")
                        yield stage
                        await http.post("/v1/coverages/c/end")
                        await reading
                finally:
                    await asyncio.to_thread(running.__exit__, None, None, None)
    finally:
        store.remove()


# ------------------------------------------------------------ what befalls it


@asynccontextmanager
async def stands_still(stage: Stage) -> AsyncIterator[None]:
    stage.store.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        stage.store.signal(signal.SIGCONT)


@asynccontextmanager
async def is_out_of_reach(stage: Stage) -> AsyncIterator[None]:
    stage.network.refuse()
    stage.network.cut()
    try:
        yield
    finally:
        stage.network.heal()


@asynccontextmanager
async def answers_late(stage: Stage) -> AsyncIterator[None]:
    stage.network.delay(5, Way.DOWN)
    try:
        yield
    finally:
        stage.network.heal()


@asynccontextmanager
async def loses_its_answers(stage: Stage) -> AsyncIterator[None]:
    stage.network.lose(Way.DOWN)
    try:
        yield
    finally:
        stage.network.heal()


def configured(name: str, during: str, after: str) -> Callable[[Stage], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def fault(stage: Stage) -> AsyncIterator[None]:
        stage.keeper.config_set(name, during)
        try:
            yield
        finally:
            stage.keeper.config_set(name, after)

    return fault


@asynccontextmanager
async def takes_no_writes_for_a_while(stage: Stage) -> AsyncIterator[None]:
    stage.keeper.client_pause(60_000, all=False)
    try:
        yield
    finally:
        stage.keeper.client_unpause()


@asynccontextmanager
async def is_made_a_replica(stage: Stage) -> AsyncIterator[None]:
    stage.keeper.replicaof("127.0.0.1", "1")
    try:
        yield
    finally:
        stage.keeper.replicaof("NO", "ONE")


@asynccontextmanager
async def has_a_full_disk(stage: Stage) -> AsyncIterator[None]:
    (file,) = (stage.store.directory / "appendonlydir").glob("*.incr.aof")
    _, hard = resource.prlimit(stage.store.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(stage.store.pid, resource.RLIMIT_FSIZE, (file.stat().st_size, hard))
    try:
        yield
    finally:
        resource.prlimit(stage.store.pid, resource.RLIMIT_FSIZE, (hard, hard))


@asynccontextmanager
async def wants_a_password(stage: Stage) -> AsyncIterator[None]:
    stage.keeper.config_set("requirepass", "another")
    stage.keeper.client_kill_filter(_type="normal", skipme=True)
    try:
        yield
    finally:
        stage.keeper.config_set("requirepass", "")


FAULTS = {
    "stands still": (stands_still, "not available"),
    "is out of reach": (is_out_of_reach, "not available"),
    "answers late": (answers_late, "not available"),
    "loses its answers": (loses_its_answers, "not available"),
    "takes no writes for a while": (takes_no_writes_for_a_while, "not available"),
    "is out of memory": (configured("maxmemory", "1", "0"), "out of memory"),
    "lacks replicas": (configured("min-replicas-to-write", "1", "0"), "fewer replicas"),
    "is made a replica": (is_made_a_replica, "is a replica"),
    "has a full disk": (has_a_full_disk, "cannot write to its disk"),
    "wants a password": (wants_a_password, "password"),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_while_the_store(stage: Stage, name: str) -> None:
    befall, says = FAULTS[name]
    stage.reader.hellos.clear()
    await until(stage.ready, "readiness")
    async with befall(stage):
        refused: list[httpx2.Response] = []
        tried = 0

        async def is_refused() -> bool:
            nonlocal tried
            tried += 1
            began = time.monotonic()
            refused[:] = [await stage.publish(f"{name} {tried}", key=f"{name} {tried}")]
            log.info("%s: answered %d after %.2f s", name, refused[0].status_code, time.monotonic() - began)
            assert time.monotonic() - began < 10
            return refused[0].status_code != 201

        async def is_not_ready() -> bool:
            return not await stage.ready()

        paths = ("", "/entries", "/entries/first", "/entries/first/revisions", f"/entries?after={stage.reader.cursor}")
        pages = [f"/v1/coverages/c{path}" for path in paths] + ["/c/c", "/c/c/feed.json", "/", "/v1/tokens"]
        # A full disk is found at the first write that does not get there, which is acknowledged.
        fetching = asyncio.gather(*map(stage.http.get, pages))
        await asyncio.gather(until(is_refused, "a refusal"), until(is_not_ready, "redness"))
        answers = await fetching
        assert (refused[0].status_code, refused[0].json()["code"]) == (503, "store_unavailable")
        assert says in refused[0].json()["detail"]
        assert "127.0.0.1" not in refused[0].text
        assert int(refused[0].headers["retry-after"]) >= 1
        assert {answer.status_code for answer in answers} <= {200, 503}, [answer.text[:200] for answer in answers]
        assert (await stage.http.get("/healthz")).status_code == 200
    if says != "not available":
        assert says in stage.server.log
    await until(stage.ready, "readiness")
    repeated = await stage.publish(f"{name} {tried}", key=f"{name} {tried}")
    assert repeated.status_code in (200, 201), repeated.text
    cursor = repeated.json()["cursor"]
    once_more = await stage.publish(f"{name} {tried}", key=f"{name} {tried}")
    assert (once_more.status_code, once_more.json()["cursor"]) == (200, cursor)
    last = (await stage.publish(f"after: {name}")).json()["cursor"]

    async def is_seen() -> bool:
        return bool(stage.reader.cursor == last)

    await until(is_seen, "the reader saw it")
    assert (stage.reader.connections, stage.reader.hellos) == (1, [])
    assert (await stage.headlines()).count(f"{name} {tried}") == 1
    assert stage.reader.timeline.entries == await stage.entries()


async def test_a_request_whose_answer_is_lost_is_not_made_twice(stage: Stage) -> None:
    """Without a key, whoever sent it does not know; but nobody on the way repeats it."""
    await until(stage.ready, "readiness")
    async with loses_its_answers(stage):
        refused = await asyncio.gather(*(stage.publish(f"lost answer {number}") for number in range(5)))
        assert {answer.status_code for answer in refused} == {503}
    await until(stage.ready, "readiness")
    counts = [(await stage.headlines()).count(f"lost answer {number}") for number in range(5)]
    assert set(counts) <= {0, 1}
    assert 1 in counts  # or nothing was lost but what came before
