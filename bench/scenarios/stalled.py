"""One reader in a hundred stops reading: what the others notice, and what it costs."""

from __future__ import annotations

from bench.load import Phase
from bench.session import Session
from bench.table import LIMIT, Column, Row, Sample, Table


def run(session: Session) -> list[Table]:
    scale = session.scale
    stalled = max(1, scale.stall_readers // 100)
    rows = session.rows()

    def phase(row: Row, stalled: int) -> Phase:
        with session.running(row.server) as server:
            outcome = session.load(
                server,
                server.new_group(),
                scale.stall_phase,
                readers=scale.stall_readers,
                large=True,
                stalled=stalled,
                timeout_s=scale.stall_timeout_s,
            )
        return outcome.phases[0]

    def measure(row: Row) -> Sample:
        without, with_stalled = phase(row, 0), phase(row, stalled)
        return {
            "p99_without_ms": without["delivery_ms.p99"],
            "p99_ms": with_stalled["delivery_ms.p99"],
            "p99_ratio": _share(with_stalled["delivery_ms.p99"], without["delivery_ms.p99"]),
            "delivered": with_stalled.delivered_share,
            "entries": with_stalled["entries"],
            "server_kb": (_growth(with_stalled, "rss") - _growth(without, "rss")) / stalled / 1e3,
            "kernel_kb": (_growth(with_stalled, "tcp_memory") - _growth(without, "tcp_memory")) / stalled / 1e3,
        }

    session.measure("stalled", rows, measure)
    columns = (
        Column("p99_without_ms", "p99 ms, none stalled"),
        Column("p99_ms", "p99 ms of the rest", against=LIMIT),
        Column("p99_ratio", "× none stalled", 2),
        Column("delivered", "delivered to the rest", is_share=True),
        Column("entries", "entries sent", 0, more_is_better=True),
        Column("server_kb", "server KB each stalled", 0),
        Column("kernel_kb", "kernel KB each stalled", 0),
    )
    size = session.place.material.described()["large_message"] / 1e3
    entries = scale.stall_phase.partition("=")[2].partition("x")[0]
    notes = (
        f"{entries} entries of {size:.0f} KB, each when all who still read have the one before it.",
        "Memory is how much more it grew than with nobody stalled.",
        "A server that waits for a stalled reader sends fewer entries, or delivers them to fewer.",
    )
    title = f"{stalled} of {scale.stall_readers:,} readers stop reading"
    return [Table("stalled", title, columns, rows, notes=notes)]


def _growth(phase: Phase, what: str) -> float:
    return phase[what] - phase[f"{what}_before"]


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
