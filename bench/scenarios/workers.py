"""One worker process, and two."""

from __future__ import annotations

from bench.session import Session
from bench.table import LIMIT, Column, Row, Sample, Table

ALONE = "1 worker"


def run(session: Session) -> list[Table]:
    scale = session.scale
    rows = []
    for kind in session.kinds:
        one = Row(kind.label, kind, size=1)
        rows.append(one)
        if kind.can_have_workers:
            rows.append(Row(kind.label, kind, size=2, baselines={ALONE: [one]}))

    def measure(row: Row) -> Sample:
        with session.running(row.server, workers=row.size or 1) as server:
            lines = scale.burst if server.takes_lines else 1
            phases = (f"one={scale.entries}", f"burst={scale.burst}x{lines}")
            one, burst = session.load(server, server.new_group(), *phases, readers=scale.readers).phases
        return {
            "cpu_us": one.cpu_us,
            "burst_cpu_us": burst.cpu_us,
            "busiest": one.busiest_cpu_s / one["cpu_s"] if one["cpu_s"] else 0.0,
            "capacity": one["delivered"] / one.busiest_cpu_s if one.busiest_cpu_s else 0.0,
            "last_ms": one["last_ms.p50"],
            "delivered": min(one.delivered_share, burst.delivered_share),
        }

    session.measure("workers", rows, measure)
    columns = (
        Column("cpu_us", "CPU µs a delivery", 2, against=LIMIT),
        Column("burst_cpu_us", "in a burst", 2, against=LIMIT),
        Column("busiest", "share of the busiest", 2),
        Column("capacity", "deliveries by a CPU s of it", 0, against=ALONE, more_is_better=True),
        Column("last_ms", "last reader ms"),
        Column("delivered", "delivered", is_share=True),
    )
    cores, shared = session.machine.two_cores, session.machine.two_cores & session.machine.load
    notes = [
        "Deliveries by a second of CPU time of the busiest process: what it can do with a core for each.",
    ]
    if len(cores) < 2 or shared:
        notes.append("Two workers share a core with the load client here, so the times to the last reader say little.")
    return [Table("workers", "One worker and two", columns, rows, along="workers", notes=tuple(notes))]
