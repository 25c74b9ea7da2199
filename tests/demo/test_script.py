"""The sample coverage: it keeps to its schema and to the API's, and shows every feature."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from feed.content import clean_blocks
from feed.demo import IMAGES
from feed.demo.script import Create, Publish, Step, load_script, steps
from feed.drafts import CoverageDraft, CoveragePatch, DeletionDraft, Ending, EntryDraft, EntryPatch, RetractionDraft
from feed.model import Block

START = datetime(2026, 11, 23, 9, 41, 17, 250_000, tzinfo=UTC)
SCRIPT = load_script()
STEPS = steps(SCRIPT, START)
BODIES: dict[str, type] = {
    "create": CoverageDraft,
    "publish": EntryDraft,
    "revise": EntryPatch,
    "retract": RetractionDraft,
    "delete": DeletionDraft,
    "pin": CoveragePatch,
    "unpin": CoveragePatch,
    "change": CoveragePatch,
    "end": Ending,
}


def _drafts() -> Iterator[tuple[Step, dict[str, Any]]]:
    """Every entry with the step that publishes it, the last one included."""
    for step in STEPS:
        if step.do == "publish":
            yield step, step.body
        elif step.do == "end":
            yield step, step.body["entry"]


def _html(draft: dict[str, Any]) -> str:
    blocks = [block.get("html", "") for block in draft.get("blocks", [])]
    return str(draft.get("html") or draft.get("markdown") or draft.get("text") or "\n".join(blocks))


def _entries(shows: Callable[[dict[str, Any]], object]) -> list[str]:
    return [draft["id"] for _, draft in _drafts() if shows(draft)]


def _written(pattern: str) -> list[str]:
    return _entries(lambda draft: re.search(pattern, _html(draft), re.DOTALL))


def _block(kind: str) -> list[str]:
    return _entries(lambda draft: any(block["type"] == kind for block in draft.get("blocks", [])))


def _link(kind: str) -> list[str]:
    return _entries(lambda draft: any(link["kind"] == kind for link in draft.get("links", [])))


def _done(do: str, *fields: str) -> list[str]:
    return [step.entry or step.path for step in STEPS if step.do == do and all(field in step.body for field in fields)]


# What a reader should have seen by the end, and where: the ids of the entries, or the paths of the requests.
FEATURES: dict[str, list[str]] = {
    "entry without headline": _entries(lambda draft: "headline" not in draft),
    "headline and paragraphs": _entries(lambda draft: "headline" in draft and _html(draft).count("<p>") > 1),
    "bulleted list": _written("<ul>"),
    "nested list": _written("<li>((?!</li>).)*<ul>"),
    "ordered list": _written("<ol>"),
    "quote with attribution": _entries(lambda draft: any(block.get("by") for block in draft.get("blocks", []))),
    "quote in html": _written("<blockquote>.*— "),
    "link in the text": _written('<a href="'),
    "table": _written("<table>.*<th>.*<td>"),
    "one picture": _entries(lambda draft: len(draft.get("images", [])) == 1),
    "gallery": _entries(lambda draft: len(draft.get("images", [])) in (2, 3)),
    "film": _block("video"),
    "video report": _link("video"),
    "sound": _block("audio"),
    "post from elsewhere": _block("embed"),
    "podcast": _link("podcast"),
    "related story": _link("story"),
    "related analysis": _link("report"),
    "markdown": _entries(lambda draft: "markdown" in draft),
    "plain text": _entries(lambda draft: "text" in draft),
    "byline": _entries(lambda draft: all("tagline" in author for author in draft["authors"])),
    "two authors": _entries(lambda draft: len(draft["authors"]) == 2),
    "a source named in words": _written(" told the Lantern|agency reports|the Water Office says"),
    "unverified claim": _entries(lambda draft: draft.get("verification", {}).get("status") == "unverified"),
    "claim by somebody": _entries(lambda draft: draft.get("verification", {}).get("by")),
    "claim that is confirmed later": [
        step.entry or ""
        for step in STEPS
        if step.do == "revise" and step.body.get("verification", {}).get("status") == "confirmed"
    ],
    "correction with its note": [
        step.entry or ""
        for step in STEPS
        if step.body.get("correction") and re.search(r"<del>.+</del>\s*<ins>.+</ins>", step.body["html"])
    ],
    "revised where it stands": _done("revise", "html"),
    "retraction with its reason": _done("retract", "reason"),
    "taken down": _done("delete", "reason"),
    "pinned": _done("pin", "pin"),
    "unpinned": _done("unpin"),
    "key event": _entries(lambda draft: draft.get("key_event")),
    "analysis": _entries(lambda draft: draft.get("kind") == "analysis"),
    "recap": _entries(lambda draft: draft.get("kind") == "summary"),
    "goodbye": _entries(lambda draft: draft.get("kind") == "wrap"),
    "highest importance": _entries(lambda draft: draft.get("importance") == 3),
    "label": _entries(lambda draft: draft.get("labels")),
    "key points change": _done("change", "key_points"),
    "title changes": _done("change", "title"),
    "standfirst changes": _done("change", "summary"),
    "end with a successor": _done("end", "successor"),
    "title in the past tense": [
        step.path for step in STEPS if step.do == "end" and re.search(r"\bheld\b", step.body["title"])
    ],
    "back-timed entry": [
        step.entry or "" for step in STEPS if step.do == "publish" and step.at_s and "display_at" in step.body
    ],
}


@pytest.mark.parametrize("feature", sorted(FEATURES))
def test_the_sample_shows_every_feature(feature: str) -> None:
    assert FEATURES[feature]


def test_the_sample_is_as_long_as_a_live_page_of_half_a_day() -> None:
    shown = len(list(_drafts())) - len(_done("delete"))
    assert 20 <= shown <= 26
    assert 4 <= len(FEATURES["key event"]) <= 6
    assert len(FEATURES["key points change"]) >= 2


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step.at_s:g}-{step.do}")
def test_the_api_takes_every_body(step: Step) -> None:
    body = msgspec.json.decode(msgspec.json.encode(step.body))
    msgspec.convert(body, BODIES[step.do])
    method = {"create": "POST", "publish": "POST", "retract": "POST", "end": "POST", "delete": "DELETE"}
    assert step.method == method.get(step.do, "PATCH")


def test_nothing_that_was_written_is_lost_when_it_is_sanitised() -> None:
    for _, draft in _drafts():
        blocks = msgspec.convert([{"type": "text", "html": _html(draft)}], tuple[Block, ...])
        kept = "".join(getattr(block, "html", "") + (getattr(block, "by", "") or "") for block in clean_blocks(blocks))
        assert _words(kept).issuperset(_words(_html(draft))), draft["id"]


def _words(html: str) -> set[str]:
    return set(re.findall(r"\w+", re.sub("<[^>]+>", " ", html)))


def test_ids_are_unique_and_every_step_is_about_an_entry_that_is_there() -> None:
    ids = [draft["id"] for _, draft in _drafts()]
    assert len(ids) == len(set(ids))
    known: set[str] = set()
    for step in STEPS:
        if step.do == "publish":
            known.add(str(step.entry))
        elif step.entry is not None:
            assert step.entry in known
        if step.do == "delete":
            known.remove(str(step.entry))


def test_links_within_the_site_lead_somewhere() -> None:
    text = msgspec.json.encode([step.body for step in STEPS]).decode().replace('\\"', '"')
    coverages = {step.body["id"] for step in STEPS if step.do == "create"}
    shown = {draft["id"] for _, draft in _drafts()} - {step.entry for step in STEPS if step.do == "delete"}
    led = set(re.findall(r'"(/[^"]*)"', text))
    for address in led:
        kind, *names = address.strip("/").split("/")
        if kind == "c":
            assert names[0] in coverages
            assert len(names) == 1 or (names[1] == "e" and names[2] in shown)
        else:
            assert kind == "demo"
            assert (IMAGES / names[0]).is_file()
    assert {"/c/eddersea-after-the-surge", "/demo/narrows.mp3", "/demo/gate-five.mp4"} <= led


def _pictures(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "alt" in value:
            yield value
        for part in value.values():
            yield from _pictures(part)
    elif isinstance(value, list):
        for part in value:
            yield from _pictures(part)


def test_every_picture_is_there_in_its_size_and_is_described() -> None:
    shown = [picture for step in STEPS for picture in _pictures(step.body)]
    for picture in shown:
        with Image.open(IMAGES / str(picture["url"]).removeprefix("/demo/")) as image:
            assert image.size == (picture["width"], picture["height"])
        assert len(picture["alt"]) > 60
        assert picture["credit"]
    sizes = {(picture["width"], picture["height"]) for picture in shown}
    assert any(height > width for width, height in sizes)
    assert any(width * 9 == height * 16 for width, height in sizes)
    names = {Path(str(picture["url"])).name for picture in shown} | {"gate-five-film.webp"}
    assert names == {file.name for file in IMAGES.glob("*.webp")}
    assert sum(file.stat().st_size for file in IMAGES.glob("*.webp")) < 900_000


def test_something_happens_every_few_seconds_until_the_end() -> None:
    times = [step.at_s for step in STEPS]
    assert times == sorted(times)
    assert SCRIPT.duration_s == times[-1] == sum(step.delay_s for step in STEPS)
    assert 150 <= SCRIPT.duration_s <= 210
    assert all(later - earlier <= 10 for earlier, later in pairwise(times))
    assert STEPS[-1].do == "end"
    assert [step.do for step in STEPS].count("end") == 1


def test_the_first_reader_finds_a_page_that_has_been_running_for_hours() -> None:
    there = [step for step in STEPS if step.at_s == 0 and step.do == "publish"]
    assert 5 <= len(there) <= 6
    shown = [datetime.fromisoformat(step.body["display_at"]) for step in there]
    assert shown == sorted(shown)
    assert START - timedelta(hours=8) < shown[0] < shown[-1] < START - timedelta(minutes=5)
    created = next(step.body for step in STEPS if step.do == "create" and step.body["id"] == SCRIPT.coverage)
    assert datetime.fromisoformat(created["started_at"]) <= shown[0]


def test_the_back_timed_entry_comes_to_stand_between_two_that_were_there() -> None:
    (late,) = FEATURES["back-timed entry"]
    shown = {step.entry: str(step.body.get("display_at", "")) for step in STEPS if step.do == "publish"}
    there = [shown[step.entry] for step in STEPS if step.do == "publish" and step.at_s == 0]
    assert max(there) < shown[late] < START.isoformat()


def test_the_successor_is_announced_for_tomorrow_on_the_hour() -> None:
    successor = next(step.body["successor"]["url"] for step in STEPS if step.do == "end")
    announced = next(step.body for step in STEPS if step.do == "create" and f"/c/{step.body['id']}" == successor)
    begins = datetime.fromisoformat(announced["starts_at"])
    assert begins.minute == begins.second == 0
    assert START + timedelta(hours=22) < begins <= START + timedelta(hours=24)


def test_the_head_changes_with_every_turn_of_the_night() -> None:
    titles = [step.body["title"] for step in STEPS if step.do in ("change", "end")]
    points = [tuple(step.body["key_points"]) for step in STEPS if step.do in ("change", "end")]
    assert len(set(titles)) == len(titles) >= 3
    assert len(set(points)) == len(points)
    assert all(3 <= len(point) <= 4 for point in points)


def test_every_step_can_be_told_in_one_line() -> None:
    for step in STEPS:
        assert step.says
        assert "\n" not in step.says
    assert STEPS[-1].says.startswith("ends: “Eddersea storm surge")


def test_lines_of_html_are_joined_and_the_script_itself_is_not_changed() -> None:
    before = msgspec.json.encode(SCRIPT)
    bodies = [step.body for step in steps(SCRIPT, START + timedelta(days=1))]
    assert all(not isinstance(body.get(key), list) for body in bodies for key in ("html", "markdown"))
    assert msgspec.json.encode(SCRIPT) == before


def test_a_field_that_is_misspelt_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "script.json"
    file.write_text('{"coverage": "a", "steps": [{"at_s": 0, "do": "pin", "entrry": "b"}]}')
    with pytest.raises(msgspec.ValidationError, match="entrry"):
        load_script(file)


def test_a_script_of_ones_own_is_read_the_same_way(tmp_path: Path) -> None:
    file = tmp_path / "script.json"
    file.write_text(
        '{"coverage": "a", "steps": ['
        '{"at_s": 0, "do": "create", "coverage": {"id": "a", "title": "A"}},'
        '{"at_s": 1.5, "do": "publish", "entry": {"id": "b", "html": ["<p>B</p>", "<p>C</p>"]}},'
        '{"at_s": 2, "do": "change", "change": {"key_points": ["B"]}},'
        '{"at_s": 3, "do": "end", "ending": {}}]}'
    )
    script = load_script(file)
    assert [type(act) for act in script.steps[:2]] == [Create, Publish]
    assert [(step.delay_s, step.says) for step in steps(script, START)] == [
        (0, "creates “A”"),
        (1.5, "publishes a short entry, b"),
        (0.5, "changes the head"),
        (1, "ends"),
    ]
    assert steps(script, START)[1].body == {"id": "b", "html": "<p>B</p>\n<p>C</p>"}
