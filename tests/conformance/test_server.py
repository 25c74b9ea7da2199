"""The server is held to the same cases as its clients: over websocket, server-sent events and pages of changes."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from feed_conformance.cases import Case, read_cases

from tests.newsroom import Newsroom

from .play import Play
from .readers import EventsReader, WebsocketReader

PLAYABLE = [case for case in read_cases() if case.playable]


def check(message: Any) -> None:
    pass


def only_a_hello_is_left(case: Case) -> bool:
    """Where a websocket says hello and closes, a stream answers 204."""
    return {"server sends": ["hello resumed"]} in case.steps


@pytest.mark.parametrize("case", [case for case in PLAYABLE if case.transport == "websocket"], ids=str)
async def test_over_a_websocket(newsroom: Newsroom, case: Case) -> None:
    await Play(case, newsroom, partial(WebsocketReader, check)).run()


@pytest.mark.parametrize(
    "case", [case for case in PLAYABLE if case.transport != "pages" and not only_a_hello_is_left(case)], ids=str
)
async def test_over_server_sent_events(newsroom: Newsroom, case: Case) -> None:
    await Play(case, newsroom, partial(EventsReader, check)).run()


@pytest.mark.parametrize("case", [case for case in PLAYABLE if case.transport == "pages"], ids=str)
async def test_in_pages_of_changes(newsroom: Newsroom, case: Case) -> None:
    await Play(case, newsroom, partial(WebsocketReader, check)).run()
