"""/v1/coverages/{id}/entries on a real server: publish, read, revise, retract, take down."""

from __future__ import annotations

import json
from typing import Any

import pytest

from feed.store.keys import coverage_keys
from tests.newsroom import Newsroom, problem

PICTURE = {"url": "https://example.org/a.jpg", "alt": "A"}


def ids(page: Any) -> list[str]:
    return [entry["id"] for entry in page["entries"]]


def types(changes: Any) -> list[str]:
    return [event["type"] for event in changes["events"]]


def test_a_published_entry_is_answered_as_readers_get_it(newsroom: Newsroom, coverage: str) -> None:
    before = newsroom.tip(coverage)
    answer = newsroom.ask(
        "POST", f"/v1/coverages/{coverage}/entries", {"headline": "H", "html": "<p>x<script>y</script>"}
    )
    assert answer.status_code == 201
    receipt = answer.json()
    entry = receipt["entry"]
    assert answer.headers["location"] == f"/v1/coverages/{coverage}/entries/{entry['id']}"
    assert receipt["durability"] == {"fsync": "everysec", "replicas": 0}
    assert (entry["revision"], entry["status"], entry["headline"]) == (1, "published", "H")
    assert entry["blocks"] == [{"type": "text", "html": "<p>x</p>"}]
    assert entry["display_at"] == entry["published_at"] == entry["updated_at"]
    assert not {"labels", "authors", "key_event", "kind", "importance", "corrections"} & set(entry)
    # The cursor of the receipt is the one that readers see.
    (event,) = newsroom.entries(coverage, after=before)["events"]
    assert (event["type"], event["cursor"], event["entry"]) == ("entry.published", receipt["cursor"], entry)
    assert event["prev"] == before
    assert newsroom.get(f"/v1/coverages/{coverage}/entries/{entry['id']}") == entry
    assert newsroom.entries(coverage) == {"entries": [entry], "cursor": receipt["cursor"], "next": None}


def test_everything_that_can_be_said_of_an_entry_comes_back(newsroom: Newsroom, coverage: str) -> None:
    fields: dict[str, Any] = {
        "id": "my:entry.1-a_b",
        "headline": "Headline",
        "display_at": "2026-11-23T03:33:00.123Z",
        "authors": [
            {"name": "N", "tagline": "T", "url": "https://example.org/n", "avatar": "https://example.org/n.png"}
        ],
        "labels": ["one", "two"],
        "key_event": True,
        "kind": "analysis",
        "importance": 3,
        "verification": {"status": "claim", "by": "police", "note": "n"},
        "language": "pt-BR",
    }
    blocks: list[dict[str, Any]] = [
        {"type": "text", "html": "<p>x</p>"},
        {"type": "quote", "html": "<p>q</p>", "by": "Q"},
        {"type": "image", **PICTURE, "caption": "c", "credit": "d", "width": 1, "height": 2},
        {"type": "gallery", "images": [PICTURE, {**PICTURE, "caption": "c"}]},
        {"type": "video", "url": "https://example.org/v.mp4", "title": "t", "poster": "https://example.org/p.jpg"},
        {"type": "audio", "url": "https://example.org/a.mp3", "caption": "c"},
        {"type": "embed", "url": "https://example.org/e", "provider": "p", "title": "t"},
        {"type": "link", "url": "https://example.org/l", "title": "t", "kind": "report", "summary": "s"},
    ]
    entry = newsroom.publish(coverage, **fields, blocks=blocks)["entry"]
    assert {name: entry[name] for name in fields} == fields
    assert entry["blocks"][:7] == blocks[:7]
    assert entry["blocks"][7] == blocks[7]


@pytest.mark.parametrize(
    ("draft", "blocks"),
    [
        ({"text": "a\n\nb <i>"}, [{"type": "text", "html": "<p>a</p><p>b &lt;i&gt;</p>"}]),
        ({"markdown": "*a*"}, [{"type": "text", "html": "<p><em>a</em></p>"}]),
        ({"headline": "Only a headline"}, None),
        ({"images": [PICTURE]}, [{"type": "image", **PICTURE}]),
        (
            {"links": [{"url": "https://example.org/l", "title": "t"}]},
            [{"type": "link", "url": "https://example.org/l", "title": "t"}],
        ),
    ],
)
def test_every_form_of_an_entry_is_taken(
    newsroom: Newsroom, coverage: str, draft: dict[str, Any], blocks: list[Any] | None
) -> None:
    assert newsroom.publish(coverage, **draft)["entry"].get("blocks") == blocks


def test_an_id_is_taken_once_also_after_the_entry_is_gone(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="a", text="x")
    path = f"/v1/coverages/{coverage}/entries"
    assert problem(newsroom.ask("POST", path, {"id": "a", "text": "y"}), 409, "entry_exists")["entry"] == "a"
    newsroom.delete(coverage, "a")
    problem(newsroom.ask("POST", path, {"id": "a", "text": "y"}), 409, "entry_exists")


