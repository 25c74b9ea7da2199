"""What the supervisor sees of workers that do not do what they are there for."""

from __future__ import annotations

import asyncio
import errno
import multiprocessing
import os
import signal
import socket
import time
from functools import partial
from multiprocessing.context import SpawnProcess
from pathlib import Path

import pytest

from feed import workers as workers_module
from feed.pulse import UNWATCHED_S, Pulse
from feed.settings import Settings
from feed.workers import Sign, Workers

PATIENCE_S = 60


def test_a_pulse_is_missed_only_by_who_watches() -> None:
    pulse = Pulse(multiprocessing.get_context("spawn"))
    assert [pulse.stands_still_for(now) for now in (100.0, 104.0)] == [0, 4]
    pulse.beat()
    assert [pulse.stands_still_for(now) for now in (105.0, 109.0, 113.0)] == [0, 4, 8]
    pulse.beat()
    assert [pulse.stands_still_for(now) for now in (114.0, 115.0)] == [0, 1]
    unwatched = 115.0 + UNWATCHED_S + 1
    assert [pulse.stands_still_for(now) for now in (unwatched, unwatched + 2)] == [0, 2]


def _hang_once(
    turns: int,
    environment: dict[str, str],
    listener: socket.socket,
    ready: Sign,
    leaving: Sign,
    pulse: Pulse,
) -> None:
    """The first of them hangs after so many turns, the next goes on."""
    place = Path(environment["FEED_DATA"])
    first = not list(place.iterdir())
    (place / str(os.getpid())).touch()
    ready.set()
    for turn in range(10_000):
        if turn < turns or not first:
            pulse.beat()
        time.sleep(0.02)


@pytest.mark.parametrize("turns", [0, 5])
async def test_a_worker_that_hangs_is_ended_and_another_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    monkeypatch.setattr(workers_module, "HANGS_S", 1.5)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        workers = Workers(Settings(data=tmp_path, workers=1), [listener], partial(_hang_once, turns), stop_s=10)
        running = asyncio.create_task(workers.run(lambda: None))
        try:
            async with asyncio.timeout(PATIENCE_S):
                while len(begun(tmp_path)) < 2 or len(alive(tmp_path)) > 1:
                    await asyncio.sleep(0.05)
        finally:
            if not running.done():
                os.kill(os.getpid(), signal.SIGTERM)
            await running


def _go_on(environment: dict[str, str], listener: socket.socket, ready: Sign, leaving: Sign, pulse: Pulse) -> None:
    (Path(environment["FEED_DATA"]) / str(os.getpid())).touch()
    ready.set()
    while True:
        pulse.beat()
        time.sleep(0.02)


async def test_a_worker_that_died_is_replaced_without_waiting_for_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers_module, "LOOK_S", 10 * PATIENCE_S)
    monkeypatch.setattr(workers_module, "YOUNG_S", 0)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        workers = Workers(Settings(data=tmp_path, workers=1), [listener], _go_on, stop_s=10)
        running = asyncio.create_task(workers.run(lambda: None))
        try:
            killed: set[str] = set()
            async with asyncio.timeout(PATIENCE_S):
                while len(killed) < 5:
                    await asyncio.sleep(0.01)
                    for name in set(begun(tmp_path)) - killed:
                        os.kill(int(name), signal.SIGKILL)
                        killed.add(name)
        finally:
            if not running.done():
                os.kill(os.getpid(), signal.SIGTERM)
            await running


def _hang_before_the_beginning(
    environment: dict[str, str], listener: socket.socket, ready: Sign, leaving: Sign, pulse: Pulse
) -> None:
    """The first of them ends after a while, the second never begins, the third goes on."""
    place = Path(environment["FEED_DATA"])
    before = len(list(place.iterdir()))
    (place / str(os.getpid())).touch()
    if before != 1:
        ready.set()
    time.sleep(600 if before else 1)


async def test_one_that_takes_the_place_of_another_and_does_not_begin_is_ended_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers_module, "START_S", 5)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        workers = Workers(Settings(data=tmp_path, workers=1), [listener], _hang_before_the_beginning, stop_s=10)
        running = asyncio.create_task(workers.run(lambda: None))
        try:
            async with asyncio.timeout(PATIENCE_S):
                while len(begun(tmp_path)) < 3 or len(alive(tmp_path)) > 1:
                    await asyncio.sleep(0.05)
        finally:
            if not running.done():
                os.kill(os.getpid(), signal.SIGTERM)
            await running


def _end_once(environment: dict[str, str], listener: socket.socket, ready: Sign, leaving: Sign, pulse: Pulse) -> None:
    """The first of them ends after a while, the next goes on."""
    place = Path(environment["FEED_DATA"])
    first = not list(place.iterdir())
    (place / str(os.getpid())).touch()
    ready.set()
    time.sleep(1 if first else 600)


async def test_a_worker_that_cannot_be_started_now_is_started_when_it_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[SpawnProcess] = []
    start = SpawnProcess.start

    def start_but_not_the_second(process: SpawnProcess) -> None:
        started.append(process)
        if len(started) == 2:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        start(process)

    monkeypatch.setattr(SpawnProcess, "start", start_but_not_the_second)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        workers = Workers(Settings(data=tmp_path, workers=1), [listener], _end_once, stop_s=10)
        running = asyncio.create_task(workers.run(lambda: None))
        try:
            async with asyncio.timeout(PATIENCE_S):
                while len(begun(tmp_path)) < 2:
                    assert not running.done()
                    await asyncio.sleep(0.05)
        finally:
            if not running.done():
                os.kill(os.getpid(), signal.SIGTERM)
            await running
    assert len(started) == 3


def begun(place: Path) -> list[str]:
    return [one.name for one in place.iterdir()]


def alive(place: Path) -> list[str]:
    return [name for name in begun(place) if Path(f"/proc/{name}").exists()]
