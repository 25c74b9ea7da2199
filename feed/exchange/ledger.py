"""The book in which an importer notes whatever it leaves out, changes or assumes."""

from __future__ import annotations

import re
from itertools import groupby

from feed.content.characters import without_controls

from .imported import Note, NoteKind

_EXCERPT = 200
_PLACES = 12
_NUMBERED = re.compile(r"entry \d{1,9}", re.ASCII)


class Ledger:
    def __init__(self) -> None:
        self._notes: list[Note] = []
        self._repeated: dict[tuple[NoteKind, str], list[str]] = {}

    def left_out(self, where: str, message: str, *, line: int | None = None, excerpt: str = "") -> None:
        self._note("left_out", where, message, line, excerpt)

    def changed(self, where: str, message: str, *, line: int | None = None, excerpt: str = "") -> None:
        self._note("changed", where, message, line, excerpt)

    def assumed(self, where: str, message: str, *, line: int | None = None, excerpt: str = "") -> None:
        self._note("assumed", where, message, line, excerpt)

    def repeated(self, kind: NoteKind, where: str, message: str) -> None:
        """For what is true of many entries alike: becomes one note that names them all."""
        places = self._repeated.setdefault((kind, without_controls(message)), [])
        if without_controls(where) not in places[-1:]:
            places.append(without_controls(where))

    def notes(self) -> list[Note]:
        """In the order of the file where lines are known; what concerns many entries comes last."""
        numbered = sorted((note for note in self._notes if note.line is not None), key=lambda note: note.line or 0)
        others = [note for note in self._notes if note.line is None]
        summed = [
            Note(kind=kind, where=_listing(places), message=message)
            for (kind, message), places in self._repeated.items()
        ]
        return numbered + others + summed

    def _note(self, kind: NoteKind, where: str, message: str, line: int | None, excerpt: str) -> None:
        excerpt = " ".join(without_controls(excerpt).split())
        if len(excerpt) > _EXCERPT:
            excerpt = excerpt[:_EXCERPT] + "…"
        self._notes.append(
            Note(
                kind=kind, where=without_controls(where), message=without_controls(message), line=line, excerpt=excerpt
            )
        )


def _listing(places: list[str]) -> str:
    """Entries by their numbers, as in ``page head, entries 1-4, 7``."""
    numbers = sorted({int(place[6:]) for place in places if _NUMBERED.fullmatch(place)})
    named = [place for place in places if not _NUMBERED.fullmatch(place)]
    if len(named) > _PLACES:
        named = [*named[:_PLACES], f"{len(named) - _PLACES} more"]
    if numbers:
        runs = [[number for _, number in run] for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
        shown = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
        named.append(f"{'entry' if len(numbers) == 1 else 'entries'} {shown}")
    return ", ".join(named)
