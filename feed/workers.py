"""Workers: processes that share one address; replaced when they leave, die or hang, and one after another on SIGHUP."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event as Sign

import structlog

from .pulse import Pulse
from .settings import Settings

log = structlog.get_logger()

# How long a worker may take to begin.
START_S = 30.0
# How often workers are looked after, if none ends.
LOOK_S = 0.5
# One that died younger than this is not replaced at once.
YOUNG_S = 0.5
# One whose loop has not turned for so long will not turn again. Connections would wait at it for ever.
HANGS_S = 30.0
# How long the system may take to end one that has closed all its files.
REAP_S = 1.0
# How often one that begins or ends is looked at.
STEP_S = 0.02

Work = Callable[[dict[str, str], socket.socket, Sign, Sign, Pulse], None]

__all__ = ["Sign", "Work", "Workers"]


@dataclass(frozen=True, slots=True)
class _Worker:
    process: BaseProcess
    began: float
    ready: Sign
    leaving: Sign
    pulse: Pulse

    @property
    def is_alive(self) -> bool:
        return self.process.is_alive()

    @property
    def patience_s(self) -> float:
        """For how long its loop may stand still."""
        return HANGS_S if self.ready.is_set() else START_S

    def signal(self, number: int) -> None:
        if self.process.pid is not None and self.is_alive:
            os.kill(self.process.pid, number)


class Workers:
    """`work` is what each process does: it sets one sign once it accepts connections, another once it will stop to, and
    beats its pulse meanwhile.

    Told to stop, by SIGTERM or SIGINT, workers end all at once; told again, they hurry. `stop_s`: how long they may
    take.
    """

    def __init__(self, settings: Settings, listeners: Sequence[socket.socket], work: Work, *, stop_s: float) -> None:
        self._settings = settings
        self._listeners = listeners
        self._work = work
        self._stop_s = stop_s
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker] = []
        # Those that are no more, or not yet, among the workers: replaced ones that still move their readers.
        self._others: list[_Worker] = []
        self._replacements: dict[int, asyncio.Task[bool]] = {}
        self._rolling: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._replacing = asyncio.Event()
        # There is something to look at: a process ended, or all of them are to.
        self._woken = asyncio.Event()
        self._told_by = signal.SIGTERM

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Until SIGINT or SIGTERM."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_stop, number)
        loop.add_signal_handler(signal.SIGHUP, self._replacing.set)
        for listener in self._listeners:
            listener.listen(4096)
        try:
            for at in range(self._settings.workers):  # should one not begin, those before it are stopped
                self._workers.append(self._start(at))
            await asyncio.gather(*map(self._wait_ready, self._workers))
            on_ready()
            while not self._stopping.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._woken.wait()
                self._woken.clear()
                self._look_after_workers()
        finally:
            await self._stop_all()

    def _on_stop(self, number: signal.Signals) -> None:
        if not self._stopping.is_set():
            self._told_by = number
            self._stopping.set()
            self._woken.set()
            return
        for worker in [*self._workers, *self._others]:
            worker.signal(signal.SIGTERM)

    def _on_end(self, process: BaseProcess) -> None:
        asyncio.get_running_loop().remove_reader(process.sentinel)
        process.join(REAP_S)  # its files are closed a moment before it counts as ended
        self._woken.set()

    def _look_after_workers(self) -> None:
        self._replacements = {at: task for at, task in self._replacements.items() if not task.done()}
        for at, worker in enumerate(self._workers):
            if self._stopping.is_set() or at in self._replacements:
                continue
            if not worker.is_alive:
                if asyncio.get_running_loop().time() - worker.began < YOUNG_S:
                    continue
                log.error("a worker died and is replaced", pid=worker.process.pid, exit_code=worker.process.exitcode)
                if (new := self._start_if_possible(at)) is not None:
                    self._workers[at] = new
            elif worker.leaving.is_set():
                log.info("a worker was told to leave and is replaced", pid=worker.process.pid)
                self._replacements[at] = asyncio.create_task(self._replace(at))
            elif (still_s := worker.pulse.stands_still_for(asyncio.get_running_loop().time())) > worker.patience_s:
                log.error("a worker hangs and is ended", pid=worker.process.pid, for_s=round(still_s))
                worker.process.kill()
        if self._replacing.is_set() and not self._replacements and (self._rolling is None or self._rolling.done()):
            self._replacing.clear()
            self._rolling = asyncio.create_task(self._replace_all())

    def _start(self, number: int) -> _Worker:
        ready, leaving, pulse = self._context.Event(), self._context.Event(), Pulse(self._context)
        listener = self._listeners[number % len(self._listeners)]
        arguments = (self._settings.environment(), listener, ready, leaving, pulse)
        process = self._context.Process(target=self._work, args=arguments)
        process.start()
        loop = asyncio.get_running_loop()
        loop.add_reader(process.sentinel, self._on_end, process)
        return _Worker(process, loop.time(), ready, leaving, pulse)

    def _start_if_possible(self, number: int) -> _Worker | None:
        """The machine may have no process or memory to spare just now: that must not end the workers that there are."""
        try:
            return self._start(number)
        except OSError as error:
            log.error("a worker cannot be started, which is tried again", reason=str(error))
            return None

    async def _wait_ready(self, worker: _Worker) -> bool:
        deadline = time.monotonic() + START_S
        while not worker.ready.is_set():
            if not worker.is_alive or time.monotonic() > deadline or self._stopping.is_set():
                return False
            await self._pause(STEP_S)
        return True

    async def _replace_all(self) -> None:
        """One after another, so that all but one serve at any time."""
        for at in range(len(self._workers)):
            replacement = self._replacements.get(at)
            if replacement is None:
                replacement = self._replacements[at] = asyncio.create_task(self._replace(at))
            if not await replacement:
                return
        log.info("workers replaced", pids=[worker.process.pid for worker in self._workers])

    async def _replace(self, at: int) -> bool:
        """By a new one that accepts connections before the old one stops to, which then moves its readers."""
        old, new = self._workers[at], self._start_if_possible(at)
        if new is None:
            return False
        self._others.append(new)
        is_ready = await self._wait_ready(new)
        self._others.remove(new)
        if not is_ready:
            if not self._stopping.is_set():
                log.error("a new worker did not begin, the old one stays", pid=new.process.pid)
            await self._end(new, signal.SIGTERM)
            return False
        self._workers[at] = new
        await self._end(old, signal.SIGHUP)
        log.info("a worker left, another is in its place", pid=old.process.pid, new=new.process.pid)
        return True

    async def _stop_all(self) -> None:
        for listener in self._listeners:
            listener.close()  # from now on it is the workers' to say how long they accept
        tasks: list[asyncio.Task[bool] | asyncio.Task[None]] = [*self._replacements.values()]
        if self._rolling is not None:
            tasks.append(self._rolling)
        await asyncio.gather(*(self._end(worker, self._told_by) for worker in self._workers), *tasks)

    async def _end(self, worker: _Worker, number: signal.Signals) -> None:
        self._others.append(worker)
        worker.signal(number)
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(worker.process.sentinel, ended.set)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._stop_s):
                await ended.wait()
        loop.remove_reader(worker.process.sentinel)
        worker.process.kill()
        self._others.remove(worker)

    async def _pause(self, seconds: float) -> None:
        """Shorter when the end comes."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
