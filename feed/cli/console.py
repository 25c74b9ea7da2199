"""What people see: one console for results, one for everything else, and one form for what went wrong."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from .prose import clean

# Without a terminal there is no width to keep to; logs are read in wide windows.
PIPED_WIDTH = 120


def _console(*, stderr: bool = False) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPED_WIDTH
    # What a producer wrote must never be taken for markup.
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, width=width)


out = _console()
err = _console(stderr=True)


def print_json(document: object) -> None:
    """One line on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def wants_json(asked: bool) -> bool:
    """Receipts are for programs where stdout is no terminal."""
    return asked or not sys.stdout.isatty()


def print_error(what: str, *hints: str, place: str | None = None) -> None:
    """What went wrong, in which field, and what to do about it."""
    line = Text("Error", style="bold red")
    line.append("  ", style="default")
    if place:
        line.append(clean(place), style="bold default").append(": ", style="default")
    line.append(clean(what), style="not bold default")
    err.print(line)
    for hint in filter(None, hints):
        err.print(Padding(Text(clean(hint), style="dim"), (0, 0, 0, 7), expand=False))


def note(text: str | Text) -> None:
    """Progress and remarks: on stderr, so that stdout stays what it is piped for."""
    err.print(text if isinstance(text, Text) else Text(text, style="dim"))


def done(what: str, *details: Any) -> None:
    """A result in one line, with what belongs to it below."""
    out.print(Text.assemble(("✓ ", "bold green"), (clean(what), "bold")))
    for detail in details:
        if detail:
            out.print(
                Padding(
                    detail if isinstance(detail, Text) else Text(clean(str(detail)), "dim"), (0, 0, 0, 2), expand=False
                )
            )