def test_a_back_timed_entry_stands_at_its_time_and_is_the_newest_change(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="noon", text="x", display_at="2026-11-23T12:00:00Z")
    newsroom.publish(coverage, id="one", text="x", display_at="2026-11-23T13:00:00Z")
    before = newsroom.tip(coverage)
    newsroom.publish(coverage, id="between", text="x", display_at="2026-11-23T13:30:00+01:00")
    assert ids(newsroom.entries(coverage)) == ["one", "between", "noon"]
    assert [event["entry"]["id"] for event in newsroom.entries(coverage, after=before)["events"]] == ["between"]
    newsroom.revise(coverage, "noon", display_at="2026-11-23T14:00:00Z")
    assert ids(newsroom.entries(coverage)) == ["noon", "one", "between"]


# ---------------------------------------------------------------- reading


def test_an_unchanged_entry_is_not_sent_again(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="a", text="x")
    path = f"/v1/coverages/{coverage}/entries/a"
    tag = newsroom.ask("GET", path).headers["etag"]
    assert tag == '"1"'
    unchanged = newsroom.ask("GET", path, headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    newsroom.revise(coverage, "a", text="y")
    assert newsroom.ask("GET", path, headers={"If-None-Match": tag}).status_code == 200


def test_what_is_not_there_is_not_found_and_says_what(newsroom: Newsroom, coverage: str) -> None:
    for path in ("", "/revisions"):
        answer = newsroom.ask("GET", f"/v1/coverages/{coverage}/entries/nothing{path}")
        assert problem(answer, 404, "unknown_entry")["entry"] == "nothing"
        problem(newsroom.ask("GET", f"/v1/coverages/nothing/entries/nothing{path}"), 404, "unknown_coverage")


# ---------------------------------------------------------------- revising


def test_a_revision_is_answered_and_told_with_its_correction(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="a", text="x", labels=["l"])
    before = newsroom.tip(coverage)
    receipt = newsroom.revise(coverage, "a", text="y", correction="Was x.")
    entry = receipt["entry"]
    assert (entry["revision"], entry["blocks"][0]["html"], entry["labels"]) == (2, "<p>y</p>", ["l"])
    assert entry["corrections"] == [{"at": entry["updated_at"], "note": "Was x."}]
    (event,) = newsroom.entries(coverage, after=before)["events"]
    assert (event["type"], event["entry"], event["cursor"]) == ("entry.revised", entry, receipt["cursor"])
    assert newsroom.entries(coverage)["entries"] == [entry]


def test_if_match_guards_every_change_of_an_entry(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="a", text="x")
    path = f"/v1/coverages/{coverage}/entries/a"
    changes: list[tuple[str, str, Any]] = [
        ("PATCH", path, {"text": "y"}),
        ("POST", f"{path}/retract", {"reason": "r"}),
        ("DELETE", path, None),
    ]
    for method, place, document in changes:
        stale = newsroom.ask(method, place, document, headers={"If-Match": '"7"'})
        conflict = problem(stale, 412, "revision_conflict")
        assert (conflict["expected"], conflict["actual"]) == (7, 1)
    for revision, (method, place, document) in enumerate(changes, 1):
        answer = newsroom.ask(method, place, document, headers={"If-Match": f'"{revision}"'})
        assert answer.status_code == 200
        if method != "DELETE":
            assert answer.headers["etag"] == f'"{revision + 1}"'


def test_the_history_is_public_oldest_first(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="a", text="x")
    newsroom.revise(coverage, "a", text="y", correction="c")
    newsroom.retract(coverage, "a", "wrong")
    revisions = newsroom.get(f"/v1/coverages/{coverage}/entries/a/revisions")["revisions"]
    assert [entry["revision"] for entry in revisions] == [1, 2, 3]
    assert [entry["status"] for entry in revisions] == ["published", "published", "retracted"]
    assert [entry["blocks"][0]["html"] for entry in revisions] == ["<p>x</p>", "<p>y</p>", "<p>y</p>"]


def test_a_revision_that_leaves_nothing_is_refused(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="a", headline="H")
    refused = newsroom.ask("PATCH", f"/v1/coverages/{coverage}/entries/a", {"headline": None})
    problem(refused, 422, "invalid_field")
    assert newsroom.get(f"/v1/coverages/{coverage}/entries/a")["revision"] == 1


def test_a_retracted_entry_stays_with_the_reason(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="a", text="x")
    before = newsroom.tip(coverage)
    entry = newsroom.retract(coverage, "a", "Not <b>so</b>.")["entry"]
    assert (entry["status"], entry["revision"]) == ("retracted", 2)
    assert entry["retraction"] == {"at": entry["updated_at"], "reason": "Not <b>so</b>."}
    assert entry["blocks"] == [{"type": "text", "html": "<p>x</p>"}]
    assert types(newsroom.entries(coverage, after=before)) == ["entry.retracted"]
    assert newsroom.entries(coverage)["entries"] == [entry]


def test_what_was_withdrawn_elsewhere_keeps_its_times(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="a", text="x", updated_at="2026-11-20T10:00:00Z")
    path = f"/v1/coverages/{coverage}/entries/a"
    for at in ("yesterday", "1066-10-14T09:00:00Z"):
        refused = newsroom.ask("POST", f"{path}/retract", {"reason": "R", "at": at})
        assert problem(refused, 422, "invalid_field")["field"] == "at"
    entry = newsroom.ask("POST", f"{path}/retract", {"reason": "R", "at": "2026-11-20T12:00:00+01:00"}).json()["entry"]
    assert entry["retraction"] == {"at": "2026-11-20T11:00:00.000Z", "reason": "R"}
    assert entry["updated_at"] == "2026-11-20T11:00:00.000Z"
    # What is taken down has no time: there is nothing to show it at.
    refused = newsroom.ask("DELETE", path, {"reason": "R", "at": "2026-11-20T12:00:00Z"})
    assert problem(refused, 422, "invalid_field")["field"] == "at"


def test_a_retraction_needs_a_reason(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="a", text="x")
    path = f"/v1/coverages/{coverage}/entries/a/retract"
    for document in ({}, {"reason": ""}, {"reason": " "}, {"reason": None}):
        assert problem(newsroom.ask("POST", path, document), 422, "invalid_field")["field"] == "reason"


# ---------------------------------------------------------------- taking down


@pytest.mark.parametrize("reason", ["Privacy", None])
def test_what_is_taken_down_is_nowhere_any_more(newsroom: Newsroom, coverage: str, reason: str | None) -> None:
    start = newsroom.tip(coverage)
    draft = {"id": "a", "text": "unspeakable"}
    key = {"Idempotency-Key": "k"}
    newsroom.ask("POST", f"/v1/coverages/{coverage}/entries", draft, headers=key)
    newsroom.revise(coverage, "a", text="unspeakable too", correction="unspeakable")
    newsroom.publish(coverage, id="b", text="x")
    newsroom.change(coverage, pin="a")
    receipt = newsroom.delete(coverage, "a", reason)
    gone = {"id": "a", "status": "deleted"} | ({} if reason is None else {"reason": reason})
    assert receipt["entry"] == gone
    path = f"/v1/coverages/{coverage}/entries"
    assert ids(newsroom.entries(coverage)) == ["b"]
    for place in ("a", "a/revisions"):
        taken_down = problem(newsroom.ask("GET", f"{path}/{place}"), 410, "entry_deleted")
        assert taken_down.get("reason") == reason
    changes = newsroom.entries(coverage, after=start)
    assert types(changes) == [
        *("entry.deleted", "entry.deleted", "entry.published", "coverage.changed"),
        *("entry.deleted", "coverage.changed"),
    ]
    (deleted,) = [event for event in changes["events"] if event["cursor"] == receipt["cursor"]]
    assert deleted["id"] == "a"
    assert deleted.get("reason") == reason
    # The request that published it, repeated, learns only that it is gone.
    replay = newsroom.ask("POST", path, draft, headers=key)
    assert (replay.status_code, replay.headers["idempotent-replay"]) == (200, "true")
    assert replay.json()["entry"] == gone
    said = [newsroom.ask("GET", place).text for place in (path, f"{path}?after={start}", f"/c/{coverage}", f"{path}/a")]
    assert "unspeakable" not in "".join((*said, replay.text))
    for method, document in (("PATCH", {"text": "y"}), ("DELETE", None)):
        problem(newsroom.ask(method, f"{path}/a", document), 410, "entry_deleted")


def test_what_was_taken_down_is_kept_only_in_the_log_itself(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="a", text="unspeakable")
    newsroom.revise(coverage, "a", text="unspeakable too")
    newsroom.delete(coverage, "a")
    with newsroom.keeper() as keeper:
        names: Any = keeper.keys(f"{coverage_keys(coverage).head}*")
        for name in names:
            kind = str(keeper.type(name))
            kept: Any = {
                "hash": keeper.hgetall,
                "zset": lambda name: keeper.zrange(name, 0, -1),
                "list": lambda name: keeper.lrange(name, 0, -1),
                "string": keeper.get,
                "stream": lambda name: "the log",
            }[kind](name)
            assert "unspeakable" not in json.dumps(kept)


def test_the_reason_of_a_deletion_is_checked_like_any_body(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="a", text="x")
    path = f"/v1/coverages/{coverage}/entries/a"
    assert problem(newsroom.ask("DELETE", path, {"why": "x"}), 422, "invalid_field")["field"] == "why"
    plain = newsroom.ask("DELETE", path, body=b"law", headers={"Content-Type": "text/plain"})
    problem(plain, 415, "unsupported_media_type")
