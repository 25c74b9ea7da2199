"""Times as files write them: ISO 8601 in its variants, RFC 822, seconds or milliseconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from feed.model import Moment, moment_from

_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9998, 12, 30, tzinfo=UTC)
# A number beyond this is milliseconds: as seconds it would be the year 5138.
_MILLISECONDS_FROM = 100_000_000_000
_DAY = re.compile(r"\d{4}-?\d{2}-?\d{2}", re.ASCII)


class Reading(NamedTuple):
    """`assumption` says what the text left open."""

    moment: Moment
    assumption: str | None = None


def moment_of(value: object) -> Reading | None:
    """None where `value` is no time between the years 1970 and 9998, the bounds of an entry's time."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _from_number(value)
    if not isinstance(value, str) or len(value) > 100 or not (text := value.strip()):
        return None
    when = _from_iso(text) or _from_mail(text)
    if when is None:
        return None
    assumption = None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
        assumption = (
            "a day without a time is taken as its start in UTC"
            if _DAY.fullmatch(text)
            else "a time without a zone is taken as UTC"
        )
    return _bounded(when, assumption)


def _from_number(value: float) -> Reading | None:
    seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
    try:
        return _bounded(datetime.fromtimestamp(seconds, UTC), None)
    except (OverflowError, ValueError, OSError):
        return None


def _from_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _from_mail(text: str) -> datetime | None:
    # Its errors are not documented beyond ValueError; a hostile date also makes it index and overflow.
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _bounded(when: datetime, assumption: str | None) -> Reading | None:
    try:
        when = when.astimezone(UTC)
    except OverflowError:
        return None
    return Reading(moment_from(when), assumption) if _EARLIEST <= when <= _LATEST else None
