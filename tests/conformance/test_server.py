"""The server is held to the same cases as its clients: over websocket, server-sent events and pages of changes."""

from __future__ import annotations

from functools import partial

import pytest
from feed_conformance.cases import Case, read_cases

from feed.api.messages import FROM_SERVER
from tests.live.reading import live
from tests.newsroom import Newsroom

from .messages import Messages
from .play import Play
from .readers import EventsReader, WebsocketReader

PLAYABLE = [case for case in read_cases() if case.playable]


@pytest.fixture(scope="module")
def messages(newsroom: Newsroom) -> Messages:
    return Messages(newsroom.get("/asyncapi.json"))


def only_a_hello_is_left(case: Case) -> bool:
    """Where a websocket says hello and closes, a stream answers 204."""
    return {"server sends": ["hello resumed"]} in case.steps


@pytest.mark.parametrize("case", [case for case in PLAYABLE if case.transport == "websocket"], ids=str)
async def test_over_a_websocket(newsroom: Newsroom, messages: Messages, case: Case) -> None:
    await Play(case, newsroom, partial(WebsocketReader, messages.check)).run()


@pytest.mark.parametrize(
    "case", [case for case in PLAYABLE if case.transport != "pages" and not only_a_hello_is_left(case)], ids=str
)
async def test_over_server_sent_events(newsroom: Newsroom, messages: Messages, case: Case) -> None:
    await Play(case, newsroom, partial(EventsReader, messages.check)).run()


@pytest.mark.parametrize("case", [case for case in PLAYABLE if case.transport == "pages"], ids=str)
async def test_in_pages_of_changes(newsroom: Newsroom, messages: Messages, case: Case) -> None:
    await Play(case, newsroom, partial(WebsocketReader, messages.check)).run()


async def test_what_a_server_says_beside_the_log(newsroom: Newsroom, messages: Messages) -> None:
    secret = newsroom.create(visibility="private")
    # When half of its time is over a new one is asked for.
    token = newsroom.make_token(f"read:{secret}", expires_in_s=8)
    async with live(newsroom.url, secret) as reader:
        await reader.say({"type": "auth", "token": token})
        for message in await reader.until("auth"):
            messages.check(message)
        await reader.say({"type": "ping"})
        messages.check((await reader.until("pong"))[-1])
        await reader.say({"type": "weather"})
        messages.check((await reader.until("error"))[-1])
        assert await reader.rest() == []
        assert reader.code == 4001
    assert {"auth", "pong", "error"} <= messages.seen


def test_the_cases_made_the_server_say_nearly_everything(messages: Messages) -> None:
    """What they do not is about how many readers there are, and about nodes that leave."""
    assert set(FROM_SERVER) - messages.seen <= {"audience", "move"}
