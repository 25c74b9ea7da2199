"""The last step of every importer: nothing leaves that a server would refuse."""

from __future__ import annotations

from typing import Any

import msgspec

from feed.complaint import explain
from feed.content.characters import without_controls
from feed.drafts import CoverageDraft, Ending, EntryDraft, RetractionDraft
from feed.errors import ImportFormatError

from .imported import Imported
from .ledger import Ledger


def delivered(
    format_: str,
    ledger: Ledger,
    *,
    coverage: dict[str, Any],
    entries: list[dict[str, Any]],
    retractions: dict[str, dict[str, Any]] | None = None,
    pin: str | None = None,
    ending: dict[str, Any] | None = None,
) -> Imported:
    """`entries` oldest first. Raises ImportFormatError naming the field that cannot be mended here."""
    coverage = _fitting(coverage, CoverageDraft, "the page head")
    entries = [_fitting(entry, EntryDraft, f"entry {entry.get('id')}") for entry in entries]
    retractions = {
        id_: _fitting(retraction, RetractionDraft, f"the retraction of entry {id_}")
        for id_, retraction in (retractions or {}).items()
    }
    if ending is not None:
        ending = _fitting(ending, Ending, "the end")
    if pin is not None and all(entry["id"] != pin for entry in entries):
        ledger.left_out("page head", f"the pinned entry {pin} is not in the file")
        pin = None
    return Imported(
        format=format_,
        coverage=coverage,
        entries=entries,
        retractions=retractions,
        pin=pin,
        ending=ending,
        notes=ledger.notes(),
    )


def _fitting(draft: dict[str, Any], shape: type[msgspec.Struct], where: str) -> dict[str, Any]:
    draft = _cleaned(draft)
    try:
        msgspec.convert(draft, shape)
    except msgspec.ValidationError as error:
        raise ImportFormatError(f"In {where}: {explain(str(error), shape).detail}") from None
    return draft


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return without_controls(value)
    if isinstance(value, dict):
        return {without_controls(str(name)): _cleaned(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(inner) for inner in value]
    return value
