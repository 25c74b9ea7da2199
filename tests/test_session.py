"""One reader's subscription, without I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.errors import CursorLost, FeedError, MalformedCursor, StoreUnavailable, UnknownCoverage
from feed.model import Cursor
from feed.session import HEARTBEAT_S, Authenticate, Close, Session, State


@dataclass(frozen=True)
class Sent:
    """What a hub hands out, without a hub."""

    cursor: Cursor
    message: bytes
    ends: bool = False


def event(number: int, *, ends: bool = False) -> Sent:
    return Sent(Cursor(number, 0), b'{"n":%d}' % number, ends)


def told(messages: list[bytes]) -> list[Any]:
    return [json.loads(message) for message in messages]


def answered(session: Session, said: str | bytes) -> list[Any]:
    answer = session.receive(said)
    assert isinstance(answer, list)
    return told(answer)


def following(position: int = 0) -> Session:
    session = Session("c", public=True)
    session.open("resumed", Cursor(position, 0))
    return session


def test_it_opens_with_hello_then_snapshot_then_live() -> None:
    session = Session("c", public=True)
    messages = session.open("snapshot", Cursor(7, 1), snapshot=b'{"type":"snapshot"}')
    hello = {"type": "hello", "v": 1, "coverage": "c", "mode": "snapshot", "cursor": "7-1", "heartbeat": HEARTBEAT_S}
    assert told(messages) == [hello, {"type": "snapshot"}, {"type": "live"}]
    assert session.position == Cursor(7, 1)


def test_a_reset_says_why() -> None:
    hello, _ = told(Session("c", public=True).open("reset", Cursor(7, 0), reason="fork"))
    assert (hello["mode"], hello["reason"]) == ("reset", "fork")


def test_what_came_since_stands_between_hello_and_live() -> None:
    session = Session("c", public=True)
    messages = told(session.open("resumed", Cursor(1, 0), deliveries=[event(2), event(3)]))
    assert [message.get("type", message.get("n")) for message in messages] == ["hello", 2, 3, "live"]
    assert session.position == Cursor(3, 0)


def test_every_event_is_delivered_once() -> None:
    session = following()
    assert told(session.deliver([event(1), event(2)])) == [{"n": 1}, {"n": 2}]
    assert told(session.deliver([event(1), event(2), event(3)])) == [{"n": 3}]
    assert session.deliver([event(3)]) == []


def test_the_end_closes_with_1000_and_nothing_is_live_any_more() -> None:
    session = Session("c", public=True)
    messages = told(session.open("resumed", Cursor(1, 0), deliveries=[event(2), event(3, ends=True)]))
    assert [message.get("type", message.get("n")) for message in messages] == ["hello", 2, 3]
    assert session.closed == Close(1000)


def test_a_reader_that_has_the_end_gets_hello_and_is_closed() -> None:
    session = Session("c", public=True)
    assert [message["type"] for message in told(session.open("resumed", Cursor(3, 0), ended=True))] == ["hello"]
    assert session.closed == Close(1000)


def test_an_end_that_is_not_the_last_event_closes_nothing() -> None:
    session = following()
    session.deliver([event(1), event(2, ends=True), event(3)])
    assert session.closed is None
    session.deliver([event(4, ends=True)], more=True)
    assert session.closed is None
    session.deliver([event(5), event(6, ends=True)])
    assert session.closed == Close(1000)


def test_an_end_that_the_reader_has_already_does_not_close_again() -> None:
    session = following(5)
    assert session.deliver([event(5, ends=True)]) == []
    assert session.closed is None


def test_a_ping_is_answered_with_a_pong() -> None:
    assert answered(following(), '{"type":"ping"}') == [{"type": "pong"}]


def test_a_token_is_handed_over_to_be_verified() -> None:
    assert following().receive('{"type":"auth","token":"t"}') == Authenticate("t")
    session = Session("c", public=False)
    assert session.receive('{"type":"auth","token":"t"}') == Authenticate("t")
    session.authenticated()
    assert answered(session, '{"type":"ping"}') == [{"type": "pong"}]


MISUSES = [
    "",
    "ping",
    "{",
    "null",
    "[]",
    "1",
    '"ping"',
    "{}",
    '{"type":"live"}',
    '{"type":"auth"}',
    '{"type":"auth","token":""}',
    '{"type":"auth","token":5}',
    '{"type":["ping"]}',
    "[" * 100_000,
    '{"type":1e999}',
    b'{"type":"ping"}',
]


@pytest.mark.parametrize("said", MISUSES)
@pytest.mark.parametrize("public", [True, False])
def test_anything_else_is_an_error_and_closed_with_4001(said: str | bytes, *, public: bool) -> None:
    session = Session("c", public=public)
    (error,) = answered(session, said)
    assert (error["type"], error["code"], error["retryable"]) == ("error", "bad_message", False)
    assert error["detail"]
    assert session.closed == Close(4001)


def test_without_a_token_not_even_a_ping_is_taken() -> None:
    session = Session("c", public=False)
    (error,) = answered(session, '{"type":"ping"}')
    assert "auth" in error["detail"]
    assert session.closed == Close(4001)


def test_a_closed_session_says_and_hears_nothing() -> None:
    session = following()
    session.close(4201, retry_after_ms=7)
    session.close(1000)
    assert session.closed == Close(4201, 7)
    assert session.receive('{"type":"ping"}') == []
    session.authenticated()
    assert session.state is State.CLOSED


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (UnknownCoverage("c"), 4004, ""),
        (MalformedCursor("no"), 4001, ""),
        (StoreUnavailable("away"), 4204, '{"r":1000}'),
    ],
)
def test_a_refusal_is_explained_then_closed_with_the_code_of_its_error(
    error: FeedError, code: int, reason: str
) -> None:
    session = Session("c", public=True)
    (message,) = told(session.refuse(error))
    assert (message["type"], message["code"], message["detail"]) == ("error", error.code, error.detail)
    assert message["retryable"] is (code == 4204)
    assert message.get("retry_after_ms") == (1000 if code == 4204 else None)
    assert session.closed is not None
    assert (session.closed.code, session.closed.reason) == (code, reason)


def test_every_error_has_a_close_code_that_clients_know() -> None:
    def tree(root: type[FeedError]) -> list[type[FeedError]]:
        return [root, *(found for child in root.__subclasses__() for found in tree(child))]

    known = {1011, 4001, 4003, 4004, 4009, 4101, 4201, 4202, 4203, 4204, 4205}
    assert {error.close_code for error in tree(FeedError)} <= known
    assert CursorLost("trimmed").extra == {"reason": "trimmed"}


@given(st.lists(st.one_of(st.text(), st.binary(), st.sampled_from(['{"type":"ping"}', '{"type":"auth","token":"t"}']))))
def test_whatever_a_reader_says_is_answered_or_closes(said: list[str | bytes]) -> None:
    session = following()
    for one in said:
        answer = session.receive(one)
        assert isinstance(answer, Authenticate) or all("type" in message for message in told(answer))
    assert session.closed in (None, Close(4001))


@given(st.lists(st.lists(st.integers(1, 30)), max_size=8))
def test_positions_only_grow(portions: list[list[int]]) -> None:
    session = following()
    heard: list[int] = []
    for portion in portions:
        heard += [message["n"] for message in told(session.deliver(map(event, portion)))]
    assert heard == sorted(set(heard))
