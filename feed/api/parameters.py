"""What the API's documents say of parameters: of paths, queries and headers, by their names."""

from __future__ import annotations

from typing import Any

import msgspec

from feed.live.query import DEFAULT_LIMIT, LARGEST_LIMIT
from feed.model.coverage import CoverageId
from feed.model.entry import EntryId

# The longest a poll may be held open.
LONGEST_WAIT_S = 30
_STATUS = "(scheduled|live|ended)"

_SCHEMAS: dict[str, dict[str, Any]] = {
    "coverage": msgspec.json.schema(CoverageId),
    "entry": msgspec.json.schema(EntryId),
    "token": {"type": "string", "pattern": "^[0-9a-f]{12}$"},
    "status": {"type": "string", "pattern": f"^({_STATUS}(,{_STATUS})*)?$"},
    "limit": {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": DEFAULT_LIMIT},
    "before": {"type": "string", "pattern": "^[0-9]{1,15}-[A-Za-z0-9_.:-]+$"},
    "after": {"type": "string", "pattern": "^([0-9]{1,19}-[0-9]{1,19})?$"},
    "wait": {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT_S, "default": 0},
    "Idempotency-Key": {"type": "string", "maxLength": 255},
    "If-Match": {"type": "string", "pattern": '^([*]|(W/)?"?[0-9]{1,9}"?)$'},
    "If-None-Match": {"type": "string"},
    "Last-Event-ID": {"type": "string", "pattern": "^([0-9]{1,19}-[0-9]{1,19})?$"},
}


def parameter(name: str, place: str, text: str) -> dict[str, Any]:
    """`place` is path, query or header."""
    required = {"required": True} if place == "path" else {}
    return {"name": name, "in": place, "description": text, "schema": _SCHEMAS[name]} | required
