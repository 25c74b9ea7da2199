"""Format ``livepage``: the plain text of a live page, as a browser's "select all, copy" gives it.

    - 28 Sep 2023 - 16:27(16:27 GMT)
    Headline
    Paragraphs, items, quotations

    Caption of a picture [Credit] Advertisement - 28 Sep 2023 - 16:15(16:15 GMT)
    …
    Title of the page
    Standfirst

    Published On 28 Sep 2023
    This live page has now been closed.
    - Key points

Marks may stand at the end of a line, joined to what precedes them. The head may be above or below, or missing.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, time
from html import escape
from typing import Any

from feed.content.characters import without_controls
from feed.errors import ImportFormatError
from feed.model import moment_from

from .chronology import runs_newest_first
from .delivery import delivered
from .fields import given
from .imported import Imported
from .ledger import Ledger
from .pagehead import WHERE, PageHead, is_head, parted
from .paragraphs import Body, Line, composed
from .source import decoded
from .timemarks import TimeMark, mark_from, marks_in, understood

_SLOT = re.compile(r"(?:^|(?<=\s))(?:Advertisement|ADVERTISEMENT)\s*$")


class _Section:
    """What stands between two marks; the first section has none above it."""

    def __init__(self, where: str, mark: TimeMark | None = None) -> None:
        self.where = where
        self.mark = mark
        self.lines: list[Line] = []


def looks_like(text: str) -> bool:
    return any(next(marks_in(line), None) for line in text.splitlines())


def read(data: bytes, *, name: str = "") -> Imported:
    """`name` is the file's, from which a page without a head takes its title. Raises ImportFormatError."""
    ledger = Ledger()
    text, assumption = decoded(data)
    if assumption:
        ledger.assumed("file", assumption)
    sections = _sections(text, ledger)
    marks = [section.mark for section in sections if section.mark is not None]
    if not marks:
        shown = " ".join(text.split())[:60]
        raise ImportFormatError(
            "No entry was found. Each begins with a line such as: - 28 Sep 2023 - 16:27(16:27 GMT). "
            + (f"The file begins: {shown!r}." if shown else "The file is empty.")
        )
    head = PageHead(ledger)
    above = sections[0].lines
    sections[-1].lines, below = parted(sections[-1].lines, titled=is_head(above))
    for part in (above, below) if is_head(above) else (below, above):
        head.read(part)
    clock = understood(marks, ledger, published_on=head.published_on)
    entries = _entries(sections[1:], clock.times, ledger)
    if not entries:
        raise ImportFormatError(f"Line {marks[0].line}: {marks[0].text!r} and all marks after it have no text below.")
    oldest, newest = entries[0]["display_at"], entries[-1]["display_at"]
    coverage = given(
        title=head.title or _title(name, oldest, ledger),
        summary=escape(head.summary or "", quote=False),
        key_points=[escape(point, quote=False) for point in head.key_points],
        authors=[{"name": author} for author in head.authors],
        created_at=_created(head.published_on, oldest, ledger),
        started_at=oldest,
    )
    ledger.left_out(
        "page", "a plain text has no addresses: links are kept as words only, players and embeds not at all"
    )
    if head.closed:
        ledger.assumed(WHERE, f"the page is closed; the time of its newest entry, {newest}, was taken as the end")
    ending = {"ended_at": newest} if head.closed else None
    return delivered("livepage", ledger, coverage=coverage, entries=entries, ending=ending)


def _sections(text: str, ledger: Ledger) -> list[_Section]:
    section = _Section(WHERE)
    sections = [section]
    gap = False
    for number, raw in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        line = without_controls(raw)
        if line != raw:
            ledger.changed(section.where, "characters that no page can carry were taken out", line=number, excerpt=line)
        if not line.strip():
            gap = True
            continue
        start = 0
        for match in marks_in(line):
            _add(section, number, line[start : match.start()], ledger, gap=gap, joined=True)
            where = f"entry {len(sections)}"
            section = _Section(where, mark_from(match, number, where))
            sections.append(section)
            start, gap = match.end(), False
        _add(section, number, line[start:], ledger, gap=gap, joined=False)
        gap = False
    return sections


def _add(section: _Section, number: int, text: str, ledger: Ledger, *, gap: bool, joined: bool) -> None:
    while (slot := _SLOT.search(text)) and (joined or text[: slot.start()].rstrip().endswith("]")):
        ledger.left_out(section.where, "a slot for an advertisement", line=number, excerpt=slot[0])
        text, joined = text[: slot.start()], True
    stripped = text.strip()
    if stripped:
        indent = len(text.expandtabs(4)) - len(text.expandtabs(4).lstrip())
        line = Line(number=number, text=stripped, indent=indent, after_gap=gap, joined=joined)
        section.lines.append(line)


def _entries(sections: list[_Section], times: list[datetime], ledger: Ledger) -> list[dict[str, Any]]:
    """Oldest first. Within a minute the order of the page holds, and ids count upwards, as readers sort by them."""
    found: list[tuple[datetime, Body]] = []
    for section, moment in zip(sections, times, strict=True):
        body = composed(section.lines, section.where, ledger)
        if body.headline or body.blocks:
            found.append((moment, body))
        elif section.mark is not None:
            message = "a time without text below"
            ledger.left_out(section.where, message, line=section.mark.line, excerpt=section.mark.text)
    newest_first = runs_newest_first(times)
    if times != sorted(times, reverse=newest_first):
        ledger.changed("page", "entries out of the order of their times were put in it")
    if newest_first:
        found.reverse()
    entries: list[dict[str, Any]] = []
    counts: Counter[datetime] = Counter()
    for moment, body in sorted(found, key=lambda entry: entry[0]):
        counts[moment] += 1
        entry: dict[str, Any] = {"id": f"{moment:%Y%m%d-%H%M}-{counts[moment]:03d}", "display_at": moment_from(moment)}
        entries.append(entry | given(headline=body.headline, blocks=body.blocks))
    return entries


def _title(name: str, oldest: str, ledger: Ledger) -> str:
    stem = re.split(r"[/\\]", name)[-1].rpartition(".")[0] or name
    title = " ".join(without_controls(stem).replace("_", " ").split())[:500] or f"Live page of {oldest[:10]}"
    ledger.assumed(WHERE, f"no page head was found; {title!r} was taken as the title")
    return title


def _created(published_on: date | None, oldest: str, ledger: Ledger) -> str:
    """The day of publication has no hour: it is the first entry's, when that is of the same day."""
    if published_on is None or published_on.isoformat() == oldest[:10]:
        return oldest
    if published_on.isoformat() > oldest[:10]:
        ledger.left_out(WHERE, f"the day of publication, {published_on}, is after that of the first entry")
        return oldest
    return moment_from(datetime.combine(published_on, time(), UTC))
