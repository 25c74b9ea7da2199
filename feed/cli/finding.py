"""A finding: one thing that doctor looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`mend` is what to do about it, where there is something to do."""

    what: str
    state: State
    found: str
    mend: str = ""
