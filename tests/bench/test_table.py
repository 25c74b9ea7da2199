"""Tables and drawings: medians, ratios repeat by repeat, what is missing stays missing."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET

import pytest
from rich.console import Console

from bench.machine import BenchError
from bench.plots import draw
from bench.report import show
from bench.servers import CLoop, CLoopAgain, Feed, Server
from bench.servers.node import Ws
from bench.table import LIMIT, Column, Row, Sample, Table, against_limit, interleave

CPU = Column("cpu", "CPU µs", 2, against=LIMIT)


def row(kind: type[Server], *figures: float | None, size: int | None = None) -> Row:
    made = Row(kind.label, kind, size)
    made.samples = [None if figure is None else {"cpu": figure} for figure in figures]
    return made


def test_a_figure_is_the_median_of_its_repeats() -> None:
    assert row(Feed, 3, 1, 100).value("cpu") == 3


def test_a_ratio_is_taken_in_each_repeat_before_the_median() -> None:
    rows = [row(CLoop, 1, 10, 2), row(Feed, 2, 10, 6), row(CLoopAgain, 1, 10, 2)]
    against_limit(rows)
    assert rows[1].ratio(CPU) == 2


def test_the_limit_is_the_mean_of_its_two_runs() -> None:
    rows = [row(CLoop, 1), row(Feed, 4), row(CLoopAgain, 3)]
    against_limit(rows)
    assert [one.ratio(CPU) for one in rows] == [0.5, 2, 1.5]


def test_a_size_is_compared_with_the_limit_at_that_size() -> None:
    rows = [row(CLoop, 1, size=10), row(Feed, 3, size=10), row(CLoop, 5, size=20), row(Feed, 10, size=20)]
    against_limit(rows)
    assert [rows[1].ratio(CPU), rows[3].ratio(CPU)] == [3, 2]


def test_a_repeat_that_failed_is_left_out_of_median_and_ratio() -> None:
    rows = [row(CLoop, 1, None, 1), row(Feed, 2, 50, None)]
    against_limit(rows)
    assert rows[1].value("cpu") == 26
    assert rows[1].ratio(CPU) == 2


def test_repeats_are_interleaved_and_a_failure_stops_nobody() -> None:
    rows = [row(CLoop), row(Feed), row(Ws)]
    order: list[str] = []

    def measure(one: Row) -> Sample:
        order.append(one.server.name)
        if one.server is Ws:
            raise BenchError("it did not start")
        return {"cpu": len(order)}

    interleave(2, rows, measure, lambda _: None)
    assert order == ["c", "feed", "ws"] * 2
    assert rows[2].failures == ["it did not start"] * 2
    assert rows[2].value("cpu") is None


def shown(table: Table) -> str:
    out = io.StringIO()
    show(Console(file=out, width=120, markup=False), table)
    return out.getvalue()


def test_a_table_shows_figures_ratios_and_why_one_is_missing() -> None:
    failed = row(Ws, None)
    failed.failures = ["it did not start", "it did not start"]
    rows = [row(CLoop, 2), row(Feed, 2.5), failed]
    against_limit(rows)
    text = shown(Table("fan-out", "One entry", (CPU,), rows, notes=("Measured twice.",)))
    assert "2.50   1.25" in text
    assert "ws: it did not start (2 times)" in text
    assert "Measured twice." in text


@pytest.mark.parametrize(("share", "text"), [(1.0, "all"), (0.999, "99.9%"), (0.0, "0.0%")])
def test_only_all_is_called_all(share: float, text: str) -> None:
    column = Column("cpu", "delivered", is_share=True)
    assert text in shown(Table("fan-out", "One entry", (column,), [row(Feed, share)]))


@pytest.mark.parametrize("along", [None, "readers"])
def test_what_was_not_measured_is_not_drawn(along: str | None) -> None:
    sizes = (10, 1_000) if along else (None,)
    rows = [row(kind, figure, size=size) for size in sizes for kind, figure in ((CLoop, 1), (Feed, 2), (Ws, None))]
    against_limit(rows)
    ((name, document),) = draw(Table("fan-out", "One & only", (CPU,), rows, along=along, drawn=("cpu",)))
    labels = " ".join(element.text or "" for element in ET.fromstring(document).iter())
    assert name == "fan-out-cpu.svg"
    assert "One & only" in labels
    assert "Feed" in labels
    assert Ws.label not in labels


def test_an_empty_table_draws_nothing() -> None:
    assert list(draw(Table("fan-out", "One entry", (CPU,), [row(Feed, None)], drawn=("cpu",)))) == []
