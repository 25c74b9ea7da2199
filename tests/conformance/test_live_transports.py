"""The Python client over each transport, on a real server, to the end."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest
from feed_client import Timeline, UnknownCoverage, follow
from feed_client.ways import Transport

from tests.newsroom import Newsroom

PATIENCE_S = 40


@pytest.mark.parametrize("transport", ["websocket", "sse", "poll"])
async def test_a_private_coverage_is_followed_to_its_end(newsroom: Newsroom, transport: Transport) -> None:
    secret = newsroom.create(visibility="private")
    token = newsroom.make_token(f"read:{secret}")
    newsroom.publish(secret, id="before", text="x")
    timeline = Timeline()
    told: list[str] = []
    async with aclosing(follow(newsroom.url, secret, token=token, transports=[transport])) as messages:
        async with asyncio.timeout(PATIENCE_S):
            async for message in messages:
                told.append(message["type"])
                timeline.apply(message)
                if told.count("live") == 1 and message["type"] == "live":
                    newsroom.publish(secret, id="after", text="x")
                elif message["type"] == "entry.published":
                    newsroom.retract(secret, "before", "It was not so.")
                elif message["type"] == "entry.retracted":
                    newsroom.end(secret, successor={"title": "Two", "url": "https://example.org/two"})
    assert told[:3] == ["hello", "snapshot", "live"]
    seen = [type_ for type_ in told[3:] if type_ != "live"]
    assert seen == ["entry.published", "entry.retracted", "coverage.ended"]
    assert {entry["id"]: entry["status"] for entry in timeline.entries} == {"after": "published", "before": "retracted"}
    assert timeline.successor == {"title": "Two", "url": "https://example.org/two"}


@pytest.mark.parametrize("transport", ["websocket", "sse", "poll"])
async def test_who_comes_after_the_end_is_told_of_it(newsroom: Newsroom, transport: Transport) -> None:
    coverage = newsroom.create()
    newsroom.publish(coverage)
    newsroom.end(coverage)
    async with asyncio.timeout(PATIENCE_S):
        told = [message["type"] async for message in follow(newsroom.url, coverage, transports=[transport])]
    assert [type_ for type_ in told if type_ != "live"] == ["hello", "snapshot", "coverage.ended"]


@pytest.mark.parametrize("transport", ["websocket", "sse", "poll"])
async def test_without_a_token_there_is_none(newsroom: Newsroom, transport: Transport) -> None:
    secret = newsroom.create(visibility="private")
    async with asyncio.timeout(PATIENCE_S), aclosing(follow(newsroom.url, secret, transports=[transport])) as messages:
        with pytest.raises(UnknownCoverage):
            await anext(messages)
