"""The producer over real HTTP, against a server that does what the test says."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from scripted import Answer, http_server

from feed_client import FeedProblem, Producer, Unreachable
from feed_client import requests as requests_module

RECEIPT = {"entry": {"id": "e1"}, "cursor": "1-0", "durability": {"fsync": "always", "replicas": 0}}


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests_module, "backoff", lambda attempt, chance: 0.01)


async def test_an_entry_is_published_with_the_token_and_a_key() -> None:
    async with http_server((201, {}, RECEIPT)) as (url, asked), Producer(url, "secret") as producer:
        receipt = await producer.publish("c", headline="Hello", display_at=datetime(2026, 11, 23, 3, 33, tzinfo=UTC))
    assert receipt["cursor"] == "1-0"
    (request,) = asked
    assert (request.method, request.target) == ("POST", "/v1/coverages/c/entries")
    assert request.headers["authorization"] == "Bearer secret"
    assert len(request.headers["idempotency-key"]) >= 20
    assert request.document == {"headline": "Hello", "display_at": "2026-11-23T03:33:00.000Z"}


async def test_a_write_is_repeated_with_the_same_key_until_it_is_answered() -> None:
    busy: Answer = (503, {"Retry-After": "0"}, {"code": "store_unavailable"})
    limited: Answer = (429, {}, {"code": "too_many_requests", "retry_after_ms": 5})
    async with http_server(None, busy, limited, (201, {}, RECEIPT)) as (url, asked), Producer(url) as producer:
        await producer.publish("c", text="x")
    assert len(asked) == 4
    assert len({request.headers["idempotency-key"] for request in asked}) == 1
    assert len({request.body for request in asked}) == 1


async def test_two_writes_have_two_keys_and_a_given_key_is_used() -> None:
    async with http_server((201, {}, RECEIPT)) as (url, asked), Producer(url) as producer:
        await producer.publish("c", text="x")
        await producer.publish("c", text="x")
        await producer.publish("c", text="x", key="mine")
    keys = [request.headers["idempotency-key"] for request in asked]
    assert len(set(keys)) == 3
    assert keys[2] == "mine"


async def test_a_refusal_is_raised_at_once_with_all_that_the_server_said() -> None:
    problem = {"type": "about:blank", "code": "invalid_field", "detail": "Too long.", "field": "headline", "max": 1000}
    async with http_server((422, {}, problem)) as (url, asked), Producer(url) as producer:
        with pytest.raises(FeedProblem, match=r"headline: Too long\.") as raised:
            await producer.publish("c", headline="x")
    assert len(asked) == 1
    assert (raised.value.status, raised.value.code, raised.value.field) == (422, "invalid_field", "headline")
    assert raised.value.problem["max"] == 1000


async def test_a_refusal_by_something_that_is_no_feed_server_is_still_readable() -> None:
    async with http_server((500, {}, "oops")) as (url, _), Producer(url) as producer:
        with pytest.raises(FeedProblem) as raised:
            await producer.get("c")
    assert (raised.value.code, raised.value.detail) == ("http_500", "HTTP 500")


async def test_the_deadline_ends_the_repeating() -> None:
    async with http_server((503, {}, {"detail": "Store down."})) as (url, asked):
        async with Producer(url, deadline_s=0.2) as producer:
            with pytest.raises(FeedProblem, match="Store down"):
                await producer.publish("c", text="x")
        assert len(asked) > 1
    async with Producer(url, deadline_s=0.0) as producer:
        with pytest.raises(Unreachable, match=url):
            await producer.publish("c", text="x")


async def test_advice_longer_than_the_deadline_is_not_waited_for() -> None:
    async with http_server((503, {"Retry-After": "3600"}, {})) as (url, asked), Producer(url) as producer:
        with pytest.raises(FeedProblem):
            await producer.publish("c", text="x")
    assert len(asked) == 1


async def test_many_entries_go_in_one_request_one_a_line() -> None:
    answer = {"receipts": [RECEIPT, RECEIPT], "durability": RECEIPT["durability"]}
    async with (
        http_server((200, {"Idempotent-Replay": "true"}, answer)) as (url, asked),
        Producer(url) as producer,
    ):
        receipt = await producer.publish_many("c", [{"text": "a\nb"}, {"text": "Երևան"}])
    assert receipt["replayed"]
    assert asked[0].headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line) for line in asked[0].body.split(b"\n")] == [{"text": "a\nb"}, {"text": "Երևան"}]


async def test_a_revision_is_asked_for_with_if_match() -> None:
    async with http_server((200, {}, RECEIPT)) as (url, asked), Producer(url) as producer:
        await producer.revise("c", "e:1", revision=3, headline=None, correction="The name was wrong.")
        await producer.retract("c", "e/1", "Not confirmed.")
    assert asked[0].method == "PATCH"
    assert asked[0].target == "/v1/coverages/c/entries/e%3A1"
    assert asked[0].headers["if-match"] == '"3"'
    assert asked[0].document == {"headline": None, "correction": "The name was wrong."}
    assert asked[1].target == "/v1/coverages/c/entries/e%2F1/retract"


async def test_pages_are_read_to_the_last() -> None:
    first: Answer = (200, {}, {"entries": [{"id": "c"}, {"id": "b"}], "cursor": "3-0", "next": "there"})
    last: Answer = (200, {}, {"entries": [{"id": "a"}], "cursor": "3-0"})
    async with http_server(first, last) as (url, asked), Producer(url) as producer:
        ids = [entry["id"] async for entry in producer.entries("c", limit=2)]
    assert ids == ["c", "b", "a"]
    assert [request.target for request in asked] == [
        "/v1/coverages/c/entries?limit=2",
        "/v1/coverages/c/entries?limit=2&before=there",
    ]


async def test_a_token_is_made_and_revoked() -> None:
    made = {"id": "t1", "token": "secret", "scopes": ["read:c"]}
    async with http_server((201, {}, made), (204, {}, None)) as (url, asked), Producer(url) as producer:
        assert await producer.create_token(["read:c"], name="App", expires_in_s=60) == made
        await producer.revoke_token("t1")
    assert asked[0].document == {"scopes": ["read:c"], "name": "App", "expires_in_s": 60}
    assert (asked[1].method, asked[1].target) == ("DELETE", "/v1/tokens/t1")


async def test_a_time_without_a_zone_is_refused_before_it_is_sent() -> None:
    async with Producer("http://127.0.0.1:1") as producer:
        with pytest.raises(ValueError, match="zone"):
            await producer.publish("c", text="x", display_at=datetime(2026, 11, 23))
