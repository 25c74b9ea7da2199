"""/v1/coverages on a real server: create, list, read, change, end, reopen."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tests.newsroom import Newsroom, fresh, problem


def test_a_created_coverage_is_answered_with_its_fields_its_cursor_and_its_place(newsroom: Newsroom) -> None:
    id_ = fresh()
    answer = newsroom.ask(
        "POST", "/v1/coverages", {"id": id_, "title": "Budget", "summary": "<b>x</b><script>y</script>"}
    )
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/coverages/{id_}"
    assert answer.headers["etag"] == '"1"'
    made = answer.json()
    assert (made["id"], made["title"], made["status"]) == (id_, "Budget", "live")
    assert (made["visibility"], made["language"], made["revision"]) == ("public", "en", 1)
    assert made["summary"] == "<strong>x</strong>"
    assert made["created_at"] == made["updated_at"] == made["started_at"]
    assert newsroom.get(f"/v1/coverages/{id_}") == made


def test_everything_that_can_be_said_of_a_coverage_comes_back(newsroom: Newsroom) -> None:
    fields: dict[str, Any] = {
        "title": "Title",
        "summary": "<em>s</em>",
        "key_points": ["one", "two"],
        "language": "pt-BR",
        "timezone": "America/Sao_Paulo",
        "visibility": "unlisted",
        "image": {"url": "https://example.org/i.jpg", "alt": "a", "credit": "c"},
        "links": [{"url": "https://example.org/x", "title": "x", "kind": "podcast", "summary": "s"}],
        "labels": ["l"],
        "authors": [{"name": "n", "tagline": "t", "url": "https://example.org/n", "avatar": "/n.png"}],
        "created_at": "2026-01-01T00:00:00.000Z",
        "started_at": "2026-01-01T08:00:00.000Z",
    }
    made = newsroom.get(f"/v1/coverages/{newsroom.create(**fields)}")
    assert {name: made[name] for name in fields} == fields
    assert made["status"] == "live"


def test_without_an_id_one_is_made_from_the_title(newsroom: Newsroom) -> None:
    answer = newsroom.ask("POST", "/v1/coverages", {"title": "Storm Ædwen, day 1"})
    assert answer.status_code == 201
    assert answer.json()["id"].startswith("storm-dwen-day-1-")


def test_an_id_is_taken_once(newsroom: Newsroom, coverage: str) -> None:
    problem(newsroom.ask("POST", "/v1/coverages", {"id": coverage, "title": "x"}), 409, "coverage_exists")


# ---------------------------------------------------------------- reading


def test_an_unchanged_coverage_is_not_sent_again(newsroom: Newsroom, coverage: str) -> None:
    path = f"/v1/coverages/{coverage}"
    tag = newsroom.ask("GET", path).headers["etag"]
    for known in (tag, f'"x", {tag}', f"W/{tag}", f'"x",{tag}', "*"):
        answer = newsroom.ask("GET", path, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    newsroom.change(coverage, title="New")
    assert newsroom.ask("GET", path, headers={"If-None-Match": tag}).status_code == 200


def test_head_is_get_without_a_body(newsroom: Newsroom, coverage: str) -> None:
    for path in (f"/v1/coverages/{coverage}", f"/v1/coverages/{coverage}/entries", "/healthz", "/openapi.json"):
        got, head = newsroom.ask("GET", path), newsroom.ask("HEAD", path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == got.headers["content-type"]


def listed(newsroom: Newsroom, *, least: float = math.inf, **query: Any) -> list[str]:
    """As nobody in particular sees them, through as many pages as have `least`."""
    ids: list[str] = []
    before: dict[str, Any] = {}
    while True:
        answer = newsroom.ask("GET", "/v1/coverages", token="", **query, **before)
        assert answer.status_code == 200
        page = answer.json()
        ids += [coverage["id"] for coverage in page["coverages"]]
        if page["next"] is None or len(ids) >= least:
            return ids
        before = {"before": page["next"]}


def test_the_list_is_paged_without_gap_or_duplicate_also_of_what_was_made_at_the_same_time(newsroom: Newsroom) -> None:
    same = {"created_at": "2031-01-01T00:00:00Z"}
    ids = [newsroom.create(**same) for _ in range(7)]
    late = newsroom.create(created_at="2031-01-02T00:00:00Z")
    for limit, least in ((1, 12), (3, 12), (7, 12), (500, math.inf)):
        found = listed(newsroom, least=least, limit=limit)
        assert found[0] == late
        assert sorted(found[1:8]) == sorted(ids)
        assert len(set(found)) == len(found)
    page = newsroom.get("/v1/coverages", limit=8)
    assert len(page["coverages"]) == 8


def test_the_last_page_says_that_it_is(newsroom: Newsroom) -> None:
    for _ in range(2):  # there are as many of the others as there are tests
        newsroom.create(starts_at="2050-01-01T00:00:00Z")
    count = len(listed(newsroom, limit=500, status="scheduled"))
    for limit, is_last in ((count, True), (count - 1, False)):
        answer = newsroom.ask("GET", "/v1/coverages", token="", limit=limit, status="scheduled")
        assert (answer.json()["next"] is None) == is_last


def test_the_list_can_be_asked_for_by_status(newsroom: Newsroom, coverage: str) -> None:
    scheduled = newsroom.create(starts_at="2099-01-01T00:00:00Z")
    ended = newsroom.create()
    newsroom.end(ended)
    for status, id_ in (("live", coverage), ("scheduled", scheduled), ("ended", ended)):
        found = listed(newsroom, status=status)
        assert id_ in found
        assert not {coverage, scheduled, ended} - {id_} & set(found)
        assert {one["status"] for one in newsroom.get("/v1/coverages", status=status)["coverages"]} == {status}
    assert {scheduled, ended} <= set(listed(newsroom, status="scheduled,ended"))


@pytest.mark.parametrize(
    ("query", "status", "code", "field"),
    [
        ({"status": "over"}, 422, "invalid_field", "status"),
        ({"limit": 0}, 422, "invalid_field", "limit"),
        ({"limit": 501}, 422, "invalid_field", "limit"),
        ({"limit": "ten"}, 422, "invalid_field", "limit"),
        ({"limit": "١"}, 422, "invalid_field", "limit"),
        ({"before": "x"}, 400, "malformed_cursor", "before"),
        ({"before": "5"}, 400, "malformed_cursor", "before"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    newsroom: Newsroom, query: dict[str, Any], status: int, code: str, field: str
) -> None:
    assert problem(newsroom.ask("GET", "/v1/coverages", **query), status, code)["field"] == field


# ---------------------------------------------------------------- changing


def test_a_change_says_what_is_there_now(newsroom: Newsroom, coverage: str) -> None:
    before = newsroom.get(f"/v1/coverages/{coverage}")
    changed = newsroom.change(coverage, title="New", key_points=["k"])
    assert (changed["title"], changed["key_points"], changed["revision"]) == ("New", ["k"], 2)
    assert changed["cursor"] > before["cursor"]
    assert newsroom.get(f"/v1/coverages/{coverage}") == changed
    assert "key_points" not in newsroom.change(coverage, key_points=None)


def test_if_match_guards_a_change(newsroom: Newsroom, coverage: str) -> None:
    path = f"/v1/coverages/{coverage}"
    for match in ('"1"', 'W/"2"', "3", "*"):
        answer = newsroom.ask("PATCH", path, {"title": match}, headers={"If-Match": match})
        assert answer.status_code == 200
    assert answer.headers["etag"] == '"5"'
    conflict = problem(
        newsroom.ask("PATCH", path, {"title": "x"}, headers={"If-Match": '"1"'}), 412, "revision_conflict"
    )
    assert (conflict["expected"], conflict["actual"]) == (1, 5)
    for match in ('"x"', '"1", "2"', "-1", ""):
        refused = newsroom.ask("PATCH", path, {"title": "x"}, headers={"If-Match": match})
        assert problem(refused, 422, "invalid_field")["field"] == "If-Match"
    assert newsroom.get(path)["title"] == "*"


@pytest.mark.parametrize("named", [False, True])
def test_if_match_guards_the_end_and_the_reopening(newsroom: Newsroom, coverage: str, named: bool) -> None:
    path, tip = f"/v1/coverages/{coverage}", newsroom.tip(coverage)
    document = {"entry": {"text": "x"}} if named else None
    stale = newsroom.ask("POST", f"{path}/end", document, headers={"If-Match": '"99"'})
    conflict = problem(stale, 412, "revision_conflict")
    assert (conflict["expected"], conflict["actual"]) == (99, 1)
    assert newsroom.tip(coverage) == tip
    ended = newsroom.ask("POST", f"{path}/end", document, headers={"If-Match": '"1"'})
    assert (ended.status_code, ended.json()["status"], ended.headers["etag"]) == (200, "ended", '"2"')
    # What has no effect is refused as well where somebody else was there first.
    problem(newsroom.ask("POST", f"{path}/end", headers={"If-Match": '"1"'}), 412, "revision_conflict")
    assert newsroom.ask("POST", f"{path}/end", headers={"If-Match": '"2"'}).json() == ended.json()
    problem(newsroom.ask("POST", f"{path}/reopen", headers={"If-Match": '"1"'}), 412, "revision_conflict")
    assert newsroom.get(path)["status"] == "ended"
    reopened = newsroom.ask("POST", f"{path}/reopen", headers={"If-Match": '"2"'})
    assert (reopened.status_code, reopened.json()["status"], reopened.headers["etag"]) == (200, "live", '"3"')
    problem(newsroom.ask("POST", f"{path}/reopen", headers={"If-Match": '"2"'}), 412, "revision_conflict")
    assert newsroom.ask("POST", f"{path}/reopen", headers={"If-Match": "*"}).json() == reopened.json()
    refused = newsroom.ask("POST", f"{path}/end", headers={"If-Match": '"x"'})
    assert problem(refused, 422, "invalid_field")["field"] == "If-Match"


def test_what_is_new_is_at_no_revision(newsroom: Newsroom, coverage: str) -> None:
    tip = newsroom.tip(coverage)
    line = {"Content-Type": "application/x-ndjson"}
    for path, sent, headers in (
        ("/v1/coverages", {"title": "T"}, {}),
        (f"/v1/coverages/{coverage}/entries", {"text": "x"}, {}),
        (f"/v1/coverages/{coverage}/entries", {"text": "x"}, line),
        ("/v1/tokens", {"scopes": ["read:x"]}, {}),
    ):
        for match in ('"1"', "*", ""):
            refused = newsroom.ask("POST", path, sent, headers=headers | {"If-Match": match})
            assert problem(refused, 422, "invalid_field")["field"] == "If-Match"
    assert newsroom.tip(coverage) == tip


def test_an_entry_is_pinned_only_while_it_is_there(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="a", text="x")
    assert newsroom.change(coverage, pin="a")["pin"] == "a"
    refused = newsroom.ask("PATCH", f"/v1/coverages/{coverage}", {"pin": "nothing"})
    assert problem(refused, 422, "invalid_field")["field"] == "pin"
    newsroom.delete(coverage, "a")
    assert "pin" not in newsroom.get(f"/v1/coverages/{coverage}")
    problem(newsroom.ask("PATCH", f"/v1/coverages/{coverage}", {"pin": "a"}), 422, "invalid_field")
    newsroom.publish(coverage, id="b", text="x")
    newsroom.change(coverage, pin="b")
    assert "pin" not in newsroom.change(coverage, pin=None)


# ---------------------------------------------------------------- the end


def test_the_end_takes_a_last_entry_and_a_successor_in_one_step(newsroom: Newsroom, coverage: str) -> None:
    before = newsroom.tip(coverage)
    ended = newsroom.end(
        coverage,
        title="It was",
        summary="s",
        key_points=["k"],
        entry={"id": "last", "markdown": "Good*bye*"},
        successor={"title": "Day 2", "url": "/c/day-2"},
        ended_at="2026-11-23T05:00:00Z",
    )
    assert (ended["status"], ended["title"], ended["summary"], ended["key_points"]) == ("ended", "It was", "s", ["k"])
    assert ended["successor"] == {"title": "Day 2", "url": "/c/day-2"}
    assert ended["ended_at"] == "2026-11-23T05:00:00.000Z"
    changes = newsroom.entries(coverage, after=before)
    assert [event["type"] for event in changes["events"]] == ["entry.published", "coverage.ended"]
    assert changes["cursor"] == ended["cursor"]
    assert (changes["up_to_date"], changes["ended"]) == (True, True)
    # One atomic step: the end was not in between for anybody.
    assert changes["events"][1]["prev"] == changes["events"][0]["cursor"]


def test_ending_again_has_no_effect(newsroom: Newsroom, coverage: str) -> None:
    first = newsroom.end(coverage, title="First")
    assert newsroom.end(coverage, title="Second", entry={"text": "x"}) == first
    answer = newsroom.ask("POST", f"/v1/coverages/{coverage}/end")
    assert (answer.status_code, answer.json()) == (200, first)


def test_a_last_entry_that_cannot_be_published_ends_nothing(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="a", text="x")
    path = f"/v1/coverages/{coverage}/end"
    assert (
        problem(newsroom.ask("POST", path, {"entry": {"texxt": "x"}}), 422, "invalid_field")["field"] == "entry.texxt"
    )
    assert problem(newsroom.ask("POST", path, {"entry": {}}), 422, "invalid_field")["field"] == "entry.text"
    problem(newsroom.ask("POST", path, {"entry": {"id": "a", "text": "x"}}), 409, "entry_exists")
    successor = {"title": "x", "url": "javascript:x"}
    refused = newsroom.ask("POST", path, {"successor": successor})
    assert problem(refused, 422, "invalid_field")["field"] == "successor.url"
    assert newsroom.get(f"/v1/coverages/{coverage}")["status"] == "live"


def test_after_the_end_only_corrections_are_taken_each_followed_by_the_end(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="a", text="x")
    newsroom.publish(coverage, id="b", text="x")
    end = newsroom.end(coverage)["cursor"]
    problem(newsroom.ask("POST", f"/v1/coverages/{coverage}/entries", {"text": "late"}), 409, "coverage_ended")
    newsroom.revise(coverage, "a", text="y")
    newsroom.retract(coverage, "a")
    newsroom.delete(coverage, "b")
    newsroom.change(coverage, title="It was")
    events = newsroom.entries(coverage, after=end)["events"]
    assert [event["type"] for event in events] == [
        *("entry.revised", "coverage.ended"),
        *("entry.retracted", "coverage.ended"),
        *("entry.deleted", "coverage.ended"),
        *("coverage.changed", "coverage.ended"),
    ]
    assert [event["prev"] for event in events] == [end, *(event["cursor"] for event in events[:-1])]
    assert events[-1]["coverage"]["title"] == "It was"


def test_a_reopened_coverage_is_live_and_takes_entries(newsroom: Newsroom, coverage: str) -> None:
    end = newsroom.end(coverage, successor={"title": "x", "url": "/x"})["cursor"]
    reopened = newsroom.reopen(coverage)
    assert reopened["status"] == "live"
    assert not {"ended_at", "successor"} & set(reopened)
    assert newsroom.reopen(coverage) == reopened
    newsroom.publish(coverage)
    changes = newsroom.entries(coverage, after=end)
    assert [event["type"] for event in changes["events"]] == ["coverage.reopened", "entry.published"]
    assert changes["ended"] is False


def test_a_scheduled_coverage_begins_with_its_first_entry(newsroom: Newsroom) -> None:
    coverage = newsroom.create(starts_at="2099-01-01T00:00:00Z")
    before = newsroom.get(f"/v1/coverages/{coverage}")
    assert before["status"] == "scheduled"
    assert "started_at" not in before
    receipt = newsroom.publish(coverage)
    begun = newsroom.get(f"/v1/coverages/{coverage}")
    assert (begun["status"], begun["cursor"]) == ("live", receipt["cursor"])
    assert begun["started_at"]
    events = newsroom.entries(coverage, after=before["cursor"])["events"]
    assert [event["type"] for event in events] == ["coverage.changed", "entry.published"]
    assert events[0]["coverage"]["status"] == "live"


@pytest.mark.parametrize("what", ["end", "reopen"])
def test_unknown_fields_are_refused_where_hardly_any_are_known(newsroom: Newsroom, coverage: str, what: str) -> None:
    refused = newsroom.ask("POST", f"/v1/coverages/{coverage}/{what}", {"now": True})
    assert problem(refused, 422, "invalid_field")["field"] == "now"
