"""Many entries in one request (application/x-ndjson): all or none."""

from __future__ import annotations

import json

import httpx2
import pytest

from tests.newsroom import Newsroom, problem


def send(newsroom: Newsroom, coverage: str, body: bytes, **headers: str) -> httpx2.Response:
    path = f"/v1/coverages/{coverage}/entries"
    return newsroom.ask("POST", path, body=body, headers={"Content-Type": "application/x-ndjson", **headers})


def test_a_batch_is_published_in_its_order_with_a_receipt_for_each(newsroom: Newsroom, coverage: str) -> None:
    before = newsroom.tip(coverage)
    drafts = [{"id": f"e{number}", "text": str(number)} for number in range(5)]
    batch = newsroom.publish_many(coverage, drafts)
    assert [receipt["entry"]["id"] for receipt in batch["receipts"]] == [draft["id"] for draft in drafts]
    assert batch["durability"] == {"fsync": "everysec", "replicas": 0}
    events = newsroom.entries(coverage, after=before)["events"]
    assert [event["cursor"] for event in events] == [receipt["cursor"] for receipt in batch["receipts"]]
    assert [event["prev"] for event in events] == [before, *(event["cursor"] for event in events[:-1])]


def test_lines_may_end_as_they_like_and_be_empty(newsroom: Newsroom, coverage: str) -> None:
    answer = send(newsroom, coverage, b'\n{"text":"a"}\r\n\r\n  \n{"text":"b"}')
    assert answer.status_code == 201
    assert len(answer.json()["receipts"]) == 2


@pytest.mark.parametrize(
    ("line", "field", "says"),
    [
        (b'{"texxt":"x"}', "texxt", "Allowed: "),
        (b'{"kind":"x","text":"x"}', "kind", "analysis"),
        (b'{"text":" "}', "text", "empty"),
        (b'{"text":"x","html":"y"}', "text", "Send one of"),
        (b"{", None, "JSON"),
        (b"\xff", None, "JSON"),
        (b'{"text":"\xff"}', None, "UTF-8"),
        (b"[]", "body", "expected object"),
        (b'{"text":"x","labels":["a"," "]}', "labels[1]", "blank"),
    ],
)
def test_one_bad_line_is_named_and_nothing_is_published(
    newsroom: Newsroom, coverage: str, line: bytes, field: str | None, says: str
) -> None:
    refused = problem(send(newsroom, coverage, b'{"text":"a"}\n\n' + line + b'\n{"text":"b"}\n'), 422, "invalid_field")
    assert refused["line"] == 3
    assert refused.get("field") == field
    assert refused["detail"].startswith("Line 3: ")
    assert says in refused["detail"]
    assert newsroom.entries(coverage)["entries"] == []


def test_ids_that_are_there_or_twice_in_the_batch_refuse_all_of_it(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="a", text="x")
    for ids in (("x", "a"), ("x", "y", "x")):
        body = b"\n".join(json.dumps({"id": id_, "text": "x"}).encode() for id_ in ids)
        refused = problem(send(newsroom, coverage, body), 409, "entry_exists")
        assert refused["entry"] == ids[-1]
    assert len(newsroom.entries(coverage)["entries"]) == 1


def test_an_empty_batch_and_one_that_is_too_long_are_refused(newsroom: Newsroom, coverage: str) -> None:
    for empty in (b"", b"\n \r\n"):
        problem(send(newsroom, coverage, empty), 422, "invalid_field")
    refused = problem(send(newsroom, coverage, b'{"text":"x"}\n' * 501), 413, "body_too_large")
    assert refused["line"] == 501
    assert newsroom.entries(coverage)["entries"] == []
    assert send(newsroom, coverage, b'{"text":"x"}\n' * 500).status_code == 201


def test_a_batch_can_begin_a_scheduled_coverage(newsroom: Newsroom) -> None:
    coverage = newsroom.create(starts_at="2099-01-01T00:00:00Z")
    before = newsroom.tip(coverage)
    newsroom.publish_many(coverage, [{"text": "a"}, {"text": "b"}])
    events = newsroom.entries(coverage, after=before)["events"]
    assert [event["type"] for event in events] == ["coverage.changed", "entry.published", "entry.published"]


def test_a_repeated_batch_has_one_effect_and_the_same_answer(newsroom: Newsroom, coverage: str) -> None:
    body = b'{"text":"a"}\n{"text":"b"}\n'
    first, again = [send(newsroom, coverage, body, **{"Idempotency-Key": "k"}) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["idempotent-replay"] == "true"
    assert again.content == first.content
    assert len(newsroom.entries(coverage)["entries"]) == 2
    problem(send(newsroom, coverage, body + b"\n", **{"Idempotency-Key": "k"}), 409, "idempotency_key_reused")


def test_a_batch_after_the_end_is_refused(newsroom: Newsroom, coverage: str) -> None:
    newsroom.end(coverage)
    problem(send(newsroom, coverage, b'{"text":"a"}\n'), 409, "coverage_ended")
