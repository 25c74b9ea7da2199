"""The head of a live page's text: title, standfirst, day, closed banner, key points. It stands above or below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from html import escape

from .ledger import Ledger
from .paragraphs import ADVERTISEMENT, Line, headline_like, is_item, is_wordless, item_text
from .timemarks import DATE, day_from

_PUBLISHED = re.compile(rf"published\s+on:?\s+(?P<date>{DATE})(?P<rest>.*)", re.IGNORECASE)
_CLOSED = re.compile(
    r"(?:this\s+)?(?:live\s?(?:page|blog|coverage|stream)|page|blog|coverage)\s+"
    r"(?:has\s+now\s+been|has\s+been|is\s+now|is|has)\s+(?:closed|ended)\b.{0,80}",
    re.IGNORECASE,
)
_BYLINE = re.compile(r"[Bb]y\s+(?P<names>[^.:;\d]{2,200})")
_PARTICLES = frozenset(("and", "&", "al", "bin", "da", "de", "del", "der", "di", "la", "le", "van", "von"))
_SHORT = 150
_NAME = 200
_TITLE = 500
_SUMMARY = 5_000
_KEY_POINT = 2_000
_KEY_POINTS = 50
WHERE = "page head"


class PageHead:
    """What a head said. `read` may be called for the part below the entries, then for the part above them."""

    def __init__(self, ledger: Ledger) -> None:
        self.title: str | None = None
        self.summary: str | None = None
        self.published_on: date | None = None
        self.closed = False
        self.authors: list[str] = []
        self.key_points: list[str] = []
        self._ledger = ledger

    def read(self, lines: Sequence[Line]) -> None:
        for line in lines:
            self._read(line)

    def _read(self, line: Line) -> None:
        text = line.text
        published = _PUBLISHED.fullmatch(text)
        if ADVERTISEMENT.fullmatch(text):
            self._leave(line, "a slot for an advertisement")
        elif is_wordless(text):
            self._leave(line, "a line without words")
        elif published is not None and self.published_on is None:
            self.published_on = day_from(published["date"])
            if self.published_on is None or published["rest"].strip():
                self._leave(line, "not all of this could be read as the day of publication")
        elif _CLOSED.fullmatch(text):
            self.closed = True
        elif self.title and not self.authors and (names := _authors(text)):
            self.authors = names
            self._ledger.assumed(WHERE, "taken as the names of the authors", line=line.number, excerpt=text)
        elif is_item(text):
            self._take_key_point(line, item_text(text))
        elif self.title is None and len(text) <= _TITLE:
            self.title = text
            self._ledger.assumed(WHERE, "taken as the title, from its place", line=line.number, excerpt=text)
        elif self._expects_summary() and len(escape(text, quote=False)) <= _SUMMARY:
            self.summary = text
            self._ledger.assumed(WHERE, "taken as the standfirst, from its place", line=line.number, excerpt=text)
        else:
            self._leave(line, "this line of the page head has no place in a coverage")

    def _expects_summary(self) -> bool:
        return self.summary is None and self.published_on is None and not self.closed and not self.key_points

    def _take_key_point(self, line: Line, text: str) -> None:
        if len(escape(text, quote=False)) > _KEY_POINT or len(self.key_points) == _KEY_POINTS:
            self._leave(line, f"a key point beyond {_KEY_POINTS}, or longer than {_KEY_POINT} characters")
        else:
            self.key_points.append(text)

    def _leave(self, line: Line, message: str) -> None:
        self._ledger.left_out(WHERE, message, line=line.number, excerpt=line.text)


def is_head(lines: Sequence[Line]) -> bool:
    """Whether these lines say of themselves that they are a page's head."""
    return any(_is_anchor(line.text) for line in lines)


def parted(lines: Sequence[Line], *, titled: bool) -> tuple[list[Line], list[Line]]:
    """The lines after the last mark: those of the last entry, and those of the head below it, if one is there.

    A head is known by the day of publication or the closed banner. Title and standfirst, unless the page was `titled`
    above, come right before. A title reads like a headline, which tells it from the last paragraph of the entry where
    there is no standfirst.
    """
    start = next((at for at, line in enumerate(lines) if _is_anchor(line.text)), None)
    if start is None:
        return list(lines), []
    while start and (_authors(lines[start - 1].text) or ADVERTISEMENT.fullmatch(lines[start - 1].text)):
        start -= 1
    if titled:
        return list(lines[:start]), list(lines[start:])
    last = lines[start - 1].text if start > 0 else ""
    above = lines[start - 2].text if start > 1 else ""
    if above and headline_like(above):
        start -= 2
    elif last and headline_like(last):
        start -= 1
    elif above and len(above) <= _SHORT and not is_item(above) and not above.endswith("]"):
        start -= 2
    return list(lines[:start]), list(lines[start:])


def _is_anchor(text: str) -> bool:
    return _PUBLISHED.fullmatch(text) is not None or _CLOSED.fullmatch(text) is not None


def _authors(text: str) -> list[str]:
    """The names in a byline, "By Ana Roe and Luca Brand"; empty for "By Thursday the roads were open"."""
    byline = _BYLINE.fullmatch(text)
    if byline is None or not all(word[0].isupper() or word in _PARTICLES for word in byline["names"].split()):
        return []
    names = re.split(r"\s*,\s+and\s+|\s*,\s+|\s+and\s+|\s+&\s+", byline["names"].strip())
    return [name for name in names if name and len(name) <= _NAME]
