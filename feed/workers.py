"""Workers: processes that share one address; replaced when they die, and one after another on SIGHUP."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event as Ready

import structlog

from .settings import Settings

log = structlog.get_logger()

# How long a worker may take to begin, and to end once it was told.
START_S = 30.0
STOP_S = 20.0
# How often workers are looked after. One that died younger than this is not replaced sooner.
LOOK_S = 0.5

Work = Callable[[dict[str, str], socket.socket, Ready], None]

__all__ = ["Ready", "Work", "Workers"]


@dataclass(frozen=True, slots=True)
class _Worker:
    process: BaseProcess
    ready: Ready


class Workers:
    """`work` is what each process does; it sets its event once it accepts connections."""

    def __init__(self, settings: Settings, listeners: Sequence[socket.socket], work: Work) -> None:
        self._settings = settings
        self._listeners = listeners
        self._work = work
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker] = []
        self._stopping = asyncio.Event()
        self._replacing = asyncio.Event()

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Until SIGINT or SIGTERM."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self._replacing.set)
        for listener in self._listeners:
            listener.listen(4096)
        try:
            self._workers = [self._start(number) for number in range(self._settings.workers)]
            await asyncio.gather(*map(self._wait_ready, self._workers))
            on_ready()
            while not self._stopping.is_set():
                await self._pause(LOOK_S)
                if self._replacing.is_set():
                    self._replacing.clear()
                    await self._replace_all()
                self._replace_dead()
        finally:
            await asyncio.gather(*map(self._stop, self._workers))

    def _start(self, number: int) -> _Worker:
        ready = self._context.Event()
        arguments = (self._settings.environment(), self._listeners[number % len(self._listeners)], ready)
        process = self._context.Process(target=self._work, args=arguments)
        process.start()
        return _Worker(process, ready)

    async def _wait_ready(self, worker: _Worker) -> bool:
        deadline = time.monotonic() + START_S
        while not worker.ready.is_set():
            if not worker.process.is_alive() or time.monotonic() > deadline or self._stopping.is_set():
                return False
            await self._pause(0.02)
        return True

    def _replace_dead(self) -> None:
        for at, worker in enumerate(self._workers):
            if not worker.process.is_alive() and not self._stopping.is_set():
                log.error("a worker died and is replaced", pid=worker.process.pid, exit_code=worker.process.exitcode)
                self._workers[at] = self._start(at)

    async def _replace_all(self) -> None:
        """Each by a new one that accepts connections before the old one leaves."""
        for at, old in enumerate(self._workers):
            new = self._start(at)
            if not await self._wait_ready(new):
                log.error("a new worker did not begin, the old ones stay", pid=new.process.pid)
                await self._stop(new)
                return
            self._workers[at] = new
            await self._stop(old)
        log.info("workers replaced", pids=[worker.process.pid for worker in self._workers])

    @staticmethod
    async def _stop(worker: _Worker) -> None:
        worker.process.terminate()
        await asyncio.to_thread(worker.process.join, STOP_S)
        worker.process.kill()

    async def _pause(self, seconds: float) -> None:
        """Shorter when the end comes."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
