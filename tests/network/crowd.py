"""Many clients of both SDKs in bad weather: whatever befalls their connections, all end with the store's timeline."""

from __future__ import annotations

import asyncio
import json
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from feed_client import Producer

from feed.store.connect import connect
from tests.faults.checker import Finding, Observation, check
from tests.faults.ledger import Ledger
from tests.faults.log import Log
from tests.faults.publishers import Publisher
from tests.faults.readers import Pool, Seen, SocketReader
from tests.machine import find_node
from tests.running import ServerProcess, StoreProcess

from .network import Network
from .weather import Weather

SCRIPT = Path(__file__).parents[2] / "clients" / "javascript" / "test" / "crowd.js"
COVERAGE = "weather"
END_WITHIN_S = 120.0
# One line holds all that a client saw.
LONGEST_LINE = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Options:
    """`clients` of each SDK; `seconds` of publishing, `rate` writes a second; `calm_s`, `trouble_s` as of Weather."""

    seed: int = 7
    clients: int = 200
    seconds: float = 120.0
    rate: float = 5.0
    calm_s: tuple[float, float] = (0.5, 8.0)
    trouble_s: float = 2.0


@dataclass(slots=True)
class Outcome:
    """`ended_s`: from the end of the coverage, the network being well again, until the last client knew."""

    events: int = 0
    acknowledged: int = 0
    observations: dict[str, list[Observation]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    reconnects: dict[str, int] = field(default_factory=dict)
    network: str = ""
    ended_s: float = 0.0


class Crowd:
    def __init__(self, options: Options, say: Callable[[str], None]) -> None:
        self._options = options
        self._say = say
        self._outcome = Outcome()
        self._ledger = Ledger()
        self._weather = Weather(options.seed, options.calm_s, options.trouble_s)

    async def __call__(self) -> Outcome:
        options = self._options
        async with AsyncExitStack() as stack:
            store = StoreProcess("valkey")
            stack.callback(store.remove)
            await asyncio.to_thread(store.start)
            data = Path(stack.enter_context(TemporaryDirectory(prefix="feed-")))
            server = await asyncio.to_thread(ServerProcess(data, "--store", store.url).start)
            stack.push_async_callback(asyncio.to_thread, server.stop)
            network = await stack.enter_async_context(Network(server.port, seed=options.seed, fate=self._weather))
            producer = await stack.enter_async_context(Producer(server.url, server.admin_token))
            await producer.create("Weather", id=COVERAGE)

            readers = self._readers(network)
            reading = [asyncio.create_task(reader.read()) for reader in readers]
            stack.push_async_callback(_cancelled, reading)
            node = await stack.enter_async_context(_Node(network.url, options.clients))
            await self._publish(server)

            self._weather.over = True
            network.heal()
            await producer.end(COVERAGE, title="It stormed")
            began = time.monotonic()
            self._say("the end")
            async with asyncio.timeout(END_WITHIN_S):
                lines = await node.lines()
                await asyncio.gather(*reading)
            self._outcome.ended_s = time.monotonic() - began

            stored = [entry async for entry in producer.entries(COVERAGE, limit=500)]
            for reader in readers:
                while reader.timeline.next is not None:
                    page = await producer.page(COVERAGE, before=reader.timeline.next, limit=500)
                    reader.timeline.add_page(page)
            clients = connect(store.url)
            log = await Log.read(clients.commands, COVERAGE)
            await clients.close()
            self._account(log, stored, readers, lines, str(network.counts))
        return self._outcome

    def _readers(self, network: Network) -> list[SocketReader]:
        pool = Pool()
        readers = [
            SocketReader(f"python {number}", network.url, COVERAGE, pool, Random(number))
            for number in range(self._options.clients)
        ]
        # Most as they come, some on each of the other ways.
        for reader in readers[4::5]:
            reader.transports = ["sse"]
        for reader in readers[9::10]:
            reader.transports = ["poll"]
        return readers

    async def _publish(self, server: ServerProcess) -> None:
        options = self._options
        url, token = server.url, server.admin_token
        publishers = [
            Publisher(f"p{at}", url, token, COVERAGE, self._ledger, options.rate / 2, options.seed) for at in range(2)
        ]
        publishing = [asyncio.create_task(one.run()) for one in publishers]
        try:
            until = time.monotonic() + options.seconds
            while (left := until - time.monotonic()) > 0:
                self._say(f"{self._ledger.acknowledged} writes, {left:.0f} s to go")
                await asyncio.sleep(min(1.0, left))
        finally:
            for one in publishers:
                one.stopping = True
            await asyncio.gather(*publishing)

    def _account(
        self, log: Log, stored: list[Any], readers: list[SocketReader], lines: list[Any], network: str
    ) -> None:
        outcome = self._outcome
        pages = {line["page"]: line for line in lines if "entries" in line}
        told = [line for line in lines if "name" in line]
        outcome.observations = {
            "python": [_of_reader(reader) for reader in readers],
            "javascript": [_of_line(line, pages[line["page"]]) for line in told],
        }
        outcome.reconnects = {
            "python": sum(len(reader.waits) for reader in readers),
            "javascript": sum(line["waits"] for line in told),
        }
        outcome.events, outcome.acknowledged, outcome.network = len(log.events), self._ledger.acknowledged, network
        everybody = [one for observations in outcome.observations.values() for one in observations]
        outcome.findings = check(log, stored, self._ledger, everybody)


def _of_reader(reader: SocketReader) -> Observation:
    timeline = reader.timeline
    return Observation(
        reader.name, reader.history, timeline.entries, timeline.coverage, timeline.ended, reader.hellos, reader.failure
    )


def _of_line(line: Any, page: Any) -> Observation:
    history = [Seen(*seen) for seen in line["history"]]
    return Observation(
        line["name"], history, page["entries"], page["coverage"], line["ended"], line["hellos"], line["failure"]
    )


class _Node:
    """The JavaScript clients, all in one process."""

    def __init__(self, url: str, clients: int) -> None:
        self._arguments = (str(SCRIPT), url, COVERAGE, str(clients))
        self._process: Process

    async def __aenter__(self) -> _Node:
        self._process = await asyncio.create_subprocess_exec(
            find_node(), *self._arguments, stdout=PIPE, limit=LONGEST_LINE
        )
        assert self._process.stdout is not None
        ready = await self._process.stdout.readline()
        assert b'"ready"' in ready, ready
        return self

    async def lines(self) -> list[Any]:
        """All that they say, to their end."""
        assert self._process.stdout is not None
        said = await self._process.stdout.read()
        assert await self._process.wait() == 0
        return [json.loads(line) for line in said.splitlines()]

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
