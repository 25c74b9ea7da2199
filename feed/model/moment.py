"""Points in time: RFC 3339 in UTC with milliseconds, always 24 characters, so that text order is time order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NewType

Moment = NewType("Moment", str)
"""As in ``2026-11-23T03:33:00.123Z``."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_from_ms(ms: int) -> Moment:
    """`ms` since 1970, at most the year 9999."""
    return moment_from(_EPOCH + timedelta(milliseconds=ms))


def moment_from(when: datetime) -> Moment:
    """`when` must carry its zone; what is finer than a millisecond is cut off."""
    return Moment(when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z")


def moment_to_ms(moment: Moment) -> int:
    return round((datetime.fromisoformat(moment) - _EPOCH).total_seconds() * 1000)
