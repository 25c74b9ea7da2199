"""What a write brought about, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from .console import done, print_json, wants_json
from .prose import clean

_ON_DISK = {
    "always": "on disk",
    "everysec": "on disk within a second",
    "no": "in memory, on disk when the system likes",
    "unknown": "kept as the store is set up",
}


def durability_in_words(durability: Mapping[str, Any] | None) -> str:
    if not durability:
        return ""
    replicas = durability.get("replicas", 0)
    copies = f"on {replicas} replica{'s' if replicas != 1 else ''}" if replicas else "no replica"
    return f"{_ON_DISK.get(str(durability.get('fsync')), _ON_DISK['unknown'])}, {copies}"


def print_entry_receipt(what: str, receipt: Mapping[str, Any], url: str, coverage: str, as_json: bool) -> None:
    if wants_json(as_json):
        print_json(receipt)
        return
    entry = receipt["entry"]
    again = " (already done before: nothing new happened)" if receipt.get("replayed") else ""
    headline = entry.get("headline")
    page = None if entry["status"] == "deleted" else f"{url.rstrip('/')}/c/{coverage}/e/{entry['id']}"
    done(
        f"{what}{again}",
        Text(clean(headline)) if headline else None,
        facts(
            entry=entry["id"],
            revision=entry.get("revision"),
            cursor=receipt["cursor"],
            durability=durability_in_words(receipt.get("durability")),
        ),
        link(page),
    )


def print_coverage_receipt(what: str, coverage: Mapping[str, Any], url: str, as_json: bool) -> None:
    if wants_json(as_json):
        print_json(coverage)
        return
    successor = coverage.get("successor")
    done(
        what,
        Text(clean(coverage["title"])),
        facts(
            coverage=coverage["id"],
            status=coverage["status"],
            revision=coverage["revision"],
            cursor=coverage.get("cursor"),
        ),
        Text(clean(f"continues at {successor['url']}"), "dim") if successor else None,
        link(f"{url.rstrip('/')}/c/{coverage['id']}") if coverage["visibility"] != "private" else None,
    )


def facts(**values: object) -> Text:
    """``name value`` pairs on one line."""
    line = Text()
    for name, value in values.items():
        if value in (None, ""):
            continue
        if line.plain:
            line.append("  ·  ", "dim")
        line.append(f"{name} ", "dim").append(clean(str(value)))
    return line


def link(address: str | None) -> Text | None:
    return None if address is None else Text(clean(address), f"cyan underline link {clean(address)}")
