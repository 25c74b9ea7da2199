"""Both workers of a server are replaced, one after the other, while entries go out. Only Feed can do that."""

from __future__ import annotations

import signal
from types import MappingProxyType

from bench.servers import Feed
from bench.session import Session
from bench.table import Column, Row, Sample, Table

A_SECOND = 20


def run(session: Session) -> list[Table]:
    scale = session.scale

    class Emptied(Feed):
        settings = MappingProxyType({"FEED_DRAIN_WINDOW": str(scale.drain_window_s)})

    def measure(row: Row) -> Sample:
        with session.running(row.server, workers=2) as server:
            phase = session.load(
                server,
                server.new_group(),
                f"rate={A_SECOND}x{A_SECOND * scale.drain_s}",
                readers=scale.drain_readers,
                moved_by=(server.process.pid, signal.SIGHUP),
            ).phases[0]
        return {
            "told_ms": phase["moves.told_within_ms"],
            "moves": phase["moves.moved"],
            "busiest": max(phase.raw["moves"]["moved_per_s"], default=0),
            "broken": phase["moves.broken"],
            "p99_ms": phase["delivery_ms.p99"],
            "longest_ms": phase["delivery_ms.max"],
            "delivered": phase.delivered_share,
        }

    rows = [Row(Feed.label, Emptied)]
    session.measure("drain", rows, measure)
    columns = (
        Column("told_ms", "all of a worker told within ms"),
        Column("moves", "moves", 0),
        Column("busiest", "in the busiest second", 0),
        Column("broken", "readers without a connection", 0),
        Column("p99_ms", "delivery p99 ms"),
        Column("longest_ms", "longest ms"),
        Column("delivered", "delivered", is_share=True),
    )
    notes = (
        f"{A_SECOND} entries a second; {scale.drain_window_s:g} seconds for the readers of each worker to change over.",
        "Who changes over to the worker that is replaced next does so twice.",
        "Server, new workers and load client share two cores.",
    )
    title = f"Two workers are replaced under {scale.drain_readers:,} readers"
    return [Table("drain", title, columns, rows, notes=notes)]
