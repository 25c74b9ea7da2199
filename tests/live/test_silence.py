"""Readers that fall silent, and readers that take nothing: they harm nobody but themselves."""

from __future__ import annotations

import asyncio
import json
import re
import time
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest

from feed import app
from feed.live.heartbeat import Heartbeat
from feed.live.socket import LiveSocket
from tests.newsroom import Newsroom
from tests.running import ServerProcess, StoreProcess

from .rawsocket import CLOSE, PING, PONG, TEXT, Raw, raw
from .reading import is_chained, live
from .serving import served


@pytest.mark.parametrize("visibility", ["public", "private"])
async def test_a_reader_that_answers_no_ping_is_let_go_and_one_that_does_stays(
    valkey: StoreProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, visibility: str
) -> None:
    monkeypatch.setattr(app, "Heartbeat", lambda: Heartbeat(second=0.01))
    async with served(valkey, tmp_path, ws=LiveSocket) as place:
        headers = {"Authorization": f"Bearer {place.admin_token}"}
        async with httpx2.AsyncClient(base_url=place.url, headers=headers) as http:
            made = await http.post("/v1/coverages", json={"title": "T", "visibility": visibility})
            coverage = made.json()["id"]
            async with (
                raw(place.url, coverage, token=place.admin_token) as silent,
                raw(place.url, coverage, token=place.admin_token) as awake,
            ):
                heard, pinged = await asyncio.gather(until_closed(silent), answer_pings(awake, 5))
                assert heard == [PING, PING, (4205).to_bytes(2, "big")]
                assert pinged == 5
                assert 'feed_dropped_total{reason="silent"} 1.0' in (await http.get("/metrics")).text
                await http.post(f"/v1/coverages/{coverage}/entries", json={"text": "x"})
                while (frame := await awake.frame())[0] != TEXT:
                    pass
                assert json.loads(frame[1])["type"] == "entry.published"


async def until_closed(socket: Raw) -> list[Any]:
    """What came but for messages: the opcodes, and what is in the closing frame."""
    heard: list[Any] = []
    while True:
        opcode, payload = await socket.frame()
        if opcode == CLOSE:
            return [*heard, payload]
        if opcode != TEXT:
            heard.append(opcode)


async def answer_pings(socket: Raw, count: int) -> int:
    answered = 0
    while answered < count:
        opcode, payload = await socket.frame()
        if opcode == PING:
            await socket.send(PONG, payload)
            answered += 1
    return answered


T = TypeVar("T")
ENTRIES, STALLED = 2_000, 30
DRAFTS = [{"text": "x" * 1_000}] * 500


def resident(server: ServerProcess) -> int:
    """Bytes of memory that the server has now."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


@pytest.mark.parametrize("visibility", ["public", "private"])
async def test_readers_that_take_nothing_delay_nobody_and_cost_no_memory(
    newsroom: Newsroom, server: ServerProcess, visibility: str
) -> None:
    coverage = newsroom.create(visibility=visibility)
    start, token = newsroom.tip(coverage), newsroom.token
    async with AsyncExitStack() as stack:

        async def enter(connection: AbstractAsyncContextManager[T]) -> T:
            return await stack.enter_async_context(connection)

        stalled = [await enter(raw(server.url, coverage, token=token, buffer=4_096)) for _ in range(STALLED)]
        following = [
            await enter(live(server.url, coverage, f"after={start}", token=token, deflate=deflate))
            for deflate in (True, False, False)
        ]
        for one in following:
            await one.until("live")
        before = resident(server)
        taking = asyncio.gather(*(one.take(ENTRIES) for one in following))
        for _ in range(ENTRIES // len(DRAFTS)):
            await asyncio.to_thread(newsroom.publish_many, coverage, DRAFTS)
        for told in await taking:
            assert is_chained(told, start)
        # All of it for each of them would be twice as much.
        assert resident(server) - before < STALLED * ENTRIES * 1_000 / 2
        began = time.monotonic()
        receipt = await asyncio.to_thread(newsroom.publish, coverage)
        for one in following:
            assert (await one.next())["cursor"] == receipt["cursor"]
        assert time.monotonic() - began < 2
        # Whoever reads again goes on where it was, or begins anew, and comes to the same place.
        for socket in stalled[:3]:
            assert await caught_up(socket) == receipt["cursor"]


async def caught_up(socket: Raw) -> str:
    """Reads until it is live again, and says where that is. Fails for a gap or a duplicate."""
    cursor, lives = None, 0
    while lives < 2:
        opcode, payload = await socket.frame()
        if opcode != TEXT:
            continue
        message = json.loads(payload)
        match message["type"]:
            case "hello":
                assert message["mode"] in ("snapshot", "reset")
                assert message.get("reason", "behind") == "behind"
            case "snapshot":
                cursor = message["cursor"]
            case "live":
                lives += 1
            case _:
                assert message["prev"] == cursor
                cursor = message["cursor"]
    return str(cursor)
