"""Everybody connects at once, and gets the newest 50 entries."""

from __future__ import annotations

from bench.load import HANDSHAKES
from bench.session import Session
from bench.table import LIMIT, Column, Row, Sample, Table

COLUMNS = (
    Column("per_s", "readers a second", 0, against=LIMIT, more_is_better=True),
    Column("cpu_us", "CPU µs a reader", 0, against=LIMIT),
    Column("p50_ms", "ready p50 ms"),
    Column("p99_ms", "ready p99 ms"),
    Column("bytes", "bytes a reader", 0),
    Column("compressed", "compressed", 2),
    Column("ready", "got through", is_share=True),
)


def run(session: Session) -> list[Table]:
    return [_storm(session, deflate=False), _storm(session, deflate=True)]


def _storm(session: Session, *, deflate: bool) -> Table:
    readers = session.scale.readers
    rows = session.rows()

    def measure(row: Row) -> Sample:
        with session.running(row.server) as server:
            group = server.new_group()
            server.fill_page(group)
            reading = server.replay(group)
            outcome = session.load(server, group, readers=readers, reading=reading, deflate=deflate, settle_ms=0)
        connect = outcome.connect
        return {
            "per_s": outcome.ready / connect["wall_s"],
            "cpu_us": connect["cpu_s"] * 1e6 / outcome.ready,
            "p50_ms": connect["ready_ms.p50"],
            "p99_ms": connect["ready_ms.p99"],
            "bytes": connect["bytes"] / outcome.ready,
            "compressed": min(1.0, connect["deflated"] / outcome.ready),
            "ready": outcome.ready / readers,
        }

    how = ", permessage-deflate offered" if deflate else ""
    session.measure(f"connect{how}", rows, measure)
    notes = [f"{HANDSHAKES} handshakes at a time. All send the page as one message, nchan as 50."]
    if deflate:
        notes.append("A server that does not compress although it may shows 0 there. The C loop compressed beforehand.")
    title = f"{readers:,} readers connect and get 50 entries{how}"
    scenario = "connect-deflated" if deflate else "connect"
    return Table(scenario, title, COLUMNS, rows, notes=tuple(notes), drawn=("per_s",))
