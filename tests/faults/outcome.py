"""What happened in a run, sample by sample."""

from __future__ import annotations

from dataclasses import dataclass, field

from .checker import Finding
from .plan import Options

TWO = "two at once"


@dataclass(slots=True)
class Occurrence:
    """One fault, or TWO, and what followed; `what` names them. Seconds from when all was mended; `began`, `healed` and
    `over` on the monotonic clock.

    `silence_s`: the longest time without an acknowledgement. `caught_up_s`: until the last reader had the first entry
    that was acknowledged after the fault; `caught_up_net_s`: less what readers waited of themselves before coming back.
    `lag_s`: the longest time that this process itself, with all its readers, was busy: nothing is told finer than that.
    """

    fault: str
    what: str
    round: str
    began: float
    healed: float = 0.0
    over: float = 0.0
    lag_s: float = 0.0
    silence_s: float = 0.0
    publishing_s: float | None = None
    caught_up_s: float | None = None
    caught_up_net_s: float | None = None
    reconnects_s: list[float] = field(default_factory=list)
    attempts_failed: int = 0
    moves: int = 0
    resets: int = 0
    gaps: int = 0

    @property
    def recovered(self) -> bool:
        return self.publishing_s is not None and self.caught_up_s is not None

    def line(self) -> str:
        slowest = f"{max(self.reconnects_s):.2f} s" if self.reconnects_s else "-"
        return (
            f"{self.round}: {self.what} ({self.healed - self.began:.1f} s): silence {self.silence_s:.2f} s, publishing "
            f"after {_seconds(self.publishing_s)}, caught up after {_seconds(self.caught_up_s)} (own waits apart "
            f"{_seconds(self.caught_up_net_s)}), {len(self.reconnects_s)} reconnects, slowest {slowest}, "
            f"{self.resets} resets, own lag {self.lag_s:.2f} s"
        )


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.2f} s"


@dataclass(slots=True)
class Outcome:
    options: Options
    occurrences: list[Occurrence] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0
    acknowledged: int = 0
    repeated: int = 0
    unanswered: int = 0
    delivered: int = 0
    network: dict[str, str] = field(default_factory=dict)
    server_log: str = ""
