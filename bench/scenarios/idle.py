"""What a reader costs while nothing happens."""

from __future__ import annotations

import time

from bench.load import idle_readers
from bench.session import Session
from bench.table import LIMIT, Column, Row, Sample, Table


def run(session: Session) -> list[Table]:
    scale = session.scale
    first = scale.readers
    more = max(1, min(first, session.machine.most_readers - first))
    rows = session.rows()

    def measure(row: Row) -> Sample:
        with session.running(row.server) as server:
            group = server.new_group()
            server.fill_page(group)
            reading = server.replay(group)
            empty = session.load(server, group, readers=0, settle_ms=scale.rest_ms).connect
            with idle_readers(session.place, server, reading, first):
                time.sleep(scale.rest_ms / 1000)
                later = session.load(server, group, readers=more, reading=reading, settle_ms=scale.rest_ms)
        return {
            "rss_empty_mb": empty["rss_settled"] / 1e6,
            "rss_mb": later.connect["rss_settled"] / 1e6,
            "rss_first": (later.connect["rss_before"] - empty["rss_settled"]) / first,
            "rss_more": later.rss_a_reader,
            "ready": later.ready / more,
        }

    session.measure("idle", rows, measure)
    columns = (
        Column("rss_empty_mb", "RSS empty MB"),
        Column("rss_first", f"bytes each, the first {first:,}", 0),
        Column("rss_more", f"bytes each, {more:,} more", 0, against=LIMIT),
        Column("rss_mb", "RSS with all MB"),
        Column("ready", "connected", is_share=True),
    )
    notes = (
        f"Resident memory of the server's processes, {scale.rest_ms / 1000:g} s after readers had their 50 entries.",
        "The first ones are given what the server had freed while it started: what they grow it by is less.",
    )
    return [Table("idle", "Memory of idle readers", columns, rows, notes=notes, drawn=("rss_more",))]
