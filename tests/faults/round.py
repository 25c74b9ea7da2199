"""One round: faults one after another, each recovered from before the next, and a check of everything at the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from random import Random

import httpx2
from feed_client import Producer

from tests.topology import Replicated

from .checker import Finding, Observation, check
from .injectors import Scene
from .ledger import Ledger
from .outcome import TWO, Occurrence, Outcome
from .plan import Options, Step
from .publishers import Publisher
from .readers import PollReader, Pool, Reader, SocketReader, StreamReader, place
from .stage import Stage

PUBLISHERS = 4
# Longer than this, and something did not recover at all.
RECOVERY_S = 60.0
# Of the readers: one in twenty polls, one in fifteen has a stream.
POLLS, STREAMS = 20, 15

Say = Callable[[str], None]


class Round:
    """One coverage from its beginning to its end, with every fault on the way.

    `group`: the servers that the store consists of, where it has several.
    """

    def __init__(
        self,
        stage: Stage,
        options: Options,
        name: str,
        steps: Sequence[Step],
        outcome: Outcome,
        tell: Say,
        group: Replicated | None = None,
    ) -> None:
        self._stage = stage
        self._options = options
        self._name = name
        self._steps = steps
        self._group = group
        self._outcome = outcome
        self._tell_line = tell
        self._coverage = name.replace(" ", "-")
        self._ledger = Ledger()
        self._pool = Pool()
        self._publishers: list[Publisher] = []
        self._readers: list[Reader] = []
        self._doing = ""
        self._lag_s = 0.0

    def _tell(self) -> None:
        done = sum(reader.timeline.ended for reader in self._readers)
        behind = max((reader.place for reader in self._readers), default=(0, 0))
        late = sum(reader.place < behind for reader in self._readers)
        self._tell_line(
            f"{self._name}, {self._doing}: {self._ledger.acknowledged} acknowledged, "
            f"{len(self._readers)} readers, {late} behind, {done} at the end"
        )

    async def run(self, note: Say) -> None:
        server = self._stage.server
        async with AsyncExitStack() as stack:
            producer = await stack.enter_async_context(Producer(server.url, server.admin_token))
            await producer.create("Storm", id=self._coverage)
            await self._gather_readers(stack)
            reading = [asyncio.create_task(reader.read()) for reader in self._readers]
            publishing = [asyncio.create_task(one.run()) for one in self._publishers_made()]
            telling = asyncio.create_task(self._tell_on())
            tasks = [*reading, *publishing, telling]
            stack.push_async_callback(_cancelled, tasks)
            self._doing = "readers come"
            await self._until(lambda: all(reader.place > (0, 0) for reader in self._readers))
            for step in self._steps:
                occurrence = await self._befall(step)
                self._outcome.occurrences.append(occurrence)
                note(occurrence.line())
                await asyncio.sleep(self._options.pause_s)
            self._doing = "the end"
            for one in self._publishers:
                one.stopping = True
            await asyncio.gather(*publishing)
            await producer.end(self._coverage, title="It stormed")
            await asyncio.wait(reading, timeout=RECOVERY_S)
            for task in reading:
                if task.done():
                    task.result()
            stored = [entry async for entry in producer.entries(self._coverage, limit=500)]
            self._doing = "checking"
            log = await self._stage.log_of(self._coverage)
            observations = [await self._observed(producer, reader) for reader in self._readers]
            # What a thread does does not keep the heartbeats of a worker waiting.
            found = await asyncio.to_thread(
                partial(check, may_fork=self._group is not None), log, stored, self._ledger, observations
            )
        self._account(found)
        note(f"{self._name}: {len(log.events)} events, {len(found)} findings")
        for finding in found[:20]:
            note(f"  {finding.kind}: {finding.what}")

    async def _gather_readers(self, stack: AsyncExitStack) -> None:
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
        timeout = httpx2.Timeout(45.0, connect=10.0)
        http = await stack.enter_async_context(httpx2.AsyncClient(limits=limits, timeout=timeout))
        url = self._stage.to_readers.url
        for number in range(self._options.subscribers):
            of = (f"reader {number}", url, self._coverage, self._pool, Random(f"{self._options.seed}/{number}"))
            if number % POLLS == POLLS - 1:
                self._readers.append(PollReader(http, *of))
            elif number % STREAMS == STREAMS - 1:
                self._readers.append(StreamReader(http, *of))
            else:
                self._readers.append(SocketReader(*of))

    def _publishers_made(self) -> Sequence[Publisher]:
        self._publishers = [self._publisher(f"p{at}-{self._coverage}") for at in range(PUBLISHERS)]
        return self._publishers

    def _publisher(self, name: str) -> Publisher:
        return Publisher(
            name,
            self._stage.to_publishers.url,
            self._stage.server.admin_token,
            self._coverage,
            self._ledger,
            self._options.rate / PUBLISHERS,
            self._options.seed,
        )

    async def _tell_on(self) -> None:
        """Tells how far it is, and sees how late this process is with what it has to do."""
        told = 0.0
        while True:
            now = time.monotonic()
            if now - told >= 0.5:
                self._tell()
                told = now
            await asyncio.sleep(0.05)
            self._lag_s = max(self._lag_s, time.monotonic() - now - 0.05)

    async def _befall(self, step: Step) -> Occurrence:
        self._doing = f"{step.name} ({step.lasts_s} s)"
        occurrence = Occurrence(TWO if len(step.faults) > 1 else step.name, step.name, self._name, time.monotonic())
        self._lag_s = 0.0
        moves = self._sum(lambda reader: reader.moves)
        resets = self._sum(_resets)
        scene = Scene(self._stage, self._coverage, Random(step.seed), self._publishers, self._flood, self._group)
        async with AsyncExitStack() as broken:
            for fault in step.faults:
                await broken.enter_async_context(fault.inject(scene))
            await asyncio.sleep(step.lasts_s)
        healed = occurrence.healed = time.monotonic()
        self._doing = f"after {step.name}"
        for publisher in self._publishers:
            publisher.heal(healed)
        if await self._until(lambda: all(one.back_after_s is not None for one in self._publishers)):
            occurrence.publishing_s = max(one.back_after_s or 0.0 for one in self._publishers)
            first = min((str(one.back_with) for one in self._publishers), key=place)
            for reader in self._readers:
                reader.head_for(first)
            if await self._until(lambda: all(reader.reached_at is not None for reader in self._readers)):
                self._measure(occurrence)
        occurrence.over = time.monotonic()
        occurrence.lag_s = self._lag_s
        occurrence.silence_s = self._ledger.longest_silence(occurrence.began, occurrence.over)
        for reader in self._readers:
            occurrence.reconnects_s += [
                one.hello - (one.began if one.hello < healed else max(one.began, healed))
                for one in reader.connections
                if occurrence.began < one.hello and one.began > occurrence.began
            ]
            occurrence.attempts_failed += sum(healed < at for at in reader.attempts_failed)
            occurrence.gaps += sum(
                wait.why == "a change is missing" for wait in reader.waits if wait.began > occurrence.began
            )
        occurrence.moves = self._sum(lambda reader: reader.moves) - moves
        occurrence.resets = self._sum(_resets) - resets
        return occurrence

    def _measure(self, occurrence: Occurrence) -> None:
        healed = occurrence.healed
        late = [(reader, max(healed, reader.reached_at or 0.0)) for reader in self._readers]
        occurrence.caught_up_s = max(at - healed for _, at in late)
        occurrence.caught_up_net_s = max(at - healed - reader.own_waits_s(healed, at) for reader, at in late)

    def _sum(self, count: Callable[[Reader], int]) -> int:
        return sum(map(count, self._readers))

    async def _until(self, condition: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + RECOVERY_S
        while not condition():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.02)
        return True

    @asynccontextmanager
    async def _flood(self, number: int, characters: int) -> AsyncIterator[None]:
        async def publish(at: int) -> None:
            flooder = self._publisher(f"flood{at}-{self._coverage}-{len(self._ledger.writes)}")
            for entry in range(number // 8 + (at < number % 8)):
                await flooder.publish(http, f"{flooder.name}-{entry}", "x" * characters)

        server = self._stage.server
        headers = {"Authorization": f"Bearer {server.admin_token}"}
        async with httpx2.AsyncClient(base_url=server.url, headers=headers, timeout=10) as http:
            publishing = [asyncio.create_task(publish(at)) for at in range(8)]
            try:
                yield
                await asyncio.gather(*publishing)
            finally:
                await _cancelled(publishing)

    async def _observed(self, producer: Producer, reader: Reader) -> Observation:
        timeline = reader.timeline
        while timeline.next is not None:
            timeline.add_page(await producer.page(self._coverage, before=timeline.next, limit=500))
        name = f"{reader.name} ({reader.transport})"
        return Observation(
            name, reader.history, timeline.entries, timeline.coverage, timeline.ended, reader.hellos, reader.failure
        )

    def _account(self, found: list[Finding]) -> None:
        outcome, ledger = self._outcome, self._ledger
        outcome.findings += found
        outcome.acknowledged += ledger.acknowledged
        outcome.repeated += ledger.repeated
        outcome.unanswered += ledger.failed
        outcome.delivered += self._sum(lambda reader: len(reader.history))


def _resets(reader: Reader) -> int:
    return sum(hello["mode"] == "reset" for hello in reader.hellos)


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
