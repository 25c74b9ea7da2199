"""A place in a coverage's log."""

from __future__ import annotations

import re
from typing import NamedTuple, Self

from feed.errors import MalformedCursor

# A stream id is two unsigned 64-bit integers; 20 digits hold the largest.
_FORM = re.compile(r"([0-9]{1,20})-([0-9]{1,20})", re.ASCII)
_LARGEST = 2**64 - 1


class Cursor(NamedTuple):
    """The stream id that the store gave an event: milliseconds and a sequence number. Opaque to clients."""

    ms: int
    seq: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises MalformedCursor for anything but ``ms-seq``."""
        match = _FORM.fullmatch(text)
        if match is None or (ms := int(match[1])) > _LARGEST or (seq := int(match[2])) > _LARGEST:
            shown = text if len(text) <= 60 else text[:60] + "…"
            raise MalformedCursor(
                f"{shown!r} is no cursor. Send one that the server gave, such as 1700000000000-0, or none.",
                field="after",
            )
        return cls(ms, seq)

    def __str__(self) -> str:
        return f"{self.ms}-{self.seq}"
