"""Times as a page without script shows them: GMT, and beside it the newsroom's own zone where it has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from feed.model import Moment

from .words import fill


@dataclass(frozen=True)
class Clock:
    """Writes times in one coverage's words and zone. The script writes the same, and then adds the reader's zone."""

    words: Mapping[str, Any]
    zone: ZoneInfo | None = None

    @property
    def place(self) -> str:
        """``America/Argentina/Buenos_Aires`` is "Buenos Aires": a name readers know, unlike zone abbreviations."""
        return self.zone.key.rsplit("/", 1)[-1].replace("_", " ") if self.zone and self.zone.key else ""

    def date(self, moment: Moment) -> str:
        when = self._local(moment)
        return fill(self.words["date"], day=when.day, month=self.words["months"][when.month - 1], year=when.year)

    def own(self, moment: Moment) -> str:
        """``17:27 London``, or ``16:27 GMT`` where the newsroom has no zone."""
        local = self._local(moment)
        return f"{local:%H:%M} {self.place}" if self.zone else f"{local:%H:%M} GMT"

    def gmt(self, moment: Moment) -> str:
        """``(16:27 GMT)`` beside the newsroom's own time; else nothing."""
        return f"({datetime.fromisoformat(moment):%H:%M} GMT)" if self.zone else ""

    def same_day(self, one: Moment, other: Moment) -> bool:
        return self._local(one).date() == self._local(other).date()

    def _local(self, moment: Moment) -> datetime:
        return datetime.fromisoformat(moment).astimezone(self.zone or UTC)
