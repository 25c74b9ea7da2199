"""Drawings of tables as SVG, for light pages and dark ones."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from .report import figure, ratio_text
from .table import Column, Row, Table

WIDTH = 720
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.small { font-size: 11px; fill: #59636e }
.title { font-weight: 600; font-size: 15px }
.feed { fill: #0969da } .peer { fill: #9198a1 } .limit { fill: #d0a215 }
.line { fill: none; stroke-width: 2 }
.line.feed { stroke: #0969da; stroke-width: 3 } .line.peer { stroke: #9198a1 } .line.limit { stroke: #d0a215 }
.axis { stroke: #d1d9e0; fill: none }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .small { fill: #9198a1 } .axis { stroke: #3d444d }
  .feed { fill: #4493f8 } .peer { fill: #656c76 } .limit { fill: #e3b341 }
  .line.feed { stroke: #4493f8; fill: none } .line.peer { stroke: #656c76; fill: none }
  .line.limit { stroke: #e3b341; fill: none }
}
"""


def draw(table: Table) -> Iterator[tuple[str, str]]:
    """File names and documents; none where nothing was measured."""
    for key in table.drawn:
        column = next(column for column in table.columns if column.key == key)
        # The second run of the limit is about noise, not about a server.
        rows = [row for row in table.rows if row.value(key) is not None and row.server.name != "c-again"]
        if rows:
            document = _lines(table, column, rows) if table.along else _bars(table, column, rows)
            yield f"{table.scenario}-{key.replace('_', '-')}.svg", document


def _document(height: int, title: str, parts: list[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(title, quote=True)}">\n<style>{STYLE}</style>\n'
    )
    return head + "\n".join((_text(0, 18, title, "title"), *parts)) + "\n</svg>\n"


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    classes = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{classes}>{escape(text)}</text>'


def _bars(table: Table, column: Column, rows: list[Row]) -> str:
    left, right, step, top = 230, 130, 28, 44
    longest = max(row.value(column.key) or 0 for row in rows) or 1
    parts = [_text(0, 36, _subtitle(column), "small")]
    for at, row in enumerate(rows):
        value = row.value(column.key) or 0
        y, length = top + at * step, max(1.0, (WIDTH - left - right) * value / longest)
        parts.append(_text(left - 10, y + 17, row.label, anchor="end"))
        parts.append(
            f'<rect class="{row.server.role}" x="{left}" y="{y + 4}" width="{length:.1f}" height="18" rx="2"/>'
        )
        ratio = row.ratio(column)
        beside = f"  ({ratio_text(ratio)} × {column.against})" if ratio and row.server.role != "limit" else ""
        parts.append(_text(left + length + 8, y + 17, figure(column, value) + beside))
    return _document(top + len(rows) * step + 10, table.title, parts)


def _subtitle(column: Column) -> str:
    return f"{column.title} – {'more' if column.more_is_better else 'less'} is better"


def _lines(table: Table, column: Column, rows: list[Row]) -> str:
    left, right, top, bottom, height = 60, 220, 56, 40, 360
    sizes = sorted({row.size for row in rows if row.size is not None})
    highest = max(row.value(column.key) or 0 for row in rows) or 1
    span = math.log(sizes[-1] / sizes[0]) or 1

    def place(size: int, value: float) -> tuple[float, float]:
        x = left + (WIDTH - left - right) * math.log(size / sizes[0]) / span
        return x, top + (height - top - bottom) * (1 - value / highest)

    parts = [_text(0, 36, _subtitle(column), "small")]
    parts.append(f'<path class="axis" d="M{left} {top}V{height - bottom}H{WIDTH - right}"/>')
    parts.append(_text(left - 8, top + 4, figure(column, highest), "small", "end"))
    parts.append(_text(left - 8, height - bottom + 4, "0", "small", "end"))
    parts += [_text(place(size, 0)[0], height - bottom + 18, f"{size:,}", "small", "middle") for size in sizes]
    parts.append(_text(WIDTH - right, height - 6, table.along or "", "small", "end"))
    labels: list[tuple[float, str]] = []
    for label, points in _curves(column, rows, sizes[-1]):
        role = next(row.server.role for row in rows if row.label == label)
        where = [place(size, value) for size, value in points]
        parts.append(f'<polyline class="line {role}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in where)}"/>')
        parts += [f'<circle class="{role}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in where]
        labels.append((where[-1][1], f"{label}, {figure(column, points[-1][1])}"))
    parts += [_text(WIDTH - right + 10, y + 4, text, "small") for y, text in _apart(labels, 14)]
    return _document(height, f"{table.title}", parts)


def _curves(column: Column, rows: list[Row], largest: int) -> Iterator[tuple[str, list[tuple[int, float]]]]:
    """Each server's points. One that was measured at no size of its own is a point at the right edge."""
    for label in dict.fromkeys(row.label for row in rows):
        mine = [row for row in rows if row.label == label]
        yield label, sorted((row.size or largest, row.value(column.key) or 0) for row in mine)


def _apart(labels: list[tuple[float, str]], least: float) -> list[tuple[float, str]]:
    """Moved down until none covers another."""
    placed: list[tuple[float, str]] = []
    for y, text in sorted(labels):
        placed.append((max(y, placed[-1][0] + least) if placed else y, text))
    return placed
