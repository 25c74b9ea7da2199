"""import and export."""

from __future__ import annotations

import json
import time
from collections.abc import Container
from pathlib import Path
from typing import Any

import pytest

from .conftest import Cli

REAL = Path(__file__).resolve().parents[3] / "shared" / "real"


def own_export(coverage: str, count: int, gap_s: int = 60) -> dict[str, Any]:
    """A closed page in our own format, with one entry withdrawn and one pinned."""
    entries: list[dict[str, Any]] = [
        {
            "id": f"e{n:04d}",
            "revision": 1,
            "status": "published",
            "display_at": f"2026-11-2{n * gap_s // 86_400}T{n * gap_s % 86_400 // 3600:02d}:"
            f"{n * gap_s % 3600 // 60:02d}:{n * gap_s % 60:02d}.000Z",
            "blocks": [{"type": "text", "html": f"<p>Number {n}</p>"}],
        }
        for n in range(count)
    ]
    entries[0] |= {"status": "retracted", "retraction": {"at": "2026-11-20T12:00:00.000Z", "reason": "Denied."}}
    entries[1]["blocks"].append({"type": "image", "url": "https://example.org/a.jpg", "alt": "A house"})
    head = {"id": coverage, "title": f"Page {coverage}", "status": "ended", "language": "en", "visibility": "public"}
    head |= {"pin": "e0001", "ended_at": "2026-11-20T20:00:00.000Z"}
    return {"format": "feed-coverage", "version": 1, "coverage": head, "entries": entries}


def written(cli: Cli, document: dict[str, Any]) -> str:
    path = cli.directory / "page.json"
    path.write_text(json.dumps(document))
    return str(path)


def timeline(
    cli: Cli, coverage: str, own: Container[str] = ("published_at", "updated_at", "revision", "retraction")
) -> list[Any]:
    """Entries without what a server gives by itself."""
    return [{name: value for name, value in entry.items() if name not in own} for entry in cli.entries(coverage)]


def test_a_page_is_brought_in_whole(cli: Cli) -> None:
    file = written(cli, own_export("whole", 250))
    report = cli.run("import", file, "--coverage", "whole", "--json").document
    assert (report["created"], len(report["published"]), report["images"], report["ended"]) == (True, 250, 1, True)
    head = cli.head("whole")
    assert (head["status"], head["pin"], head["title"]) == ("ended", "e0001", "Page whole")
    entries = cli.entries("whole")
    assert [entry["id"] for entry in entries] == [f"e{n:04d}" for n in range(250)]
    assert entries[0]["retraction"]["reason"] == "Denied."


def test_bringing_it_in_twice_has_no_second_effect(cli: Cli) -> None:
    file = written(cli, own_export("twice", 5))
    first = cli.run("import", file, "--json").document
    before = cli.head(first["coverage"]), cli.entries(first["coverage"])
    again = cli.run("import", file, "--json").document
    assert again["coverage"] == first["coverage"]
    assert (again["created"], again["published"], again["existing"]) == (False, [], first["published"])
    assert (cli.head(first["coverage"]), cli.entries(first["coverage"])) == before
    assert "already there 5" in cli.run("import", file).out


def test_an_import_that_broke_off_is_completed(cli: Cli) -> None:
    document = own_export("half", 6)
    whole = document["entries"]
    part = document | {"entries": whole[:3], "coverage": document["coverage"] | {"status": "live"}}
    cli.run("import", written(cli, part), "--coverage", "half")
    report = cli.run("import", written(cli, document), "--coverage", "half", "--json").document
    assert report["existing"] == ["e0000", "e0001", "e0002"]
    assert report["published"] == ["e0003", "e0004", "e0005"]
    assert len(cli.entries("half")) == 6


def test_an_entry_that_was_taken_down_stays_down(cli: Cli) -> None:
    document = own_export("down", 3)
    document["coverage"]["status"] = "live"
    file = written(cli, document)
    cli.run("import", file, "--coverage", "down")
    cli.run("delete", "down", "e0002")
    report = cli.run("import", file, "--coverage", "down", "--json").document
    assert report["existing"] == ["e0000", "e0001", "e0002"]
    assert [entry["id"] for entry in cli.entries("down")] == ["e0000", "e0001"]


def test_an_export_brings_the_same_timeline_back(cli: Cli) -> None:
    cli.run("import", written(cli, own_export("there", 20)), "--coverage", "there")
    cli.run("revise", "there", "e0002", "--text", "Better", "--correction", "It was worse.")
    cli.run("revise", "there", "e0003", "--headline", "Better")
    cli.run("export", "there", "--output", "out.json")
    cli.run("import", str(cli.directory / "out.json"), "--coverage", "back")
    assert timeline(cli, "back", own={"revision"}) == timeline(cli, "there", own={"revision"})
    revisions = json.loads((cli.directory / "out.json").read_text())["revisions"]
    assert {entry: len(history) for entry, history in revisions.items()} == {"e0000": 2, "e0002": 2, "e0003": 2}


def test_a_replay_keeps_the_gaps_but_nobody_waits_long(cli: Cli) -> None:
    document = own_export("replay", 4, gap_s=60)
    began = time.monotonic()
    cli.run("import", written(cli, document), "--coverage", "replay", "--speed", "120")
    assert time.monotonic() - began >= 1.5
    assert len(cli.entries("replay")) == 4


def test_what_was_left_out_is_listed_with_its_place(cli: Cli) -> None:
    document = own_export("notes", 3)
    document["entries"][2] = {"id": "empty", "display_at": "2026-11-22T00:00:00.000Z", "revision": 7}
    file = written(cli, document)
    report = cli.run("import", file, "--dry-run", "--json").document
    assert [note["kind"] for note in report["notes"] if note["where"] == "entry 3" and note["excerpt"]] == ["left_out"]
    shown = cli.run("import", file, "--dry-run").out
    assert "left out" in shown
    assert "entry 3" in shown
    assert "notes" not in [one["id"] for one in cli.run("list", "--json").lines]


def test_a_file_that_is_no_live_page_is_refused_with_what_is_allowed(cli: Cli) -> None:
    file = cli.directory / "letter.txt"
    file.write_text("Dear Sir or Madam,\n")
    refused = cli.run("import", str(file), code=1)
    assert "livepage" in refused.err
    cli.run("import", str(file), "--format", "nonsense", code=1)
    cli.run("import", "no-such-file", code=2)


@pytest.mark.parametrize(("format_", "start"), [("html", "<!doctype html>"), ("jsonfeed", "{")])
def test_other_formats_are_for_reading(cli: Cli, format_: str, start: str) -> None:
    coverage = cli.create()
    cli.publish(coverage, headline="Here <it> is")
    shown = cli.run("export", coverage, "--format", format_).out
    assert shown.lower().startswith(start)
    assert "Here" in shown


@pytest.mark.skipif(not REAL.is_dir(), reason="the real pages are not part of the project")
@pytest.mark.parametrize("name", ["aljazeera_2023-09-28.txt", "guardian_live_pmqs_2023.json"])
def test_a_real_page_comes_in_whole(cli: Cli, name: str) -> None:
    report = cli.run("import", str(REAL / name), "--json").document
    assert report["refused"] == {}
    assert len(report["published"]) + len(report["existing"]) == report["entries"] >= 20
    assert len(cli.entries(report["coverage"])) == report["entries"]
