"""The server is held to the same cases as its clients: over websocket, server-sent events and pages of changes."""

from __future__ import annotations

from functools import partial

import pytest
from feed_conformance.cases import Case, read_cases

from feed.api.messages import FROM_SERVER
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


def test_the_cases_made_the_server_say_nearly_everything(messages: Messages) -> None:
    """What they do not is about tokens, faults and leaving nodes, which have tests of their own."""
    assert set(FROM_SERVER) - messages.seen <= {"auth", "audience", "error", "move", "pong"}
