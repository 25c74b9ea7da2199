"""Every route, with every kind of token: what is private looks as if it were not there, and is in no list."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest
from starlette.routing import Mount, Route, WebSocketRoute

from feed.app import create_app
from feed.settings import Settings
from tests.newsroom import Newsroom, fresh
from tests.running import wait_until

from .conftest import Guarded
from .provider import signed

MARK = "Unspeakable"
# With nothing to fill in there is no coverage to ask for, only lists that might have one too many.
HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"If-None-Match": "*", "Accept": "text/html"},
    {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"},
)


class Place(NamedTuple):
    """A route: `path` with parameters in braces."""

    path: str
    methods: tuple[str, ...]


def places() -> list[Place]:
    app = create_app(Settings(store="unix:///nowhere", data=Path("nowhere"), admin_token="a-token-of-the-tests"))
    found: dict[str, set[str]] = {}
    for route in app.routes:
        if isinstance(route, Route):
            found.setdefault(route.path, {"OPTIONS"}).update(route.methods or {"GET", "HEAD"})
        else:
            # A websocket's own tests are elsewhere; here it is asked as plain HTTP.
            assert isinstance(route, WebSocketRoute | Mount)
            found.setdefault(route.path, {"GET", "HEAD", "OPTIONS"})
    return [Place(path, tuple(sorted(methods))) for path, methods in sorted(found.items())]


PLACES = places()
OF_A_COVERAGE = [place for place in PLACES if "{coverage}" in place.path]


class Hidden(NamedTuple):
    id: str
    tip: str
    tag: str


@pytest.fixture(scope="module")
def hidden(newsroom: Newsroom) -> Hidden:
    """A private coverage with an entry `a` and one that was taken down."""
    id_ = newsroom.create(id="hidden-1", title=MARK, visibility="private", labels=[MARK])
    newsroom.publish(id_, id="a", text=MARK)
    newsroom.publish(id_, id="gone", text=MARK)
    newsroom.delete(id_, "gone", MARK)
    tag = newsroom.ask("GET", f"/v1/coverages/{id_}").headers["etag"]
    return Hidden(id_, newsroom.tip(id_), tag)


@pytest.fixture(scope="module")
def strangers(newsroom: Newsroom) -> dict[str, str]:
    """Tokens that open nothing here."""
    past = int(time.time()) - 10
    return {
        "none": "",
        "garbage": "not-a-token",
        "unknown": "feed_0123456789ab_" + "x" * 43,
        "of another": newsroom.make_token("read:another", "publish:another-*"),
        "nearly": newsroom.make_token("read:hidden", "read:hidden-", "read:hidden-11", "read:*-zz", "publish:Hidden-1"),
        "jwt of another": signed(scope="read:another publish:another openid"),
        "jwt without scopes": signed(),
        "jwt that ran out": signed(scope="read:another", exp=past),
        "jwt of somebody else": signed("x" * 48, scope="admin read:*"),
        "jwt that is not signed": "eyJhbGciOiJub25lIn0.eyJleHAiOjQwMDAwMDAwMDAsInNjb3BlIjoiYWRtaW4ifQ.e30",
    }


@pytest.fixture(scope="module")
def http(newsroom: Newsroom) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=newsroom.url, timeout=30) as client:
        yield client


def seen(answer: httpx2.Response, id_: str) -> tuple[int, dict[str, str], str]:
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status_code, headers, re.sub(r"nonce-[\w=+/-]+", "nonce", answer.text.replace(id_, "some-id"))


@pytest.mark.parametrize("place", OF_A_COVERAGE, ids=lambda place: place.path)
def test_to_strangers_it_is_as_what_is_not_there(
    http: httpx2.Client, hidden: Hidden, strangers: dict[str, str], place: Place
) -> None:
    queries = ["", f"?after={hidden.tip}", "?after=1-1&wait=1", "?limit=1&before=1-a", "?after=x&limit=x"]
    entries = ["a", "gone", "nothing"] if "{entry}" in place.path else [""]
    for method in place.methods:
        for token in strangers.values():
            for number, entry in enumerate(entries):
                # Not all with all: what is asked for differs from token to token.
                query = queries[(number + len(token)) % len(queries)] if method in ("GET", "HEAD") else ""
                given = {"Authorization": f"Bearer {token}"} if token else {}
                given |= HEADERS[(number + len(token) // 2) % len(HEADERS)]
                if "If-None-Match" in given and number:
                    given["If-None-Match"] = hidden.tag
                one, other = (
                    http.request(
                        method,
                        place.path.format(coverage=id_, entry=entry) + query,
                        headers=given,
                        content=b'{"text":"x","reason":"x","title":"x"}' if method in ("POST", "PATCH") else None,
                    )
                    for id_ in (hidden.id, "hidden-0")
                )
                assert seen(one, hidden.id) == seen(other, "hidden-0")
                assert one.status_code in (400, 401, 403, 404, 405, 422, 426) or method == "OPTIONS"
                assert MARK not in one.text + str(one.headers)


@pytest.mark.parametrize("place", [place for place in PLACES if "{" not in place.path], ids=lambda place: place.path)
def test_no_list_page_or_document_tells_of_it(
    http: httpx2.Client, newsroom: Newsroom, hidden: Hidden, strangers: dict[str, str], place: Place
) -> None:
    unlisted = newsroom.create(id=fresh("unlisted"), title=f"{MARK} too", visibility="unlisted")
    newsroom.publish(unlisted, text=MARK)
    for method in set(place.methods) - {"POST"}:
        for token in strangers.values():
            for query in ("", "?limit=500&status=live,scheduled,ended"):
                headers = {"Authorization": f"Bearer {token}"} if token else {}
                answer = http.request(method, place.path + query, headers=headers)
                assert answer.status_code < 500
                for word in (MARK, hidden.id, unlisted):
                    assert word not in answer.text + str(answer.headers)


def test_every_write_without_a_right_to_it_is_refused_and_changes_nothing(
    http: httpx2.Client, newsroom: Newsroom, hidden: Hidden, strangers: dict[str, str]
) -> None:
    readers = {"reads": newsroom.make_token("read:*"), "jwt reads": signed(scope="read:*")}
    writes = [
        (place, method) for place in PLACES for method in place.methods if method in ("POST", "PATCH", "DELETE", "PUT")
    ]
    assert len(writes) >= 10
    before = newsroom.get("/v1/tokens")
    for place, method in writes:
        for name, token in (strangers | readers).items():
            path = place.path.format(coverage=hidden.id, entry="a", token="x")
            headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"} if token else {}
            answer = http.request(method, path, headers=headers, content=b'{"title":"x"}')
            assert answer.status_code in (401, 403), (name, method, path)
            assert answer.headers["content-type"] == "application/problem+json"
    assert newsroom.tip(hidden.id) == hidden.tip
    assert newsroom.get("/v1/tokens") == before


def is_over(http: httpx2.Client, path: str, headers: dict[str, str]) -> bool:
    return http.get(path, headers=headers).status_code == 401


def test_who_has_to_renew_a_token_learns_no_more_than_that(
    guarded: Guarded, http: httpx2.Client, hidden: Hidden
) -> None:
    """It would have opened both, the one that is there and the one that is not: both say that it ran out."""
    for token in (
        guarded.newsroom.make_token("read:hidden-*", expires_in_s=1),
        signed(scope="read:hidden-*", exp=int(time.time()) - 1),
    ):
        headers = {"Authorization": f"Bearer {token}"}
        path = f"/v1/coverages/{hidden.id}"
        wait_until(partial(is_over, http, path, headers))
        for place in OF_A_COVERAGE:
            if "GET" in place.methods and place.path.startswith("/v1/"):
                one, other = (
                    http.get(place.path.format(coverage=id_, entry="a"), headers=headers)
                    for id_ in (hidden.id, "hidden-0")
                )
                assert seen(one, hidden.id) == seen(other, "hidden-0")


def test_who_may_publish_may_read_and_who_may_read_may_not_publish(newsroom: Newsroom, hidden: Hidden) -> None:
    path = f"/v1/coverages/{hidden.id}"
    for token in (newsroom.make_token("publish:hidden-*"), signed(scope=f"publish:{hidden.id}")):
        assert newsroom.ask("GET", f"{path}/entries", token=token).status_code == 200
    for token in (newsroom.make_token("read:hidden-*"), signed(scope=f"read:{hidden.id}")):
        assert newsroom.ask("GET", f"{path}/entries", token=token).status_code == 200
        assert newsroom.ask("POST", f"{path}/entries", {"text": "x"}, token=token).status_code == 403
        # There is no page of what is private, for nobody.
        assert newsroom.ask("GET", f"/c/{hidden.id}", token=token).status_code == 404
