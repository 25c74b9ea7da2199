"""The marks that part a live page's text into entries: ``- 28 Sep 2023 - 16:27(16:27 GMT)``.

The first time is the clock of whoever saw the page, the one in brackets is the truth. The date belongs to the first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from msgspec import Struct

from feed.errors import ImportFormatError

from .ledger import Ledger

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
# Bounded, so that a line of nothing but spaces takes no longer than any other.
_GAP, _MAYBE_GAP = r"[^\S\n]{1,8}", r"[^\S\n]{0,8}"
DATE = rf"\d{{1,2}}(?:st|nd|rd|th)?{_GAP}[^\W\d_]{{3,12}}\.?,?{_GAP}\d{{4}}"
_CLOCK = r"\d{1,2}[:.]\d{2}(?:[^\S\n]?[AaPp]\.?[Mm]\.?)?"
_AGO = rf"\d{{1,3}}[^\S\n]?(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?){_GAP}ago"
_DASH = r"[-–—]"
_MARK = re.compile(
    rf"(?:^[^\S\n]*+(?:{_DASH}{_GAP})?|(?<=\s){_DASH}{_GAP})"
    rf"(?:(?P<date>{DATE}),?{_GAP}{_DASH}?{_MAYBE_GAP}(?P<local>{_CLOCK})|(?P<ago>{_AGO}))"
    rf"{_MAYBE_GAP}\({_MAYBE_GAP}(?P<gmt>{_CLOCK}){_GAP}(?:GMT|UTC){_MAYBE_GAP}\)",
    re.IGNORECASE,
)
# The same without a time in GMT counts only where nothing else is on the line.
_HALF_MARK = re.compile(
    rf"[^\S\n]*+{_DASH}{_GAP}(?P<date>{DATE}),?{_GAP}{_DASH}?{_MAYBE_GAP}(?P<local>{_CLOCK}){_MAYBE_GAP}"
    rf"(?:\([^()]{{0,40}}\))?[^\S\n]*+",
    re.IGNORECASE,
)
_DAY = 24 * 60


class TimeMark(Struct, frozen=True, kw_only=True):
    """One mark as it stands: `local` and `gmt` in minutes of the day, None where missing or no time at all."""

    line: int
    where: str
    text: str
    day: date | None
    local: int | None
    gmt: int | None


class Clock(Struct, frozen=True, kw_only=True):
    """The marks understood: `times` in UTC, in the order of the file.

    `ahead` is how many minutes the clock that the page was seen by is ahead of GMT, None where it is not one number.
    """

    times: list[datetime]
    ahead: int | None = None


def marks_in(line: str) -> Iterator[re.Match[str]]:
    whole = _HALF_MARK.fullmatch(line)
    if whole is not None and _MARK.search(line) is None:
        yield whole
    else:
        yield from _MARK.finditer(line)


def mark_from(match: re.Match[str], line: int, where: str) -> TimeMark:
    found = match.groupdict()
    return TimeMark(
        line=line,
        where=where,
        text=match[0].strip(),
        day=day_from(found.get("date") or ""),
        local=_minutes(found.get("local") or ""),
        gmt=_minutes(found.get("gmt") or ""),
    )


def day_from(text: str) -> date | None:
    parts = re.findall(r"[^\W_]+", text)
    if len(parts) != 3:
        return None
    digits = re.match(r"\d+", parts[0], re.ASCII)
    month = _MONTHS.get(parts[1][:3].casefold())
    try:
        return date(int(parts[2]), month, int(digits[0])) if digits and month and int(parts[2]) >= 1970 else None
    except ValueError:
        return None


def _minutes(text: str) -> int | None:
    match = re.match(r"(\d{1,2})[:.](\d{2})\s?([ap])?", text, re.IGNORECASE)
    if match is None:
        return None
    hours, minutes, half = int(match[1]), int(match[2]), (match[3] or "").casefold()
    if minutes > 59 or hours > (12 if half else 23):
        return None
    return (hours % 12 + 12 * (half == "p") if half else hours) * 60 + minutes


def understood(marks: Sequence[TimeMark], ledger: Ledger, *, published_on: date | None = None) -> Clock:
    """`marks` in the order of the file, most often newest first. Raises ImportFormatError when none has a date."""
    offsets = [_offset(mark.local, mark.gmt) for mark in marks]
    usual = Counter(offset for offset in offsets if offset is not None).most_common(1)
    offset = usual[0][0] if usual else None
    by_local = [_from_local_day(mark, own, offset) for mark, own in zip(marks, offsets, strict=True)]
    by_gmt = [_at(mark.day, mark.gmt) if mark.gmt is not None else by_local[i] for i, mark in enumerate(marks)]
    known = by_local
    if _disorder(by_gmt) < _disorder(by_local):
        known = by_gmt
        ledger.assumed("page", "the dates were taken as dates in GMT: as local ones they would be out of order")
    for mark, own in zip(marks, offsets, strict=True):
        if own is not None and own % 15:
            message = "the two times are no time zone apart; the one in GMT was taken"
            ledger.assumed(mark.where, message, line=mark.line, excerpt=mark.text)
        if mark.gmt is None and mark.local is not None and mark.day is not None:
            taken = "the page's clock" if offset is not None else "GMT"
            ledger.assumed(mark.where, f"no time in GMT is given; the other was taken as {taken}", line=mark.line)
    times = _completed(marks, known, ledger, published_on)
    seen = {own for own in offsets if own is not None}
    if seen - {0}:
        shown = ", ".join(f"GMT{own // 60:+d}:{own % 60:02d}" if own >= 0 else _behind(own) for own in sorted(seen))
        message = f"the first time of each mark is by a reader's clock, at {shown}; the one in GMT was taken"
        ledger.left_out("page", message)
    return Clock(times=times, ahead=seen.pop() if len(seen) == 1 else None)


def _behind(own: int) -> str:
    return f"GMT-{-own // 60}:{-own % 60:02d}"


def _offset(local: int | None, gmt: int | None) -> int | None:
    """Minutes that the clock of whoever saw the page is ahead of GMT: from 10 hours behind to 14 hours ahead."""
    if local is None or gmt is None:
        return None
    ahead = (local - gmt) % _DAY
    return ahead if ahead < 14 * 60 else ahead - _DAY


def _from_local_day(mark: TimeMark, own: int | None, usual: int | None) -> datetime | None:
    ahead = own if own is not None else usual or 0
    if mark.local is None:
        return _at(mark.day, mark.gmt)
    local = _at(mark.day, mark.local)
    return None if local is None else local - timedelta(minutes=ahead)


def _at(day: date | None, minutes: int | None) -> datetime | None:
    if day is None or minutes is None:
        return None
    return datetime.combine(day, time(minutes // 60, minutes % 60), UTC)


def _disorder(times: Sequence[datetime | None]) -> int:
    known = [moment for moment in times if moment is not None]
    return min(sum(b > a for a, b in pairwise(known)), sum(b < a for a, b in pairwise(known)))


def _completed(
    marks: Sequence[TimeMark], known: Sequence[datetime | None], ledger: Ledger, published_on: date | None
) -> list[datetime]:
    """From the bottom of the page, where the oldest entry stands, upwards: each takes its day from the one below."""
    first = next((moment for moment in reversed(known) if moment is not None), None)
    below = first or _at(published_on, 0)
    if below is None:
        mark = marks[0]
        raise ImportFormatError(
            f"Line {mark.line}: {mark.text!r} gives no date that can be read, and no other entry does. "
            "Expected as in: - 28 Sep 2023 - 16:27(16:27 GMT)"
        )
    times: list[datetime] = []
    for mark, moment in zip(reversed(marks), reversed(known), strict=True):
        if moment is None:
            moment = below
            if mark.gmt is not None:
                same_day = datetime.combine(below.date(), time(mark.gmt // 60, mark.gmt % 60), UTC)
                # An entry without a day stands above one with: it is later, past midnight if need be.
                moment = same_day if same_day >= below or not times else same_day + timedelta(days=1)
            ledger.assumed(
                mark.where,
                f"the date or time cannot be read; {moment:%Y-%m-%d %H:%M} GMT was taken from the entries around it",
                line=mark.line,
                excerpt=mark.text,
            )
        times.append(moment)
        below = moment
    return times[::-1]
