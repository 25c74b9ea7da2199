"""Time zones by the names that IANA gives them, which are those that browsers know."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo


def zone_named(name: str | None) -> ZoneInfo | None:
    """None where there is no such zone: not for whatever else the machine has a file for, such as ``localtime``."""
    if name is None or name not in _names():
        return None
    return _zone(name)


@cache
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # the machine has a file of that name that is none of a zone
        return None


@cache
def _names() -> frozenset[str]:
    """With the older ones, such as US/Eastern. Not Factory, which stands for a clock that nobody has set."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()) - {"Factory"}
