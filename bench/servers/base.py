"""A server under test: how it is started, where readers connect and where entries are posted."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import ClassVar, Literal, Self

from bench.machine import BenchError, Machine
from bench.material import Material
from bench.processes import ServerProcess, pin, split_family

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "bench"
BUILD = HERE / "build"

Role = Literal["limit", "feed", "peer"]


@dataclass(frozen=True)
class Reading:
    """A reader's handshake; it is `ready` after so many messages. `{}` in the path becomes the reader's number."""

    path: str
    ready: int = 0
    subprotocol: str | None = None
    send: str | None = None


@dataclass(frozen=True)
class Place:
    """Where a run takes place."""

    machine: Machine
    folder: Path
    material: Material


class Server(ABC):
    """One server process, and its helpers. A group is what readers follow: a coverage, a channel, or everything."""

    name: ClassVar[str]
    label: ClassVar[str]
    role: ClassVar[Role] = "peer"
    # Whether several entries can be posted in one request, as lines.
    takes_lines: ClassVar[bool] = True
    can_have_workers: ClassVar[bool] = False

    _numbers = itertools.count(1)

    def __init__(self, place: Place, workers: int = 1) -> None:
        self.workers = workers
        self.port = 0
        self.publish_port = 0
        self._place = place
        self._number = next(Server._numbers)
        self._groups = itertools.count(1)
        self._process: ServerProcess | None = None

    @classmethod
    @abstractmethod
    def missing(cls) -> str | None:
        """What to do to have it, if it is not there."""

    @classmethod
    @abstractmethod
    def version(cls) -> str: ...

    @abstractmethod
    def _command(self) -> Sequence[str]: ...

    @abstractmethod
    def live(self, group: str) -> Reading:
        """A reader that gets what comes."""

    @abstractmethod
    def replay(self, group: str) -> Reading:
        """A reader that gets the newest 50 entries first."""

    @abstractmethod
    def publish_path(self, group: str) -> str: ...

    # ------------------------------------------------------------ life

    @property
    def folder(self) -> Path:
        return self._place.folder / f"{self.name}-{self._number}"

    @property
    def process(self) -> ServerProcess:
        if self._process is None:
            raise BenchError(f"{self.label} is not running.")
        return self._process

    def start(self) -> Self:
        machine = self._place.machine
        cores = machine.servers if self.workers == 1 else machine.two_cores
        self.folder.mkdir(parents=True)
        self._process = self._launch(cores)
        try:
            self._find_ports(self._process)
        except BaseException:
            self.stop()
            raise
        _, aside = self.pids()
        pin(aside, machine.load)
        return self

    def _launch(self, cores: Collection[int]) -> ServerProcess:
        return ServerProcess(self._command(), cores=cores, log=self.folder / "log", directory=ROOT)

    def _find_ports(self, process: ServerProcess) -> None:
        self.port = int(process.wait_printed("istening on http://127.0.0.1:"))
        self.publish_port = self.port

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def pids(self) -> tuple[list[int], list[int]]:
        """Its processes, and those that only stand beside it."""
        return split_family(self.process.pid)

    # ------------------------------------------------------------ what is in it

    def new_group(self) -> str:
        return f"perf{next(self._groups)}"

    def payload(self, *, large: bool = False) -> Path:
        return self._place.material.message(large=large)

    @property
    def publish_header(self) -> str | None:
        return None

    def fill_page(self, group: str) -> None:
        """Puts 50 entries where replay finds them. Servers that keep none read them from a file instead."""
        return

    def idle_readings(self, _group: str, _count: int) -> Reading | None:
        """Makes so many other groups, one entry in each; how to follow them. None if it has one group only."""
        return None

    def post(self, path: str, body: bytes, media_type: str = "application/json", method: str = "POST") -> bytes:
        """The answer's body. Raises BenchError unless the status is 2xx."""
        connection = HTTPConnection("127.0.0.1", self.publish_port, timeout=30)
        headers = {"Content-Type": media_type}
        if self.publish_header:
            name, _, value = self.publish_header.partition(": ")
            headers[name] = value
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status // 100 != 2:
            raise BenchError(f"{self.label} answered {path} with {response.status}: {answer[:300]!r}")
        return answer
