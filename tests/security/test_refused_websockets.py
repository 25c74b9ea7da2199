"""Websockets that are refused: none is told sooner than another, and none is held."""

from __future__ import annotations

import asyncio
import time

import pytest

from feed.live.websocket import REFUSED_AFTER_S
from tests.live.reading import live, types
from tests.newsroom import Newsroom, fresh


@pytest.fixture
def secret(newsroom: Newsroom) -> str:
    return newsroom.create(id=fresh("secret"), visibility="private")


@pytest.mark.parametrize("how", ["header", "message", "misuse"])
async def test_what_is_private_and_what_is_not_there_take_as_long(newsroom: Newsroom, secret: str, how: str) -> None:
    """A store that is asked, and one that is not, are both done long before the answer goes out."""
    for id_ in (secret, "secret-0", secret):
        began = time.monotonic()
        async with live(newsroom.url, id_, "limit=5", token="no" if how == "header" else None) as reader:
            if how != "header":
                await reader.say({"type": "auth" if how == "message" else "ping", "token": "no"})
            assert types(await reader.rest()) == ["error"]
        assert time.monotonic() - began > REFUSED_AFTER_S
        assert reader.code == (4001 if how == "misuse" else 4004)


async def test_who_goes_on_talking_is_let_go_all_the_same(newsroom: Newsroom, secret: str) -> None:
    async with live(newsroom.url, secret, token="no") as reader:
        # It is not asked for any more, so nobody takes it; the closing comes behind it.
        for _ in range(3):
            await reader.say({"type": "auth", "token": "no"})
        async with asyncio.timeout(9):
            assert types(await reader.rest()) == ["error"]
    assert reader.code == 4004
