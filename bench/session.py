"""A session of the benchmark: its servers, started fresh for each measurement, and stopped whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Self

from .load import Outcome, run_load
from .machine import Machine
from .scale import Scale
from .servers import CLoop, CLoopAgain, Feed, Place, Reading, Server
from .table import Row, Sample, against_limit, interleave


class Session:
    """`reuse` keeps servers from one measurement to the next: for runs that are about the tool, not about figures."""

    def __init__(
        self,
        place: Place,
        scale: Scale,
        peers: Sequence[type[Server]],
        *,
        repeats: int,
        reuse: bool,
        progress: Callable[[str], None],
    ) -> None:
        self.place = place
        self.scale = scale
        self.peers = tuple(peers)
        self.repeats = repeats
        self.progress = progress
        self._reuse = reuse
        self._kept: dict[tuple[type[Server], int], Server] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def machine(self) -> Machine:
        return self.place.machine

    # ------------------------------------------------------------ servers

    @property
    def kinds(self) -> tuple[type[Server], ...]:
        """The limit, Feed, the peers, and the limit again."""
        return (CLoop, Feed, *self.peers, CLoopAgain)

    @contextmanager
    def running(self, kind: type[Server], workers: int = 1) -> Iterator[Server]:
        if self._reuse:
            yield self._keep(kind, workers)
            return
        server = kind(self.place, workers)
        try:
            server.start()
            if self.scale.warm_up:
                self._warm_up(server)
            yield server
        finally:
            server.stop()

    def _keep(self, kind: type[Server], workers: int) -> Server:
        server = self._kept.get((kind, workers))
        if server is None or not server.process.is_running:
            server = kind(self.place, workers)
            self._stack.callback(server.stop)
            self._kept[kind, workers] = server.start()
        return server

    def _warm_up(self, server: Server) -> None:
        """What is loaded or compiled at first use is then loaded and compiled."""
        group = server.new_group()
        run_load(self.place, server, group, "one=20", "burst=20", readers=50, settle_ms=200, timeout_s=20)

    def capture_material(self) -> None:
        self.progress("entries, from Feed")
        material = self.place.material
        material.write_drafts()
        with self.running_bare(Feed) as feed:
            coverage = feed.new_group()
            feed.fill_page(coverage)
            material.keep(feed.messages(coverage, then_publish=material.samples()))

    @contextmanager
    def running_bare(self, kind: type[Feed]) -> Iterator[Feed]:
        """Without a warm-up, which needs material."""
        server = kind(self.place)
        try:
            yield server.start()
        finally:
            server.stop()

    # ------------------------------------------------------------ measuring

    def rows(self, sizes: Sequence[int | None] = (None,)) -> list[Row]:
        """All kinds, at every size."""
        return [Row(kind.label, kind, size) for size in sizes for kind in self.kinds]

    def measure(self, scenario: str, rows: Sequence[Row], measure: Callable[[Row], Sample]) -> None:
        against_limit(rows)
        interleave(self.repeats, rows, measure, lambda what: self.progress(f"{scenario}: {what}"))

    def load(
        self,
        server: Server,
        group: str,
        *phases: str,
        readers: int,
        reading: Reading | None = None,
        large: bool = False,
        stalled: int = 0,
        deflate: bool = False,
        moved_by: tuple[int, int] | None = None,
        settle_ms: int | None = None,
        timeout_s: int | None = None,
    ) -> Outcome:
        return run_load(
            self.place,
            server,
            group,
            *phases,
            readers=readers,
            reading=reading,
            large=large,
            stalled=stalled,
            deflate=deflate,
            moved_by=moved_by,
            settle_ms=self.scale.settle_ms if settle_ms is None else settle_ms,
            linger_ms=self.scale.linger_ms,
            timeout_s=timeout_s or self.scale.timeout_s,
        )
