"""The session alone: what it makes of messages, closes and time. Nothing here waits."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed_client.backoff import after_advice, backoff
from feed_client.errors import BadRequest, FollowRefused, Forbidden, UnknownCoverage, UnsupportedVersion
from feed_client.message import Message
from feed_client.session import Deliver, Move, Reconnect, RenewToken, Send, Session, Stop


def session(after: str | None = None, chance: float = 0.5) -> Session:
    made = Session(after, random=lambda: chance)
    made.receive_open(0.0)
    return made


def message(**fields: Any) -> Message:
    return cast(Message, fields)


def change(prev: str, cursor: str, type_: str = "entry.published") -> Message:
    return message(type=type_, cursor=cursor, prev=prev, entry={"id": cursor, "revision": 1})


def snapshot(cursor: str) -> Message:
    return message(type="snapshot", coverage={}, entries=[], cursor=cursor)


def test_a_snapshot_gives_the_cursor() -> None:
    s = session()
    assert s.receive_message(snapshot("5-0"), 1.0) == [Deliver(snapshot("5-0"))]
    assert s.cursor == "5-0"


def test_a_change_that_follows_is_delivered_and_moves_the_cursor() -> None:
    s = session("5-0")
    assert s.receive_message(change("5-0", "6-0"), 1.0) == [Deliver(change("5-0", "6-0"))]
    assert s.cursor == "6-0"


def test_a_server_that_gets_nothing_new_says_so_while_it_is_live() -> None:
    s, late = session("5-0"), message(type="error", code="store_unavailable", retryable=True)
    assert s.receive_message(late, 1.0) == []  # what comes before it is live goes before a close
    s.receive_message(message(type="live"), 2.0)
    assert s.receive_message(message(type="error", code="of a newer server"), 3.0) == []
    assert s.receive_message(late, 4.0) == [Deliver(late)]
    assert s.receive_message(change("5-0", "6-0"), 5.0) == [Deliver(change("5-0", "6-0"))]
    s.receive_open(6.0)
    assert s.receive_message(late, 7.0) == []


def test_a_change_seen_before_is_dropped() -> None:
    s = session("5-0")
    s.receive_message(change("5-0", "6-0"), 1.0)
    s.receive_message(change("6-0", "7-0"), 1.0)
    assert s.receive_message(change("5-0", "6-0"), 1.0) == []
    assert s.cursor == "7-0"


def test_a_gap_reconnects_from_the_last_good_cursor() -> None:
    s = session("5-0")
    actions = s.receive_message(change("6-0", "7-0"), 1.0)
    assert [type(action) for action in actions] == [Reconnect]
    assert s.cursor == "5-0"


def test_a_gap_that_stays_is_left_by_a_fresh_snapshot() -> None:
    s = session("5-0")
    for _ in range(3):
        s.receive_open(0.0)
        s.receive_message(change("6-0", "7-0"), 1.0)
    assert (s.after, s.cursor) == (None, "5-0")


def test_a_change_of_an_unknown_type_keeps_the_chain() -> None:
    s = session("5-0")
    s.receive_message(change("5-0", "6-0", "entry.applauded"), 1.0)
    assert s.receive_message(change("6-0", "7-0"), 1.0) != []
    assert s.cursor == "7-0"


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "{}", '{"type":1}', b"\xff", '{"type":"snapshot"}'])
def test_what_is_no_message_ends_the_connection(text: str | bytes) -> None:
    (action,) = session("5-0").receive_text(text, 1.0)
    assert isinstance(action, Reconnect)


@pytest.mark.parametrize("fields", [{"cursor": 1, "prev": "5-0"}, {"cursor": "6-0"}, {"cursor": "6-0", "prev": None}])
def test_a_change_without_its_place_ends_the_connection(fields: dict[str, Any]) -> None:
    (action,) = session("5-0").receive_message(message(type="entry.published", **fields), 1.0)
    assert isinstance(action, Reconnect)


def test_the_end_is_followed_by_a_stop_without_an_error() -> None:
    s = session("5-0")
    s.receive_message(change("5-0", "6-0", "coverage.ended"), 1.0)
    assert s.ended
    assert s.receive_close(1000, "") == Stop(None)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (4001, BadRequest),
        (4003, Forbidden),
        (4004, UnknownCoverage),
        (4009, UnsupportedVersion),
        (4042, FollowRefused),
    ],
)
def test_a_refusal_stops_with_an_error_that_says_why(code: int, error: type[FollowRefused]) -> None:
    stop = session().receive_close(code, "")
    assert isinstance(stop, Stop)
    assert type(stop.error) is error
    assert stop.error is not None
    assert stop.error.close_code == code


def test_a_refusal_carries_what_the_server_said_before_it() -> None:
    s = session()
    s.receive_message(message(type="error", code="unknown_coverage", detail="There is no coverage 'x'."), 0.0)
    stop = s.receive_close(4004, "")
    assert isinstance(stop, Stop)
    assert stop.error is not None
    assert (stop.error.code, stop.error.detail) == ("unknown_coverage", "There is no coverage 'x'.")


def test_an_expired_token_is_renewed_before_reconnecting() -> None:
    outcome = session().receive_close(4101, "")
    assert isinstance(outcome, Reconnect)
    assert outcome.renew_token


def test_the_server_may_ask_for_a_new_token_on_the_same_connection() -> None:
    assert session().receive_message(message(type="auth", within_ms=60000), 0.0) == [RenewToken(60.0)]


@pytest.mark.parametrize("code", [4201, 4202, 4203, 4204, 4205, 1012])
def test_an_advised_delay_is_the_least_that_is_waited(code: int) -> None:
    soonest = session(chance=0.0).receive_close(code, '{"r":7400}')
    assert isinstance(soonest, Reconnect)
    assert soonest.delay_s == 7.4
    later = session(chance=1.0).receive_close(code, '{"r":7400}')
    assert isinstance(later, Reconnect)
    assert later.delay_s > 7.4


def test_an_error_message_can_advise_the_delay() -> None:
    s = session(chance=0.0)
    s.receive_message(message(type="error", code="overload", retryable=True, retry_after_ms=3000), 0.0)
    outcome = s.receive_close(4202, "")
    assert isinstance(outcome, Reconnect)
    assert outcome.delay_s == 3.0


@pytest.mark.parametrize("reason", ["", "{", '{"r":-1}', '{"r":"soon"}', '{"r":1e400}', '{"r":true}', "[1]", "busy"])
@pytest.mark.parametrize("code", [None, 1001, 1005, 1006, 1011, 1012, 1013, 3000, 4201, 4300])
def test_every_other_close_is_waited_out_for_at_most_twenty_seconds(code: int | None, reason: str) -> None:
    outcome = session(chance=1.0).receive_close(code, reason)
    assert isinstance(outcome, Reconnect)
    assert 0.0 <= outcome.delay_s <= 20.0


def test_the_wait_grows_until_the_server_says_that_nothing_is_waiting() -> None:
    s = session(chance=1.0)
    waits = [outcome.delay_s for _ in range(7) if isinstance(outcome := s.receive_close(None, ""), Reconnect)]
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0]
    s.receive_message(message(type="live"), 0.0)
    outcome = s.receive_close(None, "")
    assert isinstance(outcome, Reconnect)
    assert outcome.delay_s == 1.0


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_a_backoff_is_drawn_from_the_whole_wait_and_never_above_twenty_seconds(attempt: int, chance: float) -> None:
    assert backoff(attempt, chance) == chance * backoff(attempt, 1.0)
    assert 1.0 <= backoff(attempt, 1.0) <= 20.0


@given(st.floats(0, 600), st.integers(0, 10_000), st.floats(0, 1))
def test_advice_is_never_undercut(advised: float, attempt: int, chance: float) -> None:
    assert advised <= after_advice(advised, attempt, chance) <= advised + 20.0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 426])
def test_a_handshake_refused_for_good_stops(status: int) -> None:
    assert isinstance(session().receive_rejection(status), Stop)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_handshake_refused_for_now_is_tried_again(status: int) -> None:
    outcome = session(chance=0.0).receive_rejection(status, 3.0)
    assert isinstance(outcome, Reconnect)
    assert outcome.delay_s == 3.0


def test_silence_is_answered_with_a_ping_and_then_a_new_connection() -> None:
    s = session("5-0")
    s.receive_message(message(type="hello", heartbeat=10), 100.0)
    assert s.deadline == 110.0
    assert s.receive_timer(109.9) == []
    assert s.receive_timer(110.0) == [Send({"type": "ping"})]
    assert s.deadline == 115.0
    (action,) = s.receive_timer(115.0)
    assert isinstance(action, Reconnect)


def test_a_pong_ends_the_silence() -> None:
    s = session()
    s.receive_timer(20.0)
    assert s.receive_message(message(type="pong"), 21.0) == []
    assert s.deadline == 41.0


def test_a_move_is_made_when_the_server_said() -> None:
    s = session("5-0")
    s.receive_message(message(type="move", after_ms=3000), 10.0)
    assert s.deadline == 13.0
    assert s.receive_timer(12.9) == []
    assert s.receive_timer(13.0) == [Move()]
    # The first connection goes on until the second has greeted.
    assert s.receive_message(change("5-0", "6-0"), 13.5) == [Deliver(change("5-0", "6-0"))]
    s.receive_open(14.0)
    assert s.receive_message(change("5-0", "6-0"), 14.0) == []
    assert s.receive_message(change("6-0", "7-0"), 14.0) == [Deliver(change("6-0", "7-0"))]


def test_a_move_that_fails_is_tried_again_on_the_connection_that_is_there() -> None:
    s = session("5-0")
    s.receive_message(message(type="move", after_ms=0), 10.0)
    assert s.receive_timer(10.0) == [Move()]
    s.receive_move_failure(11.0)
    assert 11.0 < s.deadline <= 31.0
    assert s.receive_timer(s.deadline) == [Move()]


@given(st.data())
def test_any_reconnects_and_repeats_deliver_every_change_once_and_in_order(data: st.DataObject) -> None:
    log = [f"{n}-0" for n in range(1, data.draw(st.integers(1, 30)) + 1)]
    s = session("0-0")
    delivered: list[str] = []
    for _ in range(20):
        s.receive_open(0.0)
        start = 0 if s.cursor == "0-0" else log.index(str(s.cursor)) + 1
        # The server may send again what it sent, and the connection may lose one and then break anywhere.
        again = data.draw(st.integers(0, start))
        stop = data.draw(st.integers(start, len(log)))
        lost = data.draw(st.one_of(st.none(), st.integers(start, len(log))))
        for n in range(again, stop):
            if n == lost:
                continue
            actions = s.receive_message(change("0-0" if n == 0 else log[n - 1], log[n]), 0.0)
            delivered += [action.message["cursor"] for action in actions if isinstance(action, Deliver)]
            if any(isinstance(action, Reconnect) for action in actions):
                break
        if s.after is None:
            return
    assert delivered == log[: len(delivered)]
    assert s.cursor == (delivered[-1] if delivered else "0-0")
