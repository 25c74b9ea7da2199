"""Format ``feed``: our own export, complete enough to bring the same timeline back.

{"format": "feed-coverage", "version": 1,
 "coverage": {as readers get it}, "entries": [as readers get them, oldest first],
 "revisions": {an entry's id: [its public history, oldest first]}?}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from feed.errors import ImportFormatError

from .delivery import delivered
from .fields import LINE, Fields
from .imported import Imported
from .ledger import Ledger
from .source import decoded, json_document

FORMAT = "feed-coverage"
VERSION = 1

_HEAD = (
    "title", "summary", "key_points", "language", "timezone", "starts_at", "visibility", "image", "links", "labels",
    "authors", "adverts", "created_at", "started_at",
)  # fmt: skip
_ENTRY = (
    "id", "headline", "blocks", "display_at", "authors", "labels", "key_event", "kind", "importance", "verification",
    "language", "published_at", "updated_at", "corrections",
)  # fmt: skip
# What the server writes by itself, and what becomes something else than a field of a draft.
_HEAD_ELSEWHERE = {"status", "pin", "ended_at", "successor"}
_ENTRY_ELSEWHERE = {"status", "retraction"}


def export_json(
    coverage: Mapping[str, Any],
    entries: Iterable[Mapping[str, Any]],
    *,
    revisions: Mapping[str, Sequence[Any]] | None = None,
) -> bytes:
    """UTF-8, indented. `coverage`, `entries` and `revisions` as readers get them, entries in any order.

    `revisions` are for who keeps the file: the server that it is brought into begins a history of its own.
    """
    document: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "coverage": coverage,
        "entries": sorted(entries, key=lambda entry: (entry["display_at"], entry["id"])),
    }
    if revisions:
        document["revisions"] = revisions
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def read(data: bytes, *, name: str = "") -> Imported:
    ledger = Ledger()
    document = json_document(decoded(data)[0])
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ImportFormatError(f'The file is no export of a coverage: it does not say "format": "{FORMAT}".')
    if document.get("version") != VERSION:
        raise ImportFormatError(
            f"The export has version {str(document.get('version'))[:40]}, and only version {VERSION} can be read. "
            "Export it again with this release, or import it with the one that wrote it."
        )
    coverage, listed = document.get("coverage"), document.get("entries")
    if not isinstance(coverage, dict) or not isinstance(listed, list):
        raise ImportFormatError("The export is not whole: it needs a coverage (an object) and entries (a list).")
    for field in document.keys() - {"format", "version", "coverage", "entries"}:
        ledger.left_out("file", f"the part {field} is not brought in", excerpt=str(document[field]))
    _note_rest(coverage, {*_HEAD, *_HEAD_ELSEWHERE}, "page head", ledger)
    entries: dict[str, dict[str, Any]] = {}
    retractions: dict[str, dict[str, Any]] = {}
    for number, entry in enumerate(listed, 1):
        draft = _draft(entry, number, ledger)
        if draft["id"] in entries:
            raise ImportFormatError(f"Two entries of the export have the id {draft['id']!r}.")
        if not draft.get("headline") and not draft.get("blocks"):
            ledger.left_out(f"entry {number}", "neither a headline nor a block in it", excerpt=draft["id"])
            continue
        entries[draft["id"]] = draft
        if entry.get("status") == "retracted":
            retractions[draft["id"]] = _retraction(entry, f"entry {number}", ledger)
    ordered = sorted(entries.values(), key=lambda draft: (draft["display_at"], draft["id"]))
    pin = coverage.get("pin")
    return delivered(
        "feed",
        ledger,
        coverage={field: coverage[field] for field in _HEAD if coverage.get(field) is not None},
        entries=ordered,
        retractions=retractions,
        pin=pin if isinstance(pin, str) else None,
        ending=_ending(coverage, ordered, ledger),
    )


def _draft(entry: Any, number: int, ledger: Ledger) -> dict[str, Any]:
    where = f"entry {number}"
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise ImportFormatError(f"entries[{number - 1}] is no entry: it needs an id, a text.")
    display_at = Fields(ledger, where).moment(entry.get("display_at"), "display_at")
    if display_at is None:
        raise ImportFormatError(f"entries[{number - 1}] has no display_at such as 2026-11-23T09:30:00.000Z.")
    _note_rest(entry, {*_ENTRY, *_ENTRY_ELSEWHERE}, where, ledger)
    draft = {field: entry[field] for field in _ENTRY if entry.get(field) is not None}
    return draft | {"display_at": display_at}


def _note_rest(given: dict[str, Any], known: set[str], where: str, ledger: Ledger) -> None:
    for field in given:
        if field not in known:
            ledger.repeated("left_out", where, f"the field {field}: the server gives its own")


def _retraction(entry: dict[str, Any], where: str, ledger: Ledger) -> dict[str, Any]:
    given = entry.get("retraction")
    if not isinstance(given, dict):
        given = {}
    reason = given.get("reason")
    if not isinstance(reason, str) or not 0 < len(reason.strip()) <= LINE:
        ledger.assumed(where, "it is retracted without a reason that can be kept", excerpt=str(reason or ""))
        reason = "Retracted"
    at = Fields(ledger, where).moment(given.get("at"), "retraction.at")
    return {"reason": reason} if at is None else {"reason": reason, "at": at}


def _ending(coverage: dict[str, Any], entries: list[dict[str, Any]], ledger: Ledger) -> dict[str, Any] | None:
    if coverage.get("status") != "ended":
        return None
    ended_at = Fields(ledger, "page head").moment(coverage.get("ended_at"), "ended_at")
    if ended_at is None and entries:
        ended_at = entries[-1]["display_at"]
        ledger.assumed("page head", f"it ended, but not said when; {ended_at}, its newest entry's time, was taken")
    successor = coverage.get("successor")
    return {name: value for name, value in (("ended_at", ended_at), ("successor", successor)) if value is not None}
