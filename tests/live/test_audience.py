"""Readers are told how many they are, if the operator wants that, on every transport that stays open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.newsroom import Newsroom
from tests.running import running_server

from .events import stream
from .reading import live


@pytest.fixture(scope="module")
def counting() -> Iterator[Newsroom]:
    with running_server(FEED_AUDIENCE="true") as server, Newsroom(server) as newsroom:
        yield newsroom


async def test_readers_hear_how_many_they_are_and_who_comes_later_at_once(counting: Newsroom) -> None:
    coverage = counting.create()
    async with live(counting.url, coverage) as reader, stream(counting.url, coverage) as events:
        heard = (await reader.until("audience"))[-1]
        told = (await events.until("audience"))[-1]
        assert heard["count"] in (1, 2)
        assert (told.data, told.id) == (heard, None)
        async with live(counting.url, coverage) as late:
            await late.until("live")
            assert await late.next() == heard
        # It has no place in the log.
        cursor = counting.publish(coverage)["cursor"]
        assert (await reader.next())["cursor"] == cursor


async def test_the_readers_of_a_private_coverage_are_counted_for_themselves_alone(counting: Newsroom) -> None:
    secret, public = counting.create(visibility="private"), counting.create()
    async with live(counting.url, secret, token=counting.token) as insider, live(counting.url, public) as reader:
        assert (await insider.until("audience"))[-1] == {"type": "audience", "count": 1}
        assert (await reader.until("audience"))[-1] == {"type": "audience", "count": 1}


async def test_nothing_is_counted_unless_that_is_wanted(newsroom: Newsroom, coverage: str) -> None:
    async with live(newsroom.url, coverage) as reader:
        await reader.until("live")
        newsroom.end(coverage)
        assert [message["type"] for message in await reader.rest()] == ["coverage.ended"]
        with newsroom.keeper() as keeper:
            assert not list(keeper.scan_iter("*:audience"))
