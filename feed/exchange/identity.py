"""Ids of entries out of what a file calls them. The same file always gives the same ids."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urlsplit

from .ledger import Ledger

# As feed.model.entry.EntryId, but never "." or "..", which addresses would swallow.
_FITTING = re.compile(r"(?!\.+$)[A-Za-z0-9_.:\-]{1,120}", re.ASCII)


def identifier(name: str) -> str:
    """`name` itself where it fits; of an address its fragment or last step; else a digest of it."""
    name = name.strip()
    if _FITTING.fullmatch(name):
        return name
    short = _end_of_address(name)
    if short and _FITTING.fullmatch(short):
        return short
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:20]


def _end_of_address(name: str) -> str:
    try:
        address = urlsplit(name)
    except ValueError:
        return ""
    if address.fragment:
        return address.fragment
    if not address.scheme or address.query:
        return ""
    return address.path.rstrip("/").rpartition("/")[2]


class Identities:
    """Sees to it that no two entries of a file share an id."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._taken: dict[str, int] = {}

    def take(self, name: str, where: str) -> str:
        wanted = identifier(name)
        candidate, again = wanted, self._taken.get(wanted, 0)
        while candidate in self._taken:
            again += 1
            candidate = f"{wanted}-{again + 1}"
        self._taken[wanted] = again
        self._taken.setdefault(candidate, 0)
        if candidate != wanted:
            self._ledger.changed(where, f"the id {wanted} was taken already, so this entry became {candidate}")
        return candidate
