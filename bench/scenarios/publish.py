"""How fast entries are taken by HTTP."""

from __future__ import annotations

from bench.load import PUBLISHERS, Phase
from bench.servers import Server
from bench.session import Session
from bench.table import LIMIT, Column, Row, Sample, Table

COLUMNS = (
    Column("single_per_s", "a second", 0, against=LIMIT, more_is_better=True),
    Column("single_cpu_us", "CPU µs", 0),
    Column("single_store_us", "store CPU µs", 0),
    Column("lines_per_s", "in 100s, a second", 0, against=LIMIT, more_is_better=True),
    Column("lines_cpu_us", "CPU µs", 1),
    Column("p50_ms", "receipt p50 ms", 2),
    Column("p99_ms", "p99 ms", 2),
    Column("delivered", "delivered", is_share=True),
)


def run(session: Session) -> list[Table]:
    rows = session.rows()

    def measure(row: Row) -> Sample:
        with session.running(row.server) as server:
            return published(session, server, server.new_group(), lines=True)

    session.measure("publish", rows, measure)
    notes = (
        f"One entry in a request, {PUBLISHERS} at a time; a hundred in each; one in each, 200 a second (receipts).",
        "CPU is for each entry. One reader looks that all arrive.",
        "Feed alone stores what it takes, sanitised and in order, before it answers; the others hand it on.",
    )
    return [Table("publish", "Publishing by HTTP", COLUMNS, rows, notes=notes)]


def published(session: Session, server: Server, group: str, *, lines: bool) -> Sample:
    """Single entries, a steady rate and lines, seen by one reader."""
    scale = session.scale
    phases = [scale.publish_single, scale.publish_steady]
    if lines and server.takes_lines:
        phases.append(scale.publish_lines)
    single, steady, *in_lines = session.load(server, group, *phases, readers=1).phases
    sample = {
        "single_per_s": _per_second(single),
        "single_cpu_us": single.cpu_us_an_entry,
        "single_store_us": single.store_us_an_entry,
        "p50_ms": steady["receipt_ms.p50"],
        "p99_ms": steady["receipt_ms.p99"],
        "delivered": min(phase.delivered_share for phase in (single, steady, *in_lines)),
    }
    for phase in in_lines:
        sample |= {"lines_per_s": _per_second(phase), "lines_cpu_us": phase.cpu_us_an_entry}
    return sample


def _per_second(phase: Phase) -> float:
    return phase["entries"] / phase["publish_wall_s"] if phase["publish_wall_s"] else 0.0
