"""How much is measured: in full, or just enough to see that everything works."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Scale:
    """Numbers of readers and entries, and pauses in ms."""

    readers: int = 10_000
    # What fan-out publishes: one after another, then at once.
    entries: int = 20
    burst: int = 100
    # Readers where something else than their number is measured.
    few_readers: int = 1_000
    # Stalled readers: one in a hundred of these, and how many large entries they do not take.
    stall_readers: int = 500
    stall_phase: str = "paced=400x15"
    stall_timeout_s: int = 30
    # Publishing: single, in requests of 100, and at a steady rate.
    publish_single: str = "burst=4000"
    publish_lines: str = "burst=10000x100"
    publish_steady: str = "rate=200x1000"
    reader_sizes: tuple[int, ...] = (1_000, 5_000, 10_000, 19_000)
    coverage_sizes: tuple[int, ...] = (1, 100, 1_000)
    timeline_sizes: tuple[int, ...] = (50, 1_000, 10_000)
    # Replacing both workers: how many readers, in how many seconds they change over, how long it is looked at.
    drain_readers: int = 5_000
    drain_window_s: float = 10
    drain_s: int = 32
    settle_ms: int = 1_000
    # Before memory is looked at.
    rest_ms: int = 3_000
    # What a server does after the last write is its work too.
    linger_ms: int = 100
    timeout_s: int = 120
    warm_up: bool = True

    def with_readers(self, readers: int) -> Scale:
        """All sizes along with it: the number of readers to grow to is nearly twice this one."""
        share = readers / self.readers
        return replace(
            self,
            readers=readers,
            few_readers=min(self.few_readers, readers),
            drain_readers=min(self.drain_readers, readers),
            reader_sizes=tuple(max(1, round(size * share)) for size in self.reader_sizes),
        )

    def within(self, most: int) -> Scale:
        """No more readers than there can be open files."""
        return replace(
            self,
            readers=min(self.readers, most),
            few_readers=min(self.few_readers, most // 3),
            stall_readers=min(self.stall_readers, most),
            drain_readers=min(self.drain_readers, most // 2),
            coverage_sizes=tuple(size for size in self.coverage_sizes if size <= most // 3),
            reader_sizes=tuple(size for size in self.reader_sizes if size <= most),
        )


FULL = Scale()
SMOKE = Scale(
    readers=50,
    entries=3,
    burst=20,
    few_readers=20,
    stall_readers=50,
    stall_phase="paced=5x2",
    stall_timeout_s=3,
    publish_single="burst=40",
    publish_lines="burst=200x100",
    publish_steady="rate=200x20",
    reader_sizes=(20, 50),
    coverage_sizes=(1, 4),
    timeline_sizes=(50, 100),
    drain_readers=40,
    drain_window_s=0.5,
    drain_s=6,
    settle_ms=60,
    rest_ms=60,
    linger_ms=5,
    timeout_s=10,
    warm_up=False,
)
