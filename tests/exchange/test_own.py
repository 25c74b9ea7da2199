"""Our own export and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from feed.errors import ImportFormatError
from feed.exchange import Imported, export_json, own

from .samples import notes

COVERAGE: dict[str, Any] = {
    "id": "marrowmere",
    "title": "Marrowmere flood",
    "status": "ended",
    "visibility": "unlisted",
    "language": "en-GB",
    "timezone": "Europe/London",
    "adverts": {"every": 5, "label": "Sponsored", "height": 300},
    "summary": "Water in the <em>lower</em> town.",
    "key_points": ["The spillway is <strong>closed</strong>."],
    "image": {"url": "https://courier.example/dam.jpg", "alt": "A dam", "credit": "Mira Sol"},
    "links": [{"url": "https://courier.example/dam", "title": "The dam", "kind": "story"}],
    "labels": ["floods"],
    "authors": [{"name": "Ana Roe"}],
    "pin": "b",
    "created_at": "2026-03-12T12:00:00.000Z",
    "started_at": "2026-03-12T13:00:00.000Z",
    "updated_at": "2026-03-12T17:00:00.000Z",
    "ended_at": "2026-03-12T17:00:00.000Z",
    "successor": {"title": "The day after", "url": "https://courier.example/live/after"},
    "revision": 9,
}


def entry(name: str, minute: int, **fields: Any) -> dict[str, Any]:
    at = f"2026-03-12T15:{minute:02d}:00.000Z"
    return {
        "id": name,
        "revision": 1,
        "status": "published",
        "blocks": [{"type": "text", "html": f"<p>{name}</p>"}],
        "display_at": at,
        "published_at": at,
        "updated_at": at,
    } | fields


ENTRIES = [
    entry(
        "c",
        30,
        status="retracted",
        retraction={"at": "2026-03-12T16:00:00.000Z", "reason": "It was another dam."},
    ),
    entry("b", 20, headline="Gate", key_event=True, kind="summary", importance=3, labels=["dam"], language="cy"),
    entry("a", 20, verification={"status": "claim", "by": "The council"}, authors=[{"name": "Luca Brand"}]),
]


def imported(document: Any = None, **changes: Any) -> Imported:
    whole = json.loads(export_json(COVERAGE, ENTRIES)) if document is None else document
    return own.read(json.dumps(whole | changes if isinstance(whole, dict) else whole).encode())


class TestThereAndBack:
    def test_entries_come_back_in_order_with_all_their_fields(self) -> None:
        entries = imported().entries
        assert [entry["id"] for entry in entries] == ["a", "b", "c"]
        given = {one["id"]: one for one in ENTRIES}
        for draft in entries:
            kept = {name: value for name, value in given[draft["id"]].items() if name in draft}
            assert draft == kept
        assert entries[1].keys() == {
            "id", "headline", "blocks", "display_at", "labels", "key_event", "kind", "importance", "language",
            "published_at", "updated_at",
        }  # fmt: skip

    def test_the_head_comes_back(self) -> None:
        coverage = imported().coverage
        assert coverage == {
            name: value
            for name, value in COVERAGE.items()
            if name not in ("id", "status", "pin", "updated_at", "ended_at", "successor", "revision")
        }

    def test_pin_end_successor_and_retraction_come_back(self) -> None:
        back = imported()
        assert back.pin == "b"
        assert back.ending == {"ended_at": COVERAGE["ended_at"], "successor": COVERAGE["successor"]}
        assert back.retractions == {"c": {"reason": "It was another dam.", "at": "2026-03-12T16:00:00.000Z"}}

    def test_a_live_coverage_comes_back_live(self) -> None:
        document = json.loads(export_json({**COVERAGE, "status": "live"}, ENTRIES))
        assert imported(document).ending is None

    def test_what_the_server_gives_by_itself_is_named(self) -> None:
        found = notes(imported(), "left_out", about="gives its own")
        assert {note.message.split()[2].rstrip(":") for note in found} == {
            "id", "revision", "updated_at",
        }  # fmt: skip

    def test_the_notes_of_corrections_come_back(self) -> None:
        corrected = [entry("a", 1, corrections=[{"at": "2026-03-12T15:10:00.000Z", "note": "It was Thursday."}])]
        back = own.read(export_json(COVERAGE, corrected))
        assert back.entries[0]["corrections"] == corrected[0]["corrections"]

    def test_the_public_history_is_exported_and_noted_on_the_way_back(self) -> None:
        back = own.read(export_json(COVERAGE, ENTRIES, revisions={"a": [ENTRIES[0]]}))
        assert notes(back, "left_out", about="revisions")


class TestFaults:
    @pytest.mark.parametrize(
        ("document", "message"),
        [
            ({}, "no export of a coverage"),
            ([], "no export of a coverage"),
            ({"format": "feed-coverage", "version": 2}, "version 2, and only version 1"),
            ({"format": "feed-coverage", "version": 1, "coverage": {}}, "not whole"),
            ({"format": "feed-coverage", "version": 1, "coverage": {}, "entries": [1]}, r"entries\[0\] is no entry"),
            ({"format": "feed-coverage", "version": 1, "coverage": {}, "entries": []}, "page head: .*title"),
        ],
    )
    def test_a_file_that_is_no_export_is_refused(self, document: Any, message: str) -> None:
        with pytest.raises(ImportFormatError, match=message):
            imported(document)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"display_at": "today"}, r"entries\[0\] has no display_at"),
            ({"blocks": [{"type": "poem"}]}, r"In entry x: blocks\[0\]\.type: invalid value 'poem'\. Allowed: audio"),
            ({"id": "no/slash"}, "In entry no/slash: .*id"),
            ({"importance": 9}, "In entry x: importance: invalid enum value 9. Allowed: 1, 2, 3"),
        ],
    )
    def test_a_field_that_no_server_would_take_is_named(self, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(ImportFormatError, match=message):
            own.read(export_json(COVERAGE, [entry("x", 1, **changes)]))

    def test_two_entries_with_one_id_are_refused(self) -> None:
        with pytest.raises(ImportFormatError, match="Two entries of the export have the id 'a'"):
            own.read(export_json(COVERAGE, [entry("a", 1), entry("a", 2)]))

    def test_an_empty_entry_is_left_out_and_noted(self) -> None:
        back = own.read(export_json(COVERAGE, [*ENTRIES, entry("x", 1, blocks=[])]))
        assert len(back.entries) == 3
        assert notes(back, "left_out", about="neither a headline nor a block")

    def test_a_pin_on_nothing_is_noted(self) -> None:
        back = own.read(export_json({**COVERAGE, "pin": "gone"}, ENTRIES))
        assert back.pin is None
        assert notes(back, "left_out", about="pinned entry gone")

    def test_an_end_without_a_time_is_its_newest_entry(self) -> None:
        coverage = {name: value for name, value in COVERAGE.items() if name != "ended_at"}
        back = own.read(export_json(coverage, ENTRIES))
        assert back.ending is not None
        assert back.ending["ended_at"] == "2026-03-12T15:30:00.000Z"

    def test_a_retraction_without_a_reason_gets_one_and_is_noted(self) -> None:
        back = own.read(export_json(COVERAGE, [entry("a", 1, status="retracted")]))
        assert back.retractions == {"a": {"reason": "Retracted"}}
        assert notes(back, "assumed", about="without a reason")
