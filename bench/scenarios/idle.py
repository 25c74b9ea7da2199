"""What a reader costs while nothing happens."""

from __future__ import annotations

from bench.session import Session
from bench.table import LIMIT, Column, Row, Sample, Table


def run(session: Session) -> list[Table]:
    scale = session.scale
    rows = session.rows()

    def measure(row: Row) -> Sample:
        with session.running(row.server) as server:
            group = server.new_group()
            server.fill_page(group)
            reading = server.replay(group)
            outcome = session.load(server, group, readers=scale.readers, reading=reading, settle_ms=scale.rest_ms)
        return {
            "rss": outcome.rss_a_reader,
            "rss_before_mb": outcome.connect["rss_before"] / 1e6,
            "rss_after_mb": outcome.connect["rss_settled"] / 1e6,
            "ready": outcome.ready / scale.readers,
        }

    session.measure("idle", rows, measure)
    columns = (
        Column("rss", "bytes a reader", 0, against=LIMIT),
        Column("rss_before_mb", "RSS before MB"),
        Column("rss_after_mb", "RSS with readers MB"),
        Column("ready", "connected", is_share=True),
    )
    notes = (
        f"Resident memory of the server's processes, {scale.rest_ms / 1000:g} s after all readers had 50 entries.",
        "The kernel's own memory for a socket, the same for all, is not in it.",
    )
    return [Table("idle", f"Memory of {scale.readers:,} idle readers", columns, rows, notes=notes, drawn=("rss",))]
