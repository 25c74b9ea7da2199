"""What grows with the number of readers, of idle coverages, and of entries in a timeline. Nothing should."""

from __future__ import annotations

from contextlib import ExitStack

from bench.load import idle_readers
from bench.servers import Feed, Nchan, NchanKeeping, Server
from bench.session import Session
from bench.table import LIMIT, Column, Row, Sample, Table

from .publish import published


def run_readers(session: Session) -> list[Table]:
    scale = session.scale
    rows = session.rows(scale.reader_sizes)

    def measure(row: Row) -> Sample:
        readers = row.size or 1
        with session.running(row.server) as server:
            group = server.new_group()
            phase = f"one={max(3, scale.entries // 2)}"
            outcome = session.load(server, group, phase, readers=readers, settle_ms=scale.rest_ms)
        (one,) = outcome.phases
        return {
            "cpu_us": one.cpu_us,
            "last_us": one["last_ms.p50"] * 1e3 / readers,
            "rss": outcome.rss_a_reader,
            "delivered": one.delivered_share,
        }

    session.measure("readers", rows, measure)
    columns = (
        Column("cpu_us", "CPU µs a delivery", 2, against=LIMIT),
        Column("last_us", "last reader, µs for each", 1, against=LIMIT),
        Column("rss", "bytes a reader", 0),
        Column("delivered", "delivered", is_share=True),
    )
    notes = ("Bytes are growth from a server without readers; few readers fit into what it had freed at its start.",)
    return [Table("readers", "Growth with readers", columns, rows, "readers", notes, drawn=("cpu_us", "rss"))]


# ---------------------------------------------------------------- what only some servers have

PUBLISHING = (
    Column("single_per_s", "entries a second", 0, against=LIMIT, more_is_better=True),
    Column("single_cpu_us", "CPU µs an entry", 0),
    Column("p50_ms", "receipt p50 ms", 2),
    Column("p99_ms", "p99 ms", 2),
    Column("cpu_us", "CPU µs a delivery", 2, against=LIMIT),
    Column("delivered", "delivered", is_share=True),
)


def run_coverages(session: Session) -> list[Table]:
    rows = _rows(session, session.scale.coverage_sizes, (Feed, Nchan))

    def measure(row: Row) -> Sample:
        with session.running(row.server) as server, ExitStack() as stack:
            group, idle = server.new_group(), (row.size or 1) - 1
            reading = server.idle_readings(group, idle) if idle else None
            if reading is not None:
                stack.enter_context(idle_readers(session.place, server, reading, idle))
            return _publish_and_fan_out(session, server, group)

    session.measure("coverages", rows, measure)
    notes = (
        "One coverage is published to; all others have one entry and one reader each.",
        "Servers with a single group of readers are there once, for comparison.",
    )
    return [
        Table(
            "coverages",
            "Growth with idle coverages",
            PUBLISHING,
            rows,
            along="coverages",
            notes=notes,
            drawn=("single_cpu_us",),
        )
    ]


def run_timeline(session: Session) -> list[Table]:
    scale = session.scale
    rows = _rows(session, scale.timeline_sizes, (Feed, NchanKeeping))

    def measure(row: Row) -> Sample:
        with session.running(row.server) as server:
            group = server.new_group()
            lines = 100 if server.takes_lines else 1
            if row.size:
                session.load(server, group, f"burst={row.size}x{lines}", readers=0, settle_ms=0)
            server.fill_page(group)
            replay = server.replay(group)
            connect = session.load(server, group, readers=scale.few_readers, reading=replay, settle_ms=0)
            figures = dict(_publish_and_fan_out(session, server, group))
        return figures | {"connects": connect.ready / connect.connect["wall_s"]}

    session.measure("timeline", rows, measure)
    columns = (Column("connects", "readers a second", 0, more_is_better=True), *PUBLISHING)
    notes = ("Servers that keep no timeline are there once, for comparison. nchan gives a new reader 32 of many.",)
    return [
        Table(
            "timeline",
            "Growth with the length of a timeline",
            columns,
            rows,
            along="entries",
            notes=notes,
            drawn=("single_cpu_us",),
        )
    ]


def _rows(session: Session, sizes: tuple[int, ...], growing: tuple[type[Server], ...]) -> list[Row]:
    """Servers that can grow at every size, the others once."""
    kinds: dict[str, type[Server]] = {kind.label: kind for kind in growing}
    rows = []
    for kind in session.kinds:
        grows = kinds.get(kind.label)
        rows += [Row(kind.label, grows, size) for size in sizes] if grows else [Row(kind.label, kind)]
    return rows


def _publish_and_fan_out(session: Session, server: Server, group: str) -> Sample:
    scale = session.scale
    publishing = published(session, server, group, lines=False)
    (one,) = session.load(server, group, f"one={max(3, scale.entries // 2)}", readers=scale.few_readers).phases
    delivered = min(publishing["delivered"], one.delivered_share)
    return {**publishing, "cpu_us": one.cpu_us, "delivered": delivered}
