"""Idempotency-Key on every write: same key and body, same answer and one effect; another body, 409."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.newsroom import Newsroom, fresh, problem
from tests.running import ServerProcess

ENTRIES = "/v1/coverages/{coverage}/entries"
WRITES: dict[str, tuple[str, str, Any, Any]] = {
    "publish": ("POST", ENTRIES, {"text": "new"}, {"text": "other"}),
    "revise": ("PATCH", f"{ENTRIES}/a", {"text": "new"}, {"text": "other"}),
    "retract": ("POST", f"{ENTRIES}/a/retract", {"reason": "r"}, {"reason": "other"}),
    "delete": ("DELETE", f"{ENTRIES}/a", {"reason": "r"}, None),
    "change": ("PATCH", "/v1/coverages/{coverage}", {"title": "new", "pin": "a"}, {"title": "other"}),
    "end": ("POST", "/v1/coverages/{coverage}/end", {"entry": {"text": "last"}}, {}),
}
KEY = {"Idempotency-Key": "a key, of mine: +/1"}


@pytest.fixture
def coverage(newsroom: Newsroom) -> str:
    """With an entry `a`."""
    id_ = newsroom.create()
    newsroom.publish(id_, id="a", text="x")
    return id_


@pytest.mark.parametrize("name", WRITES)
def test_a_repeated_write_has_one_effect_and_the_same_answer(newsroom: Newsroom, coverage: str, name: str) -> None:
    method, path, document, other = WRITES[name]
    path = path.format(coverage=coverage)
    first = newsroom.ask(method, path, document, headers=KEY)
    assert first.status_code == (201 if name == "publish" else 200)
    assert "idempotent-replay" not in first.headers
    tip = newsroom.tip(coverage)
    again = newsroom.ask(method, path, document, headers=KEY)
    assert (again.status_code, again.headers["idempotent-replay"]) == (200, "true")
    assert again.content == first.content
    for header in ("location", "etag"):
        assert again.headers.get(header) == first.headers.get(header)
    problem(newsroom.ask(method, path, other, headers=KEY), 409, "idempotency_key_reused")
    assert newsroom.tip(coverage) == tip


@pytest.mark.parametrize("name", [name for name in WRITES if name != "publish"])
def test_a_write_is_repeated_also_after_the_revision_it_meant_is_over(
    newsroom: Newsroom, coverage: str, name: str
) -> None:
    method, path, document, _ = WRITES[name]
    headers = KEY | {"If-Match": '"1"'}
    first, again = [newsroom.ask(method, path.format(coverage=coverage), document, headers=headers) for _ in range(2)]
    assert again.content == first.content
    assert (first.status_code, "idempotent-replay" in first.headers) == (200, False)
    assert again.headers["idempotent-replay"] == "true"


def test_reopening_is_repeated_like_any_write(newsroom: Newsroom, coverage: str) -> None:
    newsroom.end(coverage)
    path = f"/v1/coverages/{coverage}/reopen"
    headers = KEY | {"If-Match": '"2"'}
    first = newsroom.ask("POST", path, headers=headers)
    newsroom.end(coverage)
    again = newsroom.ask("POST", path, headers=headers)
    assert (again.content, again.headers["idempotent-replay"]) == (first.content, "true")
    assert newsroom.get(f"/v1/coverages/{coverage}")["status"] == "ended"


@pytest.mark.parametrize("named", [True, False])
def test_a_coverage_is_created_once(newsroom: Newsroom, named: bool) -> None:
    draft = {"title": "T"} | ({"id": fresh()} if named else {})
    headers = {"Idempotency-Key": fresh("key")}
    first, again = [newsroom.ask("POST", "/v1/coverages", draft, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.content == first.content
    assert again.headers["idempotent-replay"] == "true"
    assert again.headers["location"] == first.headers["location"]
    for other in (draft | {"title": "other"}, draft | {"id": fresh()}):
        refused = newsroom.ask("POST", "/v1/coverages", other, headers=headers)
        problem(refused, 409, "idempotency_key_reused")


def test_the_same_key_means_something_else_in_another_coverage(newsroom: Newsroom, coverage: str) -> None:
    for id_ in (coverage, newsroom.create()):
        assert newsroom.ask("POST", f"/v1/coverages/{id_}/entries", {"text": "x"}, headers=KEY).status_code == 201


def test_the_same_key_for_another_path_is_another_request(newsroom: Newsroom, coverage: str) -> None:
    newsroom.publish(coverage, id="b", text="x")
    path = f"/v1/coverages/{coverage}/entries"
    assert newsroom.ask("DELETE", f"{path}/a", headers=KEY).status_code == 200
    problem(newsroom.ask("DELETE", f"{path}/b", headers=KEY), 409, "idempotency_key_reused")


def test_a_refused_write_uses_no_key(newsroom: Newsroom, coverage: str) -> None:
    path = f"/v1/coverages/{coverage}/entries"
    problem(newsroom.ask("POST", path, {"id": "a", "text": "x"}, headers=KEY), 409, "entry_exists")
    assert newsroom.ask("POST", path, {"text": "x"}, headers=KEY).status_code == 201


def test_a_key_is_not_too_long(newsroom: Newsroom, coverage: str) -> None:
    path = f"/v1/coverages/{coverage}/entries"
    refused = newsroom.ask("POST", path, {"text": "x"}, headers={"Idempotency-Key": "k" * 256})
    assert problem(refused, 422, "invalid_field")["field"] == "Idempotency-Key"
    assert newsroom.ask("POST", path, {"text": "x"}, headers={"Idempotency-Key": "k" * 255}).status_code == 201


def test_one_write_sent_many_times_at_once_has_one_effect(
    newsroom: Newsroom, server: ServerProcess, coverage: str
) -> None:
    path = f"/v1/coverages/{coverage}/entries"
    with Newsroom(server) as other, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: other.ask("POST", path, {"text": "x"}, headers=KEY), range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert len({answer.content for answer in answers}) == 1
    assert len(newsroom.entries(coverage)["entries"]) == 2


@pytest.mark.parametrize("what", ["end", "reopen"])
def test_what_had_no_effect_is_remembered_as_well(newsroom: Newsroom, coverage: str, what: str) -> None:
    path = f"/v1/coverages/{coverage}/{what}"
    if what == "end":
        newsroom.end(coverage)
    first = newsroom.ask("POST", path, {}, headers=KEY)
    assert (first.status_code, "idempotent-replay" in first.headers) == (200, False)
    # It is answered with what was there then, whatever has become of it.
    newsroom.ask("POST", f"/v1/coverages/{coverage}/{'reopen' if what == 'end' else 'end'}")
    newsroom.change(coverage, title="another")
    again = newsroom.ask("POST", path, {}, headers=KEY)
    assert (again.status_code, again.headers["idempotent-replay"]) == (200, "true")
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    assert newsroom.get(f"/v1/coverages/{coverage}")["title"] == "another"
    other = {"title": "x"} if what == "end" else None
    elsewhere = path if what == "end" else f"/v1/coverages/{coverage}/end"
    problem(newsroom.ask("POST", elsewhere, other, headers=KEY), 409, "idempotency_key_reused")
    for id_ in (coverage, newsroom.create()):
        assert (
            newsroom.ask("POST", f"/v1/coverages/{id_}/{what}", {}, headers={"Idempotency-Key": "k2"}).status_code
            == 200
        )
