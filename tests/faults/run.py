"""One run: rounds of faults on a stage, then failovers of stores that have several servers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from typing import TypeVar

from feed.store.keys import coverage_keys
from tests.topology import Replicated, running_cluster, running_sentinel

from .outcome import Outcome
from .plan import Options, Step, plan, plan_failovers
from .round import Round
from .stage import Stage

T = TypeVar("T")
Say = Callable[[str], None]


class Run:
    """`say` is told one line of progress, again and again; `note` what is to stay."""

    def __init__(self, options: Options, say: Say, note: Say) -> None:
        self._options = options
        self._say = say
        self._note = note
        self._outcome = Outcome(options)
        self._began = time.monotonic()

    async def __call__(self) -> Outcome:
        options = self._options
        if plan(options, 1):
            async with Stage(options.seed) as stage:
                self._began = time.monotonic()
                round_ = 0
                while round_ < options.rounds or time.monotonic() - self._began < options.minutes * 60:
                    round_ += 1
                    await self._round(stage, f"round {round_}", plan(options, round_))
                self._leave(stage, "")
        if plan_failovers(options, ""):
            async with in_thread(running_sentinel()) as watched, self._keeping(watched.url) as stage:
                await self._round(stage, "sentinel", plan_failovers(options, "sentinel"), watched)
                self._leave(stage, " (sentinel)")
            async with in_thread(running_cluster(replicas=1)) as (url, groups), self._keeping(url) as stage:
                await self._round(stage, "cluster", plan_failovers(options, "cluster"), _group_of(groups, "cluster"))
                self._leave(stage, " (cluster)")
        self._outcome.seconds = time.monotonic() - self._began
        return self._outcome

    def _keeping(self, url: str) -> Stage:
        """A store of several servers, where what is acknowledged is on two of them."""
        settings = {"FEED_REQUIRE_REPLICAS": "1", "FEED_ACKNOWLEDGE_WITHIN": "500"}
        return Stage(self._options.seed, url, **settings)

    async def _round(self, stage: Stage, name: str, steps: Sequence[Step], group: Replicated | None = None) -> None:
        await Round(stage, self._options, name, steps, self._outcome, self._tell, group).run(self._note)

    def _leave(self, stage: Stage, where: str) -> None:
        self._outcome.server_log += stage.server.log
        self._outcome.network |= {name + where: str(one.counts) for name, one in stage.networks.items()}

    def _tell(self, words: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        self._say(f"[{minutes:02d}:{seconds:02d}] {words}")


@asynccontextmanager
async def in_thread(context: AbstractContextManager[T]) -> AsyncIterator[T]:
    """Entered and left where it may take its time."""
    entered = await asyncio.to_thread(context.__enter__)
    try:
        yield entered
    finally:
        await asyncio.to_thread(context.__exit__, None, None, None)


def _group_of(groups: Sequence[Replicated], coverage: str) -> Replicated:
    """The part of the cluster that has the coverage."""
    slot: int = groups[0].primary.ask("CLUSTER", "KEYSLOT", coverage_keys(coverage).head)
    return groups[slot // -(-16384 // len(groups))]
