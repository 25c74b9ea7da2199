"""One entry to every reader, and a hundred at once."""

from __future__ import annotations

from bench.servers import CLoopCoalesced, Feed
from bench.session import Session
from bench.table import LIMIT, Column, Row, Sample, Table

SINGLY = "singly"


def run(session: Session) -> list[Table]:
    scale = session.scale
    rows = session.rows()
    coalesced = Row(CLoopCoalesced.label, CLoopCoalesced)
    singly = Row(f"{Feed.label}, a request each", Feed, variant=SINGLY)
    rows[1:1] = [coalesced]
    rows[3:3] = [singly]

    def measure(row: Row) -> Sample:
        with session.running(row.server) as server:
            lines = scale.burst if server.takes_lines and row.variant != SINGLY else 1
            phases = (f"one={scale.entries}", f"burst={scale.burst}x{lines}")
            one, burst = session.load(server, server.new_group(), *phases, readers=scale.readers).phases
        return {
            "cpu_us": one.cpu_us,
            "store_us": one.store_us_an_entry,
            "p50_ms": one["delivery_ms.p50"],
            "p99_ms": one["delivery_ms.p99"],
            "last_ms": one["last_ms.p50"],
            "delivered": one.delivered_share,
            "burst_cpu_us": burst.cpu_us,
            "burst_p50_ms": burst["delivery_ms.p50"],
            "burst_p99_ms": burst["delivery_ms.p99"],
            "burst_last_ms": burst["delivery_wall_s"] * 1e3,
            "burst_delivered": burst.delivered_share,
        }

    session.measure("fan-out", rows, measure)
    one = Table(
        "fan-out",
        f"One entry to {scale.readers:,} readers",
        (
            Column("cpu_us", "CPU µs a delivery", 2, against=LIMIT),
            Column("p50_ms", "p50 ms"),
            Column("p99_ms", "p99 ms"),
            Column("last_ms", "last reader ms", against=LIMIT),
            Column("store_us", "store CPU µs an entry", 0),
            Column("delivered", "delivered", is_share=True),
        ),
        [row for row in rows if row not in (coalesced, singly)],
        notes=(f"{scale.entries} entries, each when all readers have the one before it.",),
        drawn=("cpu_us", "last_ms"),
    )
    burst = Table(
        "fan-out",
        f"{scale.burst} entries at once to {scale.readers:,} readers",
        (
            Column("burst_cpu_us", "CPU µs a delivery", 2, against=LIMIT),
            Column("burst_p50_ms", "p50 ms", 0),
            Column("burst_p99_ms", "p99 ms", 0),
            Column("burst_last_ms", "last of all ms", 0, against=LIMIT),
            Column("burst_delivered", "delivered", is_share=True),
        ),
        rows,
        notes=(
            "All in one request. nchan takes one entry in a request and gets them 8 at a time.",
            "Ratios are to the loop that sends each entry to each reader by itself.",
        ),
        drawn=("burst_cpu_us",),
    )
    return [one, burst]
