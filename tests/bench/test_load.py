"""The load client against the C loop: it counts and times what really happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.load import Outcome, run_load
from bench.machine import BenchError, Machine
from bench.main import build
from bench.material import Material
from bench.servers import CLoop, Place


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    build()
    folder = tmp_path_factory.mktemp("bench")
    material = Material(folder)
    padding = "x" * 900
    for large in (False, True):
        text = json.dumps({"headline": '"t":@T@ "s":@S@', "text": padding * (12 if large else 1)})
        material.message(large=large).write_text(text)
    material.snapshot.write_text(json.dumps({"type": "snapshot", "entries": []}))
    material.deflated.write_bytes(b"\xaa\x56\x00")
    return Place(Machine.examine(), folder, material)


@pytest.fixture
def c_loop(place: Place) -> Iterator[CLoop]:
    server = CLoop(place)
    try:
        yield server.start()
    finally:
        server.stop()


def load(place: Place, server: CLoop, *phases: str, readers: int = 20, stalled: int = 0) -> Outcome:
    return run_load(place, server, "g", *phases, readers=readers, stalled=stalled, settle_ms=50, timeout_s=20)


def test_every_delivery_is_counted_once(place: Place, c_loop: CLoop) -> None:
    one, singly, lines = load(place, c_loop, "one=3", "burst=30", "burst=95x20").phases
    assert [phase["entries"] for phase in (one, singly, lines)] == [3, 30, 95]
    assert [phase["delivered"] for phase in (one, singly, lines)] == [60, 600, 1900]
    assert [phase["requests"] for phase in (one, singly, lines)] == [3, 30, 5]
    assert one["delivery_ms.n"] == 60


def test_times_are_in_order(place: Place, c_loop: CLoop) -> None:
    (one,) = load(place, c_loop, "one=10").phases
    assert 0 < one["delivery_ms.p50"] <= one["delivery_ms.p99"] <= one["delivery_ms.max"]
    assert one["delivery_ms.max"] <= one["last_ms.max"] + 0.0015  # they are rounded each in its way
    assert 0 < one["receipt_ms.p50"] <= one["receipt_ms.max"]


def test_a_steady_rate_is_kept(place: Place, c_loop: CLoop) -> None:
    (steady,) = load(place, c_loop, "rate=200x41", readers=1).phases
    assert steady["entries"] == steady["requests"] == 41
    # The last is sent a fifth of a second after the first, and answered soon after.
    assert steady["publish_wall_s"] >= 0.19


def test_processor_time_to_the_nanosecond_agrees_with_clock_ticks(place: Place, c_loop: CLoop) -> None:
    (busy,) = load(place, c_loop, "burst=3000x100", readers=20).phases
    assert busy["cpu_s"] > 0
    assert busy["cpu_s"] == pytest.approx(busy["user_s"] + busy["system_s"], abs=0.03)


def test_stalled_readers_are_not_waited_for(place: Place, c_loop: CLoop) -> None:
    (one,) = load(place, c_loop, "one=3", readers=10, stalled=2).phases
    assert one["expected"] == one["delivered"] == 24


def test_a_replay_is_received_before_a_reader_counts_as_ready(place: Place, c_loop: CLoop) -> None:
    reading = c_loop.replay("g")
    outcome = run_load(place, c_loop, "g", readers=20, reading=reading, settle_ms=0, timeout_s=20)
    assert outcome.ready == 20
    assert outcome.connect["messages"] == 20
    assert outcome.connect["deflated"] == 0


def test_compressed_messages_are_told_apart(place: Place, c_loop: CLoop) -> None:
    reading = c_loop.replay("g")
    outcome = run_load(place, c_loop, "g", readers=5, reading=reading, deflate=True, settle_ms=0, timeout_s=20)
    assert outcome.connect["deflated"] == 5


def test_readers_that_do_not_get_through_are_an_error(place: Place, c_loop: CLoop) -> None:
    c_loop.stop()
    server = CLoop(place).start()
    try:
        server.port = 9  # nobody listens there
        with pytest.raises(BenchError, match="of 3 readers got through"):
            load(place, server, readers=3)
    finally:
        server.stop()


def test_a_message_without_marks_is_refused(place: Place, c_loop: CLoop, tmp_path: Path) -> None:
    bare = Material(tmp_path)
    bare.message().write_text('{"headline":"no time in here"}')
    bare.snapshot.write_text("{}")
    bare.deflated.write_bytes(b"")
    server = CLoop(Place(place.machine, tmp_path, bare)).start()
    try:
        with pytest.raises(BenchError, match="needs @T@"):
            run_load(place, server, "g", readers=1)
    finally:
        server.stop()
