"""Who sees what: a private coverage looks, to whoever may not read it, exactly like one that does not exist."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx2
import pytest

from tests.newsroom import Newsroom, fresh, problem
from tests.running import wait_until

READS = [
    "/v1/coverages/{id}",
    "/v1/coverages/{id}/entries",
    "/v1/coverages/{id}/entries?limit=3&before=5-x",
    "/v1/coverages/{id}/entries?before=x",
    "/v1/coverages/{id}/entries?after=1-1",
    "/v1/coverages/{id}/entries?after=99999999999999-1",
    "/v1/coverages/{id}/entries?after=x",
    "/v1/coverages/{id}/entries/a",
    "/v1/coverages/{id}/entries/nothing",
    "/v1/coverages/{id}/entries/gone",
    "/v1/coverages/{id}/entries/a/revisions",
    "/v1/coverages/{id}/entries/nothing/revisions",
    "/v1/coverages/{id}/events",
    "/v1/coverages/{id}/events?after=1-1",
    "/c/{id}",
    "/c/{id}?before=x",
    "/c/{id}/e/a",
    "/c/{id}/e/nothing",
    "/c/{id}/e/gone",
    "/c/{id}/feed.json",
    "/c/{id}/atom.xml",
    "/c/{id}/rss.xml",
]


@pytest.fixture(scope="module")
def secret(newsroom: Newsroom) -> str:
    """A private coverage with an entry `a` and one that was taken down."""
    id_ = newsroom.create(id=fresh("secret"), title="Unspeakable", visibility="private")
    newsroom.publish(id_, id="a", text="Unspeakable")
    newsroom.publish(id_, id="gone", text="Unspeakable")
    newsroom.delete(id_, "gone", "Unspeakable")
    return id_


def seen(answer: httpx2.Response, id_: str) -> tuple[int, dict[str, str], str]:
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    text = re.sub(r"nonce-[\w=+/-]+", "nonce", answer.text.replace(id_, "some-id"))
    return answer.status_code, headers | {"content-length": ""}, text


@pytest.mark.parametrize("path", READS)
def test_to_a_stranger_it_looks_as_if_it_were_not_there(newsroom: Newsroom, secret: str, path: str) -> None:
    nothing = "secret-0"
    elsewhere = newsroom.make_token("read:another", "publish:another-*")
    for token in ("", "not-a-token", "feed_0123456789ab_" + "x" * 43, elsewhere):
        for method in ("GET", "HEAD"):
            one, other = (newsroom.ask(method, path.format(id=id_), token=token) for id_ in (secret, nothing))
            assert seen(one, secret) == seen(other, nothing)
            assert one.status_code in (404, 400)
            assert "Unspeakable" not in one.text


@pytest.mark.parametrize("path", [path for path in READS if path.startswith("/c/")])
def test_its_page_and_feeds_are_for_nobody(newsroom: Newsroom, secret: str, path: str) -> None:
    answer = newsroom.ask("GET", path.format(id=secret))
    assert answer.status_code in (404, 400)
    assert "Unspeakable" not in answer.text


def test_it_is_in_no_list(newsroom: Newsroom, secret: str) -> None:
    for path in ("/", "/sitemap.xml", "/v1/coverages?limit=500"):
        text = newsroom.ask("GET", path, token="").text
        assert secret not in text
        assert "Unspeakable" not in text
    listed = newsroom.ask("GET", "/v1/coverages?limit=500", token=newsroom.make_token(f"read:{secret}"))
    assert secret in listed.text
    problem(newsroom.ask("GET", "/v1/coverages", token="not-a-token"), 401, "not_authenticated")


def test_those_in_front_cost_a_stranger_no_question_each(newsroom: Newsroom) -> None:
    """Or how long it takes would tell how many there are, and anybody could keep the store busy."""
    for _ in range(60):
        newsroom.create(visibility="private")
    with newsroom.keeper() as keeper:
        keeper.config_resetstat()
        assert newsroom.ask("GET", "/v1/coverages?limit=1", token="").status_code == 200
        told: Any = keeper.info("commandstats")
    assert told["cmdstat_zrevrangebyscore"]["calls"] < 10 * 64 * 3 * 2


@pytest.mark.parametrize("scope", ["read:{id}", "read:secret-*", "read:*", "publish:{id}", "admin"])
def test_it_is_read_with_a_token_that_covers_it_and_kept_by_no_cache(
    newsroom: Newsroom, secret: str, scope: str
) -> None:
    token = newsroom.make_token(scope.format(id=secret))
    path = f"/v1/coverages/{secret}"
    for place in ("", "/entries", "/entries/a", "/entries/a/revisions"):
        answer = newsroom.ask("GET", path + place, token=token)
        assert answer.status_code == 200
        assert "Unspeakable" in answer.text
        assert "no-store" in answer.headers["cache-control"]
    changes = newsroom.ask("GET", f"{path}/entries", token=token, after=newsroom.tip(secret))
    assert changes.json()["up_to_date"]
    problem(newsroom.ask("GET", f"{path}/entries/gone", token=token), 410, "entry_deleted")
    problem(newsroom.ask("GET", f"{path}/entries/nothing", token=token), 404, "unknown_entry")


def test_a_token_that_ran_out_is_to_be_renewed_where_it_would_have_opened_something(
    newsroom: Newsroom, secret: str
) -> None:
    token = newsroom.make_token("read:secret-*", expires_in_s=1)
    made = time.monotonic()
    wait_until(lambda: time.monotonic() - made > 1.1)
    for id_ in (secret, "secret-0"):
        for place in ("", "/entries", "/entries/a", "/events"):
            answer = newsroom.ask("GET", f"/v1/coverages/{id_}{place}", token=token)
            problem(answer, 401, "token_expired")
            assert answer.headers["www-authenticate"] == "Bearer"
    problem(newsroom.ask("GET", "/v1/coverages/nothing", token=token), 404, "unknown_coverage")


def test_what_is_public_is_read_with_any_token(newsroom: Newsroom) -> None:
    coverage = newsroom.create()
    newsroom.publish(coverage, id="a", text="x")
    for place in ("", "/entries", "/entries/a", "/entries/a/revisions"):
        assert newsroom.ask("GET", f"/v1/coverages/{coverage}{place}", token="not-a-token").status_code == 200


def test_what_is_unlisted_is_read_by_who_knows_it_and_in_no_list(newsroom: Newsroom) -> None:
    coverage = newsroom.create(visibility="unlisted", title="Quiet")
    newsroom.publish(coverage, id="a", text="x")
    for path in (
        f"/v1/coverages/{coverage}",
        f"/v1/coverages/{coverage}/entries",
        f"/c/{coverage}",
        f"/c/{coverage}/e/a",
    ):
        assert newsroom.ask("GET", path, token="").status_code == 200
    assert "noindex" in newsroom.ask("GET", f"/c/{coverage}", token="").headers["x-robots-tag"]
    for path in ("/", "/sitemap.xml", "/v1/coverages?limit=500"):
        assert f'{coverage}"' not in newsroom.ask("GET", path, token="").text
        assert "Quiet" not in newsroom.ask("GET", path, token="").text


def test_becoming_private_takes_effect_at_once(newsroom: Newsroom) -> None:
    coverage = newsroom.create(title="Now you see it")
    newsroom.publish(coverage, id="a", text="x")
    newsroom.change(coverage, visibility="private")
    for path in (
        f"/v1/coverages/{coverage}",
        f"/v1/coverages/{coverage}/entries",
        f"/c/{coverage}",
        f"/c/{coverage}/e/a",
    ):
        assert newsroom.ask("GET", path, token="").status_code == 404
    assert "Now you see it" not in newsroom.ask("GET", "/v1/coverages?limit=500", token="").text
    newsroom.change(coverage, visibility="public")
    assert newsroom.ask("GET", f"/v1/coverages/{coverage}", token="").status_code == 200


def test_nobody_makes_a_coverage_public_by_leaving_the_field_empty(newsroom: Newsroom) -> None:
    id_ = newsroom.create(visibility="private")
    refused = newsroom.ask("PATCH", f"/v1/coverages/{id_}", {"title": "T", "visibility": None})
    assert problem(refused, 422, "invalid_field")["field"] == "visibility"
    assert newsroom.ask("GET", f"/v1/coverages/{id_}", token="").status_code == 404
    newsroom.change(id_, visibility="public")
    assert newsroom.ask("GET", f"/v1/coverages/{id_}", token="").status_code == 200
