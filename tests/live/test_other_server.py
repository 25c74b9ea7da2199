"""The app on uvicorn's own websocket protocol: slower with many readers, and the same to each of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from tests.newsroom import fresh
from tests.running import StoreProcess

from .reading import is_chained, live, types
from .serving import ADMIN, served


class Place:
    """A server with a coverage of the test's own."""

    def __init__(self, url: str, http: httpx2.AsyncClient) -> None:
        self.url = url
        self.coverage = fresh("other")
        self._http = http

    async def ask(self, method: str, path: str, document: Any = None) -> Any:
        answer = await self._http.request(method, f"/v1/coverages{path}", json=document)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def publish(self) -> Any:
        return await self.ask("POST", f"/{self.coverage}/entries", {"text": "x"})


@pytest.fixture
async def place(valkey: StoreProcess, tmp_path: Path) -> AsyncIterator[Place]:
    async with (
        served(valkey, tmp_path, ws="websockets-sansio") as server,
        httpx2.AsyncClient(base_url=server.url, headers={"Authorization": f"Bearer {ADMIN}"}) as http,
    ):
        place = Place(server.url, http)
        await place.ask("POST", "", {"id": place.coverage, "title": "T"})
        yield place


async def test_a_reader_follows_leaves_returns_and_hears_the_end(place: Place) -> None:
    await place.publish()
    async with live(place.url, place.coverage, deflate=True) as reader:
        assert types(await reader.until("live")) == ["hello", "snapshot", "live"]
        receipt = await place.publish()
        assert (await reader.next())["cursor"] == receipt["cursor"]
        await reader.say({"type": "ping"})
        assert await reader.next() == {"type": "pong"}
    await place.publish()
    async with live(place.url, place.coverage, f"after={receipt['cursor']}") as reader:
        told = await reader.until("live")
        assert types(told) == ["hello", "entry.published", "live"]
        await place.ask("POST", f"/{place.coverage}/end", {"entry": {"text": "x"}})
        told += await reader.rest()
        assert is_chained([message for message in told if "prev" in message], receipt["cursor"])
        assert (told[-1]["type"], reader.code) == ("coverage.ended", 1000)


async def test_refusals_are_the_same(place: Place) -> None:
    async with live(place.url, place.coverage, "after=x") as reader:
        (error,) = await reader.rest()
        assert (error["code"], reader.code) == ("malformed_cursor", 4001)
    async with live(place.url, place.coverage, subprotocols=["feed.v9"]) as reader:
        await reader.rest()
        assert (reader.socket.subprotocol, reader.code) == ("feed.v9", 4009)
    for said in ("x", b"x"):
        async with live(place.url, place.coverage) as reader:
            await reader.until("live")
            await reader.socket.send(said)
            (error,) = await reader.rest()
            assert (error["code"], reader.code) == ("bad_message", 4001)
    async with live(place.url, "nothing", token="not-a-token") as reader:
        (error,) = await reader.rest()
        assert (error["code"], reader.code) == ("unknown_coverage", 4004)


async def test_what_becomes_private_is_for_who_shows_a_token(place: Place) -> None:
    async with live(place.url, place.coverage) as stranger, live(place.url, place.coverage) as reader:
        await stranger.until("live")
        await reader.until("live")
        await reader.say({"type": "auth", "token": ADMIN})
        await reader.say({"type": "ping"})
        assert await reader.next() == {"type": "pong"}
        await place.ask("PATCH", f"/{place.coverage}", {"visibility": "private"})
        (error,) = await stranger.rest()
        assert (error["code"], stranger.code) == ("unknown_coverage", 4004)
        assert (await reader.next())["coverage"]["visibility"] == "private"
        await place.publish()
        assert (await reader.next())["type"] == "entry.published"


async def test_a_reader_that_vanishes_is_forgotten(place: Place) -> None:
    async with live(place.url, place.coverage) as reader:
        await reader.until("live")
        reader.socket.transport.abort()
        with pytest.raises(ConnectionClosed):
            await reader.socket.recv()
    async with httpx2.AsyncClient(base_url=place.url) as http, asyncio.timeout(10):
        while "feed_subscribers 0.0" not in (await http.get("/metrics")).text:
            await place.publish()
