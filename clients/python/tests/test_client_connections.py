"""Connections alone: whatever happens to them, in whatever order, every change is delivered once."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed_client.connections import Action, Connect, Connections, Drop, FetchToken, Write
from feed_client.session import Deliver, Reconnect, Stop


def said(type_: str, **fields: Any) -> str:
    return json.dumps({"type": type_, **fields})


def change(number: int) -> str:
    return said("entry.published", cursor=f"{number}-0", prev=f"{number - 1}-0", entry={"id": f"e{number}"})


HELLO = said("hello", v=1, coverage="c", mode="resumed", cursor="0-0", heartbeat=20)


class Server:
    """A log of numbered events, and the connections that a client has made to it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.log = 0
        self.client = Connections("0-0", random=lambda: 0.5)
        self.told: dict[int, int] = {}
        """Up to which event each connection was told; -1: not yet open."""
        self.asked: dict[int, int] = {}
        self.delivered: list[str] = []
        self.pauses = 0
        self.take(self.client.begin(0.0))

    def take(self, actions: Iterable[Action]) -> None:
        for action in actions:
            match action:
                case Connect(number, after):
                    self.told[number] = -1
                    self.asked[number] = int(str(after).partition("-")[0])
                case Drop(number):
                    del self.told[number]
                case Deliver(message):
                    if "prev" in message:
                        self.delivered.append(message["cursor"])
                case Write(number):
                    assert self.told[number] >= 0
                case Reconnect():
                    self.pauses += 1
                case Stop() | FetchToken():
                    raise AssertionError(f"there is no reason for {action}")
        assert len(self.told) <= 2

    def say(self, number: int, text: str) -> None:
        self.take(self.client.receive_text(number, text, self.now))

    def greet(self, number: int) -> None:
        if self.told.get(number) == -1:
            self.told[number] = self.asked[number]
            self.take(self.client.receive_open(number, self.now))
            self.say(number, HELLO)

    def go_on(self, number: int) -> None:
        """Tells the next event, or that there is none."""
        if self.told.get(number, -1) < 0:
            self.greet(number)
        elif self.told[number] < self.log:
            self.told[number] += 1
            self.say(number, change(self.told[number]))
        else:
            self.say(number, said("live"))

    def lose(self, number: int, code: int | None) -> None:
        del self.told[number]
        self.take(self.client.receive_close(number, code, "", self.now))

    def wait(self, seconds: float | None = None) -> None:
        """Until the client wants to be woken, or as long as is said."""
        deadline = self.client.deadline
        assert deadline is not None
        self.now = max(self.now, deadline) if seconds is None else self.now + seconds
        self.take(self.client.receive_timer(self.now))


@given(st.data())
def test_whatever_befalls_the_connections_every_change_comes_once_and_in_order(data: st.DataObject) -> None:
    server = Server()
    for _ in range(data.draw(st.integers(5, 60))):
        there = sorted(server.told)
        what = data.draw(
            st.sampled_from(["publish", "go on", "go on", "go on", "lose", "move", "wait", "sleep", "wake"])
        )
        number = data.draw(st.sampled_from(there)) if there else 0
        if what == "publish":
            server.log += 1
        elif what == "wait":
            server.wait()
        elif what == "sleep":
            server.wait(data.draw(st.floats(0, 100)))
        elif what == "wake":
            server.take(server.client.receive_wake(server.now))
        elif number and what == "go on":
            server.go_on(number)
        elif number and what == "lose":
            server.lose(number, data.draw(st.sampled_from([None, 1006, 1012, 4201, 4203])))
        elif number and what == "move" and server.told[number] >= 0:
            server.say(number, said("move", after_ms=data.draw(st.integers(0, 5_000))))
    # Left alone it comes to everything.
    for _ in range(300):
        for number in sorted(server.told):
            if number in server.told:
                server.go_on(number)
        if len(server.delivered) == server.log and len(server.told) == 1:
            break
        if not server.told:
            server.wait()
    assert server.delivered == [f"{number}-0" for number in range(1, server.log + 1)]


def test_what_comes_on_a_connection_that_was_left_is_passed_over() -> None:
    server = Server()
    server.log = 2
    server.greet(1)
    server.say(1, "{")
    assert server.client.receive_text(1, change(1), server.now) == []
    assert server.client.receive_close(1, 1000, "", server.now) == []
    assert server.client.receive_open(1, server.now) == []
    assert server.delivered == []


def test_a_second_move_while_the_first_is_being_made_makes_no_third_connection() -> None:
    server = Server()
    server.greet(1)
    server.say(1, said("move", after_ms=0))
    server.wait(0)
    server.say(1, said("move", after_ms=0))
    server.wait(0)
    assert sorted(server.told) == [1, 2]


@pytest.mark.parametrize("answer", [None, "t2"])
def test_a_token_that_nobody_asked_for_is_passed_over(answer: str | None) -> None:
    server = Server()
    server.greet(1)
    assert server.client.receive_token(answer, server.now) == []


def test_the_first_token_is_asked_for_before_the_first_connection() -> None:
    client = Connections(None, random=lambda: 0.5, renewable=True)
    assert client.begin(0.0) == [FetchToken()]
    assert client.deadline is None
    assert client.receive_token("t1", 3.0) == [Connect(1, None, "t1")]
    assert client.receive_open(1, 3.1) == [Write(1, {"type": "auth", "token": "t1"})]


def test_nothing_is_done_after_a_stop() -> None:
    client = Connections("0-0", random=lambda: 0.5)
    client.begin(0.0)
    client.receive_open(1, 0.0)
    assert [type(action) for action in client.receive_close(1, 4003, "", 0.0)] == [Stop]
    assert client.deadline is None
    assert client.receive_timer(100.0) == []
    assert client.receive_wake(100.0) == []
