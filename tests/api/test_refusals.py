"""What the API refuses: always a problem document (RFC 9457) that says what is wrong, and never half a change."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from tests.newsroom import Newsroom, problem
from tests.running import ServerProcess, running_server

Request = tuple[str, str, Any]
WRITES: list[Request] = [
    ("POST", "/v1/coverages", {"title": "T"}),
    ("PATCH", "/v1/coverages/{coverage}", {"title": "T"}),
    ("POST", "/v1/coverages/{coverage}/end", {}),
    ("POST", "/v1/coverages/{coverage}/reopen", None),
    ("POST", "/v1/coverages/{coverage}/entries", {"text": "x"}),
    ("PATCH", "/v1/coverages/{coverage}/entries/a", {"text": "y"}),
    ("DELETE", "/v1/coverages/{coverage}/entries/a", None),
    ("POST", "/v1/coverages/{coverage}/entries/a/retract", {"reason": "r"}),
]
ADMINISTRATION: list[Request] = [
    ("GET", "/v1/tokens", None),
    ("POST", "/v1/tokens", {"scopes": ["admin"]}),
    ("DELETE", "/v1/tokens/0123456789ab", None),
]
WITH_BODY = [write for write in WRITES if write[2] is not None]


@pytest.fixture
def coverage(newsroom: Newsroom) -> str:
    """With an entry `a`."""
    id_ = newsroom.create()
    newsroom.publish(id_, id="a", text="x")
    return id_


@pytest.mark.parametrize(("method", "path", "document"), WRITES + ADMINISTRATION)
def test_without_a_token_nothing_is_written(
    newsroom: Newsroom, coverage: str, method: str, path: str, document: Any
) -> None:
    tip = newsroom.tip(coverage)
    place = path.format(coverage=coverage)
    for headers in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}):
        answer = newsroom.ask(method, place, document, token="", headers=headers)
        problem(answer, 401, "not_authenticated")
        assert answer.headers["www-authenticate"] == "Bearer"
    for token in ("x", newsroom.token + "x", "feed_0123456789ab_" + "x" * 43):
        problem(newsroom.ask(method, place, document, token=token), 401, "not_authenticated")
    assert newsroom.tip(coverage) == tip


@pytest.mark.parametrize(("method", "path", "document"), WRITES + ADMINISTRATION)
def test_a_token_does_no_more_than_its_scopes(
    newsroom: Newsroom, coverage: str, method: str, path: str, document: Any
) -> None:
    tip = newsroom.tip(coverage)
    for token in (newsroom.make_token("publish:another-*"), newsroom.make_token("read:*")):
        refused = newsroom.ask(method, path.format(coverage=coverage), document, token=token)
        assert problem(refused, 403, "not_allowed")["scope"] in ("admin", "publish:*", f"publish:{coverage}")
    assert newsroom.tip(coverage) == tip


def test_a_token_with_the_scope_writes(newsroom: Newsroom, coverage: str) -> None:
    token = newsroom.make_token(f"publish:{coverage}")
    for method, path, document in WRITES[1:]:
        answer = newsroom.ask(method, path.format(coverage=coverage), document, token=token)
        assert answer.status_code in (200, 201, 409, 410), answer.text
    own = {"id": f"{coverage}-own", "title": "T"}
    problem(newsroom.ask("POST", "/v1/coverages", own, token=token), 403, "not_allowed")
    wide = newsroom.make_token(f"publish:{coverage}*")
    assert newsroom.ask("POST", "/v1/coverages", own, token=wide).status_code == 201
    # Whoever may publish only into some coverages chooses the id: one that is made up might not be among them.
    problem(newsroom.ask("POST", "/v1/coverages", {"title": "T"}, token=wide), 403, "not_allowed")


@pytest.mark.parametrize(("method", "path", "document"), WRITES[1:])
def test_an_unknown_coverage_is_not_found(newsroom: Newsroom, method: str, path: str, document: Any) -> None:
    problem(newsroom.ask(method, path.format(coverage="nothing"), document), 404, "unknown_coverage")


@pytest.mark.parametrize(
    "path", ["", "/entries", "/entries?after=1-1", "/entries/a", "/entries/a/revisions", "/events"]
)
@pytest.mark.parametrize("id_", ["nothing", "%00", "%F0%9F%8C%8A", "a" * 3_000, "..%2e", "*", "{c}:x"])
def test_an_id_that_is_none_is_an_unknown_coverage(newsroom: Newsroom, path: str, id_: str) -> None:
    problem(newsroom.ask("GET", f"/v1/coverages/{id_}{path}"), 404, "unknown_coverage")


# ---------------------------------------------------------------- bodies


@pytest.mark.parametrize(("method", "path", "document"), WITH_BODY)
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_body"),
        (b"title=T", 400, "malformed_body"),
        (b"[]", 422, "invalid_field"),
        (b"null", 422, "invalid_field"),
        (b'"x"', 422, "invalid_field"),
        (b"[" * 10_000, 422, "invalid_field"),
    ],
)
def test_a_body_that_is_none_is_refused(
    newsroom: Newsroom, coverage: str, method: str, path: str, document: Any, body: bytes, status: int, code: str
) -> None:
    answer = newsroom.ask(
        method, path.format(coverage=coverage), body=body, headers={"Content-Type": "application/json; charset=utf-8"}
    )
    problem(answer, status, code)


@pytest.mark.parametrize(
    "body", [b'{"text":"x"}{}', b'{"text":"\xff"}', b'{"text":"\\ud800"}', b'\xef\xbb\xbf{"text":"x"}']
)
def test_a_body_that_is_not_json_in_utf_8_to_its_end_is_malformed(
    newsroom: Newsroom, coverage: str, body: bytes
) -> None:
    problem(newsroom.ask("POST", f"/v1/coverages/{coverage}/entries", body=body), 400, "malformed_body")


@pytest.mark.parametrize(("method", "path", "document"), WITH_BODY)
def test_an_unknown_field_is_named_with_those_that_are_known(
    newsroom: Newsroom, coverage: str, method: str, path: str, document: Any
) -> None:
    answer = newsroom.ask(method, path.format(coverage=coverage), document | {"surprise": 1})
    refused = problem(answer, 422, "invalid_field")
    assert refused["field"] == "surprise"
    assert set(document) <= set(refused["allowed"])


@pytest.mark.parametrize(
    ("draft", "field", "allowed"),
    [
        ({"blocks": [{"type": "gallery", "images": [{"alt": "x"}, {"alt": 3}]}]}, "blocks[0].images[1].alt", None),
        ({"text": "x", "authors": [{"name": "n", "url": "javascript:x"}]}, "authors[0].url", None),
        (
            {"text": "x", "verification": {"status": "sure"}},
            "verification.status",
            ["claim", "confirmed", "unverified"],
        ),
        ({"text": "x", "importance": 9}, "importance", [1, 2, 3]),
        ({"text": "x", "id": "a b"}, "id", None),
        ({"text": "x", "id": "x" * 129}, "id", None),
        ({"text": "x", "display_at": "2026-11-23 03:33"}, "display_at", None),
        ({"text": "x", "headline": "x" * 1_001}, "headline", None),
        ({"text": "x", "markdown": "y"}, "text", None),
        ({"images": [{"alt": ""}]}, "images[0].url", None),
        ({"text": "\x00 \n"}, "text", None),
        ({}, "text", None),
    ],
)
def test_a_wrong_value_is_named_however_deep_it_lies(
    newsroom: Newsroom, coverage: str, draft: Any, field: str, allowed: list[Any] | None
) -> None:
    refused = problem(newsroom.ask("POST", f"/v1/coverages/{coverage}/entries", draft), 422, "invalid_field")
    assert (refused["field"], refused.get("allowed")) == (field, allowed)
    assert len(newsroom.entries(coverage)["entries"]) == 1


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({}, "title"),
        ({"title": " "}, "title"),
        ({"title": "T", "id": "-a"}, "id"),
        ({"title": "T", "id": "a/b"}, "id"),
        ({"title": "T", "timezone": "Europe/Londom"}, "timezone"),
        ({"title": "T", "language": "english, please"}, "language"),
        ({"title": "T", "visibility": "secret"}, "visibility"),
        ({"title": "T", "starts_at": "tomorrow"}, "starts_at"),
        ({"title": "T", "key_points": ["x", 1]}, "key_points[1]"),
        ({"title": "T", "created_at": "1066-10-14T09:00:00Z"}, "created_at"),
        ({"title": "T", "status": "ended"}, "status"),
    ],
)
def test_a_coverage_that_cannot_be_made_is_explained(newsroom: Newsroom, draft: Any, field: str) -> None:
    assert problem(newsroom.ask("POST", "/v1/coverages", draft), 422, "invalid_field")["field"] == field


@pytest.mark.parametrize(("method", "path", "document"), WITH_BODY)
@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "x"])
def test_a_body_of_another_type_is_refused(
    newsroom: Newsroom, coverage: str, method: str, path: str, document: Any, media: str
) -> None:
    answer = newsroom.ask(
        method,
        path.format(coverage=coverage),
        body=json.dumps(document).encode() or b"{}",
        headers={"Content-Type": media},
    )
    assert "application/json" in problem(answer, 415, "unsupported_media_type")["detail"]


def test_the_type_may_be_written_in_any_way_and_left_out(newsroom: Newsroom, coverage: str) -> None:
    path = f"/v1/coverages/{coverage}/entries"
    for headers in ({"Content-Type": "Application/JSON;charset=UTF-8"}, {}):
        assert newsroom.ask("POST", path, body=b'{"text":"x"}', headers=headers).status_code == 201


def test_a_body_that_is_too_large_is_refused(newsroom: Newsroom, coverage: str) -> None:
    path = f"/v1/coverages/{coverage}/entries"
    largest = 1024 * 1024
    fits = json.dumps({"text": "x" * 100_000, "headline": "h"}).encode()
    assert newsroom.ask("POST", path, body=fits + b" " * (largest - len(fits))).status_code == 201
    refused = problem(newsroom.ask("POST", path, body=fits + b" " * (largest - len(fits) + 1)), 413, "body_too_large")
    assert refused["limit"] == largest
    assert len(newsroom.entries(coverage)["entries"]) == 2


def test_a_body_without_a_length_is_refused_as_soon_as_it_is_too_large(server: ServerProcess, coverage: str) -> None:
    head = (
        f"POST /v1/coverages/{coverage}/entries HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.admin_token}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head.encode() + chunk * 17)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413")


def test_the_limit_of_a_body_is_a_setting() -> None:
    with running_server(FEED_MAX_BODY="200", FEED_MAX_BATCH="2") as server, Newsroom(server) as newsroom:
        coverage = newsroom.create()
        path = f"/v1/coverages/{coverage}/entries"
        assert problem(newsroom.ask("POST", path, {"text": "x" * 200}), 413, "body_too_large")["limit"] == 200
        batch = newsroom.ask("POST", path, body=b'{"text":"x"}\n' * 3, headers={"Content-Type": "application/x-ndjson"})
        problem(batch, 413, "body_too_large")


# ---------------------------------------------------------------- places and methods


@pytest.mark.parametrize("path", ["/v1", "/v1/nothing", "/v1/coverages/c/nothing", "/v2/coverages", "/c", "/metrics/x"])
def test_a_place_where_nothing_is_is_not_found(newsroom: Newsroom, path: str) -> None:
    assert path in problem(newsroom.ask("GET", path), 404, "not_found")["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/coverages/{coverage}", {"GET", "HEAD", "PATCH"}),
        ("DELETE", "/v1/coverages/{coverage}", {"GET", "HEAD", "PATCH"}),
        ("DELETE", "/v1/coverages", {"GET", "HEAD", "POST"}),
        ("GET", "/v1/coverages/{coverage}/end", {"POST"}),
        ("PUT", "/v1/coverages/{coverage}/entries/a", {"GET", "HEAD", "PATCH", "DELETE"}),
        ("POST", "/healthz", {"GET", "HEAD"}),
    ],
)
def test_a_method_that_is_not_possible_is_answered_with_those_that_are(
    newsroom: Newsroom, coverage: str, method: str, path: str, allowed: set[str]
) -> None:
    answer = newsroom.ask(method, path.format(coverage=coverage))
    assert method in problem(answer, 405, "method_not_allowed")["detail"]
    assert set(answer.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize("host", ["127.0.0.1", "elsewhere.example"])
def test_a_slash_behind_an_address_leads_to_it_by_the_path_alone(newsroom: Newsroom, coverage: str, host: str) -> None:
    """The name that a request came with may be one that only a proxy knows."""
    for path, place in (
        (f"/c/{coverage}/", f"/c/{coverage}"),
        (f"/c/{coverage}//?before=1-a", f"/c/{coverage}?before=1-a"),
        (f"/c/{coverage}/e/%3A/", f"/c/{coverage}/e/%3A"),
        ("/v1/coverages/?limit=5", "/v1/coverages?limit=5"),
        ("/v1/coverages/nothing/live/", "/v1/coverages/nothing/live"),
        ("/healthz/", "/healthz"),
    ):
        answer = newsroom.ask("GET", path, headers={"Host": host})
        assert (answer.status_code, answer.headers["location"]) == (307, place)
    posted = newsroom.ask("POST", f"/v1/coverages/{coverage}/end/", {}, headers={"Host": host})
    assert (posted.status_code, posted.headers["location"]) == (307, f"/v1/coverages/{coverage}/end")


@pytest.mark.parametrize("path", ["//elsewhere.example/", "//elsewhere.example/c/x/", "/nothing/", "/c/", "/%2F/"])
def test_a_slash_leads_nowhere_where_nothing_is(server: ServerProcess, path: str) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert connection.recv(65_536).startswith(b"HTTP/1.1 404 ")


# ---------------------------------------------------------------- other sites


def test_any_site_may_ask_and_read_what_it_needs(newsroom: Newsroom, coverage: str) -> None:
    origin = {"Origin": "https://news.example.org"}
    answer = newsroom.ask("GET", f"/v1/coverages/{coverage}/entries", token="", headers=origin)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "etag" in answer.headers["access-control-expose-headers"].lower()
    assert "access-control-allow-credentials" not in answer.headers
    asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "If-Match, Idempotency-Key"}
    preflight = newsroom.ask("OPTIONS", f"/v1/coverages/{coverage}", token="", headers=origin | asked)
    assert preflight.status_code == 200
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    refused = newsroom.ask("GET", "/v1/coverages/nothing", headers=origin)
    assert refused.headers["access-control-allow-origin"] == "*"


def test_only_sites_that_are_set_may_ask_when_some_are() -> None:
    with (
        running_server(FEED_ALLOWED_ORIGINS="https://a.example,https://b.example") as server,
        Newsroom(server) as newsroom,
    ):
        for origin, allowed in (("https://b.example", "https://b.example"), ("https://c.example", None)):
            answer = newsroom.ask("GET", "/v1/coverages", headers={"Origin": origin})
            assert answer.headers.get("access-control-allow-origin") == allowed


@pytest.mark.parametrize("address", ["https://[::1", "https://]", "https://x\u2100y", "https://e.com:99999999/v"])
def test_an_address_that_nobody_could_open_is_refused_at_its_place(
    newsroom: Newsroom, coverage: str, address: str
) -> None:
    """One that was taken made the coverage's page fail."""
    entries, head = f"/v1/coverages/{coverage}/entries", f"/v1/coverages/{coverage}"
    sent: list[tuple[str, str, Any, str]] = [
        ("POST", entries, {"text": "a", "images": [{"url": address, "alt": "a"}]}, "images[0].url"),
        ("POST", entries, {"text": "a", "links": [{"url": address, "title": "t"}]}, "links[0].url"),
        ("POST", entries, {"blocks": [{"type": "video", "url": address}]}, "blocks"),
        ("POST", entries, {"text": "a", "authors": [{"name": "n", "avatar": address}]}, "authors[0].avatar"),
        ("PATCH", head, {"image": {"url": address}}, "image.url"),
        ("POST", f"{head}/end", {"successor": {"title": "t", "url": address}}, "successor.url"),
    ]
    for method, path, document, field in sent:
        refused = problem(newsroom.ask(method, path, document), 422, "invalid_field")
        assert refused["field"] == field
