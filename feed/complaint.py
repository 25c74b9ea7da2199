"""What is wrong with a producer's input, in words: which field, what is allowed there."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import msgspec

from .errors import InvalidInput

_AT = re.compile(r" - at `(?:key in )?\$(.*)`$")
_NAMED = re.compile(r"^Object (contains unknown|missing required) field `(.*)`$")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(?:\d+|\.\.\.)\]")
# Validation knows a pattern; people get words.
_IN_WORDS = {
    "^(https?://": "an http or https address, or a path on this site that begins with /",
    r"^(?!\\.{1,2}$)[A-Za-z0-9_.:": "letters, digits and _ . : - only, and not dots alone",
    "^[A-Za-z0-9][A-Za-z0-9_": "letters, digits, _ and -, beginning with a letter or a digit",
    "^[A-Za-z]{2,8}": "a language tag such as en or pt-BR",
    "^(admin|": "admin, publish:<coverage pattern> or read:<coverage pattern>",
    "^[A-Za-z0-9_+": "an IANA time zone such as Europe/Paris",
}

_TIME = "a time with its zone, as in 2026-11-23T09:30:00Z"
_PLAIN = {
    "`": "",
    "datetime with a timezone component": "datetime",
    "datetime | null": "datetime",
    "Expected datetime": f"Expected {_TIME}",
    "Invalid RFC3339 encoded datetime": f"Expected {_TIME}",
    "Expected str": "Expected text",
    "got str": "got text",
}


def explain(message: str, type_: Any) -> InvalidInput:
    """`message` is what msgspec said when a value did not fit `type_`."""
    at = _AT.search(message)
    path = at[1].lstrip(".") if at else ""
    said = message[: at.start()] if at else message
    named = _NAMED.match(said)
    if named:
        field = f"{path}.{named[2]}" if path else named[2]
        if named[1].startswith("missing"):
            return InvalidInput(f"The field {field!r} is missing.", field=field)
        allowed = _allowed(type_, path, "properties")
        return InvalidInput(f"There is no field {field!r}.{_listing(allowed)}", field=field, allowed=allowed or None)
    field = path or "body"
    if said.startswith("Invalid"):
        allowed = _allowed(type_, path, "values")
        return InvalidInput(f"{field}: {_plain(said)}.{_listing(allowed)}", field=field, allowed=allowed or None)
    for start, words in _IN_WORDS.items():
        if f"matching regex '{start}" in said:
            return InvalidInput(f"{field}: expected {words}.", field=field)
    return InvalidInput(f"{field}: {_plain(said)}.", field=field)


def _plain(said: str) -> str:
    for theirs, ours in _PLAIN.items():
        said = said.replace(theirs, ours)
    return said[:1].lower() + said[1:]


def _listing(allowed: list[Any]) -> str:
    return f" Allowed: {', '.join(map(str, allowed))}." if allowed else ""


def _allowed(type_: Any, path: str, what: str) -> list[Any]:
    nodes = [_schema(type_)]
    for step in _STEP.finditer(path):
        inner = [child for node in nodes for child in _flat(type_, node)]
        if step[1] is None:
            nodes = [node["items"] for node in inner if "items" in node]
        else:
            nodes = [node["properties"][step[1]] for node in inner if step[1] in node.get("properties", {})]
    found: dict[Any, None] = {}
    for leaf in (child for node in nodes for child in _flat(type_, node)):
        found.update(dict.fromkeys(leaf.get("properties", ()) if what == "properties" else leaf.get("enum", ())))
    return sorted(found, key=str)


def _flat(type_: Any, node: dict[str, Any]) -> list[dict[str, Any]]:
    """The node with its references and alternatives followed."""
    if "$ref" in node:
        definition = _schema(type_)["$defs"][node["$ref"].rsplit("/", 1)[1]]
        return _flat(type_, definition)
    if "anyOf" in node:
        return [inner for option in node["anyOf"] for inner in _flat(type_, option)]
    return [node]


@cache
def _schema(type_: Any) -> dict[str, Any]:
    return msgspec.json.schema(type_)
