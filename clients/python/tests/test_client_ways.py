"""Which kind of connection is made next."""

from __future__ import annotations

from typing import Any

import pytest

from feed_client.ways import ANEW, PATIENCE, PATIENCE_AFTER_GOOD, Ways


@pytest.fixture
def ways() -> Ways:
    return Ways(("websocket", "sse", "poll"))


def test_the_first_is_used_as_long_as_it_is_heard(ways: Ways) -> None:
    for now in range(5):
        assert ways.choose(float(now)) == "websocket"
        ways.heard("websocket")


def test_a_kind_on_which_nothing_is_said_gives_way_and_after_the_last_comes_the_first(ways: Ways) -> None:
    tried: list[str] = []
    for _ in range(3 * PATIENCE + 1):
        way = ways.choose(0.0)
        tried.append(way)
        ways.unheard(way, 0.0)
    assert tried == [name for name in ("websocket", "sse", "poll") for _ in range(PATIENCE)] + ["websocket"]


def test_one_that_has_worked_is_given_more_time(ways: Ways) -> None:
    ways.heard("websocket")
    for _ in range(PATIENCE_AFTER_GOOD):
        assert ways.choose(0.0) == "websocket"
        ways.unheard("websocket", 0.0)
    assert ways.choose(0.0) == "sse"


def test_one_that_something_on_the_way_bars_gives_way_at_once_and_the_last_does_not(ways: Ways) -> None:
    assert ways.barred("websocket", 0.0)
    assert ways.choose(0.0) == "sse"
    assert ways.barred("sse", 0.0)
    assert ways.choose(0.0) == "poll"
    assert not ways.barred("poll", 0.0)
    assert ways.choose(0.0) == "poll"


def test_the_first_is_tried_again_after_a_while_and_once(ways: Ways) -> None:
    assert ways.barred("websocket", 5.0)
    ways.heard("sse")
    assert ways.choose(4.9 + ANEW) == "sse"
    assert ways.choose(5.0 + ANEW) == "websocket"
    ways.unheard("websocket", 6.0 + ANEW)
    assert ways.choose(6.0 + ANEW) == "sse"
    assert ways.choose(6.0 + 2 * ANEW) == "websocket"


def test_what_is_heard_of_a_kind_that_was_left_changes_nothing(ways: Ways) -> None:
    assert ways.barred("websocket", 0.0)
    ways.unheard("websocket", 0.0)
    ways.unheard("websocket", 0.0)
    assert ways.barred("websocket", 0.0)
    assert ways.choose(0.0) == "sse"


@pytest.mark.parametrize("order", [(), ("websockets",), ("sse", "telegraph")])
def test_what_is_no_kind_is_refused(order: Any) -> None:
    with pytest.raises(ValueError, match="no transports"):
        Ways(order)
