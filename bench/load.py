"""One run of the load client against one server, and what it measured."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .machine import BenchError
from .processes import ServerProcess, guarded, on_cores
from .servers import Place, Reading, Server
from .servers.base import BUILD

CLIENT = BUILD / "wsload"
# Handshakes at a time; connections on which entries are posted.
HANDSHAKES, PUBLISHERS = 256, 8


@dataclass(frozen=True)
class Phase:
    """Figures of one phase, as c/wsload.c prints them: times in ms where the name says so, else s; sizes in bytes."""

    raw: dict[str, Any]

    def __getitem__(self, name: str) -> float:
        """``expected``, or ``delivery_ms.p99``."""
        value: Any = self.raw
        for part in name.split("."):
            value = value[part]
        return float(value)

    @property
    def cpu_us(self) -> float:
        """Of the server's processes, for each delivery."""
        return _per(self["cpu_s"] * 1e6, self["delivered"])

    @property
    def cpu_us_an_entry(self) -> float:
        return _per(self["cpu_s"] * 1e6, self["entries"])

    @property
    def store_us_an_entry(self) -> float:
        return _per(self["store_cpu_s"] * 1e6, self["entries"])

    @property
    def delivered_share(self) -> float:
        """1 when all readers got every entry."""
        return _per(self["delivered"], self["expected"])

    @property
    def busiest_cpu_s(self) -> float:
        """Of the server's process that worked most."""
        return float(max(self.raw["cpu_each_s"]))


@dataclass(frozen=True)
class Outcome:
    """`ready` readers of those asked for; what connecting cost; the phases, in their order."""

    ready: int
    connect: Phase
    phases: tuple[Phase, ...]

    @property
    def rss_a_reader(self) -> float:
        """Bytes, once they are all connected and nothing happens."""
        return _per(self.connect["rss_settled"] - self.connect["rss_before"], self.ready)


def _per(amount: float, count: float) -> float:
    return amount / count if count else 0.0


def run_load(
    place: Place,
    server: Server,
    group: str,
    *phases: str,
    readers: int = 0,
    reading: Reading | None = None,
    large: bool = False,
    stalled: int = 0,
    deflate: bool = False,
    moved_by: tuple[int, int] | None = None,
    settle_ms: int = 500,
    linger_ms: int = 100,
    timeout_s: int = 60,
) -> Outcome:
    """Raises BenchError if not every reader gets through, or the client fails.

    `moved_by`: a process and the signal that makes it move its readers, sent a second after publishing began.
    """
    pids, aside = server.pids()
    options = _reader_options(server, reading or server.live(group), readers)
    options += ["--payload", str(server.payload(large=large)), "--publishers", str(PUBLISHERS)]
    options += ["--publish", f"127.0.0.1:{server.publish_port}{server.publish_path(group)}"]
    if server.publish_header:
        options += ["--publish-header", server.publish_header]
    options += ["--pids", ",".join(map(str, pids)), "--aside", ",".join(map(str, aside))]
    options += ["--settle", str(settle_ms), "--timeout", str(timeout_s), "--stalled", str(stalled)]
    options += ["--linger", str(linger_ms)]
    options += ["--deflate"] if deflate else []
    if moved_by is not None:
        options += ["--moves", "--signal", f"{moved_by[0]},{moved_by[1]},1000"]
    for phase in phases:
        options += ["--phase", phase]
    longest = (len(phases) + 1) * (timeout_s + 2) + settle_ms / 1000 + 10
    document = _run([str(CLIENT), *options], place, longest)
    outcome = Outcome(document["ready"], Phase(document["connect"]), tuple(map(Phase, document["phases"])))
    if outcome.ready < readers:
        raise BenchError(f"{outcome.ready} of {readers} readers got through to {server.label}.")
    for one in outcome.phases:
        if one["refused"]:
            raise BenchError(f"{server.label} refused {one['refused']:.0f} of {one['requests']:.0f} requests.")
    return outcome


def _reader_options(server: Server, reading: Reading, readers: int) -> list[str]:
    options = ["--port", str(server.port), "--path", reading.path, "--readers", str(readers)]
    options += ["--handshakes", str(HANDSHAKES), "--ready", str(reading.ready)]
    if reading.subprotocol:
        options += ["--subprotocol", reading.subprotocol]
    if reading.send:
        options += ["--send", reading.send]
    return options


def _run(command: Sequence[str], place: Place, longest_s: float) -> dict[str, Any]:
    with on_cores(place.machine.load):
        try:
            done = subprocess.run(  # noqa: S603
                guarded(command), capture_output=True, text=True, check=False, timeout=longest_s
            )
        except subprocess.TimeoutExpired:
            raise BenchError(f"The load client did not end within {longest_s:.0f} s.") from None
    if done.returncode:
        raise BenchError(f"The load client failed: {done.stderr.strip()[-600:]}")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@contextmanager
def idle_readers(place: Place, server: Server, reading: Reading, readers: int) -> Iterator[None]:
    """Readers that only stay connected, as long as the context. Raises BenchError if one does not get through."""
    command = [str(CLIENT), *_reader_options(server, reading, readers), "--settle", "0", "--phase", "idle=900000"]
    log = server.folder / "idle.log"
    process = ServerProcess(command, cores=place.machine.load, log=log)
    try:
        process.wait_printed('"phases":[', within_s=90)
        if f'"ready":{readers},' not in process.printed:
            raise BenchError(f"Not all of {readers} idle readers got through to {server.label}.")
        yield
    finally:
        process.stop()
