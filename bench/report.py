"""Tables for people, on the terminal."""

from __future__ import annotations

from collections import Counter

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from .table import Column, Row, Table

STYLES = {"limit": "dim", "feed": "bold", "peer": ""}


def show(console: Console, table: Table) -> None:
    rows = [_cells(table, row) for row in table.rows]
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, title=table.title, title_justify="left", title_style="bold")
    grid.add_column("", no_wrap=True)
    if table.along:
        grid.add_column(table.along, justify="right")
    for column in table.columns:
        grid.add_column(column.title, justify="right")
        if column.against:
            grid.add_column(f"× {column.against}", justify="right", style="cyan")
    for at, shown in enumerate(grid.columns):
        # Headings may be broken, at words; figures may not.
        words = [*str(shown.header).split(), *(cells[at] for cells in rows)]
        shown.min_width = max(map(len, words), default=0)
    for row, cells in zip(table.rows, rows, strict=True):
        grid.add_row(*cells, style=STYLES[row.server.role])
    console.print(grid)
    for failure, times in Counter(f"{row.label}: {text}" for row in table.rows for text in row.failures).items():
        often = f" ({times} times)" if times > 1 else ""
        console.print(Padding(Text(failure + often, "red"), (0, 0, 0, 2), expand=False))
    for note in table.notes:
        console.print(Padding(Text(note, "dim"), (0, 0, 0, 2), expand=False))
    console.print()


def _cells(table: Table, row: Row) -> list[str]:
    cells = [row.label]
    if table.along:
        cells.append("" if row.size is None else f"{row.size:,}")
    for column in table.columns:
        cells.append(figure(column, row.value(column.key)))
        if column.against:
            ratio = row.ratio(column)
            cells.append("" if ratio is None else ratio_text(ratio))
    return cells


def figure(column: Column, value: float | None) -> str:
    if value is None:
        return "–"
    if column.is_share:
        return "all" if value == 1 else f"{value:.1%}"
    return f"{value:,.{column.digits}f}"


def ratio_text(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:,.0f}"
