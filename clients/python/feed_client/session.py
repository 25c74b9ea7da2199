"""What a client that follows one coverage knows, and does next. No I/O, no clock: `now` is seconds on any clock that
never goes back, randomness is a function handed in.

The caller owns the socket. It tells the session what happened (`receive_*`), and does what comes back, in order:

    Deliver      hand the message to whoever follows
    Send         send this message
    RenewToken   get a new token and send it as an auth message
    Move         open a second connection with `after`; once its hello is in, close the first (`receive_moved`)
    Reconnect    drop the connection, wait, connect again with `after`
    Stop         it is over: normally, or with an error

and calls `receive_timer` when `deadline` has passed. After Reconnect or Stop whatever was still unread on that
connection must not be handed in any more.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from .backoff import after_advice, backoff
from .errors import FollowRefused, is_final, refusal
from .message import Message

HEARTBEAT = 20.0
PONG_WITHIN = 5.0
# A timer that comes this late is a sleep that nobody told of.
LATE = 5.0
# After a sleep a dead connection is likely.
WAKE_WITHIN = 4.0
# A moved connection repeats at most what came in on the old one while the new one was being made.
REMEMBERED = 4096
# A hole that is still there after this many tries is in the server's log: only a fresh snapshot helps.
GAPS_BEFORE_ANEW = 3
LONGEST_ADVICE = 600.0
# The server could not read what this client sent, and would not the next time.
FAULTS = frozenset({1002, 1007, 1008, 1009})
# What has its place in the log; a type that is not known says so by having both `cursor` and `prev`.
_EVENTS = re.compile(r"entry\.(published|revised|retracted|deleted)|coverage\.(changed|ended|reopened)")
_MEANS = {400: 4001, 401: 4003, 403: 4003, 404: 4004, 426: 4009}


@dataclass(frozen=True, slots=True)
class Deliver:
    """Hand the message to whoever follows."""

    message: Message


@dataclass(frozen=True, slots=True)
class Send:
    """Send this message."""

    message: dict[str, str]


@dataclass(frozen=True, slots=True)
class RenewToken:
    """Get a new token and send it as an auth message; `within_s`: what the server leaves for it."""

    within_s: float


@dataclass(frozen=True, slots=True)
class Move:
    """Open a second connection with `after`; once its hello is in, close the first."""


@dataclass(frozen=True, slots=True)
class Reconnect:
    """The connection is lost, or to be dropped: wait, and connect again with `after`."""

    delay_s: float
    """How long, in seconds."""
    why: str
    """In words, for people."""
    renew_token: bool = False
    """The token has run out: get a new one before."""
    floor_s: float = 0.0
    """The part of the delay that the server asked for."""


@dataclass(frozen=True, slots=True)
class Stop:
    """It is over, and nothing will be tried any more."""

    error: FollowRefused | None = None
    """None where the coverage has ended."""


SessionAction = Deliver | Send | RenewToken | Move | Reconnect | Stop
"""What a `Session` says is to be done."""


class Session:
    """What one connection and the log ask for. `now` is seconds on any clock that never goes back."""

    def __init__(self, after: str | None, *, random: Callable[[], float]) -> None:
        self.cursor = after
        """That of the last message delivered: to keep for the next run."""
        self.ended = False
        """The coverage has ended."""
        # Only a fresh snapshot helps. Until it is there, the cursor is kept.
        self._anew = False
        self._random = random
        self._seen: set[str] = set()
        self._order: deque[str] = deque()
        self._attempts = 0
        self._failed_moves = 0
        self._gaps = 0
        self._error: Message | None = None
        self._live = False
        self._heartbeat = HEARTBEAT
        self._heard_at = 0.0
        self._asked_at: float | None = None
        self._move_at: float | None = None
        if after is not None:
            self._remember(after)

    @property
    def after(self) -> str | None:
        """What to connect with."""
        return None if self._anew else self.cursor

    # What happened on the connection

    def receive_open(self, now: float) -> None:
        """A connection is up, asked for with `after=cursor`."""
        self._error = None
        self._live = False
        self._asked_at = None
        self._move_at = None
        self._failed_moves = 0
        self._heartbeat = HEARTBEAT
        self._heard_at = now

    def receive_text(self, text: str | bytes, now: float) -> list[SessionAction]:
        """`text` of one frame; bytes, if it was a binary one, which no message is."""
        try:
            message = json.loads(text, parse_constant=_no_json) if isinstance(text, str) else None
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            return [self._reconnect("what came is no message of this protocol")]
        return self.receive_message(cast(Message, message), now)

    def receive_message(self, message: Message, now: float) -> list[SessionAction]:
        self._heard_at = now
        self._asked_at = None
        # What an error advised counts where nothing follows it.
        self._error = None
        fields: Mapping[str, Any] = message
        match fields["type"]:
            case "hello":
                self._heartbeat = _seconds(fields.get("heartbeat"), HEARTBEAT) or HEARTBEAT
                return [Deliver(message)]
            case "snapshot":
                return self._receive_snapshot(message)
            case "live":
                self._live = True
                self._attempts = 0
                return [Deliver(message)]
            case "pong":
                return []
            case "move":
                after = _seconds(fields.get("after_ms"), -1.0, per_second=1000)
                if after >= 0:
                    self._move_at = now + after
                return []
            case "auth":
                return [RenewToken(_seconds(fields.get("within_ms"), 60.0, per_second=1000))]
            case "error":
                self._error = message
                return [Deliver(message)] if self._live and fields.get("code") == "store_unavailable" else []
        if _EVENTS.fullmatch(fields["type"]) or fields.keys() >= {"cursor", "prev"}:
            return self._receive_change(message)
        return [] if "cursor" in fields else [Deliver(message)]

    def receive_close(self, code: int | None, reason: str) -> Reconnect | Stop:
        """The connection ended. `code` None: without a closing frame, or it could not be made at all."""
        if code == 1000:
            return Stop()
        said: Mapping[str, Any] = self._error or {}
        if code is not None and (4000 <= code <= 4099 or code in FAULTS):
            detail = said.get("detail") or (None if reason.startswith("{") else reason)
            return Stop(refusal(code, said.get("code"), detail))
        if code is not None and 4100 <= code <= 4199:
            return self._reconnect("the token expired", renew_token=True)
        advised = _advice(reason)
        if advised is None and "retry_after_ms" in said:
            advised = _seconds(said["retry_after_ms"], 0.0, per_second=1000)
        return self._reconnect(_WHY.get(code or 1006, "the connection was lost"), advised=advised)

    def receive_rejection(self, status: int, retry_after_s: float | None = None, code: str = "") -> Reconnect | Stop:
        """A request was answered with an HTTP status instead of a connection; `code` is that of its problem.

        204 says that the coverage has ended and everything was delivered, 410 that only a fresh snapshot helps.
        Of the others only those that can pass are tried again.
        """
        if status == 204:
            return Stop()
        if status == 401 and code == "token_expired":
            return self._reconnect("the token expired", renew_token=True)
        if status == 410 and code != "entry_deleted":
            self._anew = True
            return Reconnect(0.0, "the log does not reach back to here")
        if is_final(status):
            return Stop(refusal(_MEANS.get(status, status), code or None))
        return self._reconnect(f"the server answered HTTP {status}", advised=retry_after_s)

    def receive_move_failure(self, now: float) -> None:
        """The second connection could not be made. The first goes on; there will be another Move."""
        self._move_at = now + backoff(self._failed_moves, self._random())
        self._failed_moves += 1

    # Time

    @property
    def deadline(self) -> float:
        """When to call `receive_timer`."""
        silence = self._heard_at + self._heartbeat if self._asked_at is None else self._asked_at + PONG_WITHIN
        return silence if self._move_at is None else min(silence, self._move_at)

    def receive_wake(self, now: float) -> list[SessionAction]:
        """After a sleep, a change of network, a return to the foreground: is the other side still there?"""
        self._heard_at = min(self._heard_at, now)
        waited_for = None if self._asked_at is None else self._asked_at + PONG_WITHIN
        if waited_for is None or waited_for <= now:
            # A ping whose time ran out in the sleep says nothing.
            self._asked_at = now + WAKE_WITHIN - PONG_WITHIN
            return [Send({"type": "ping"})]
        self._asked_at = min(waited_for, now + WAKE_WITHIN) - PONG_WITHIN
        return []

    def receive_timer(self, now: float) -> list[SessionAction]:
        if self._move_at is not None and now >= self._move_at:
            self._move_at = None
            return [Move()]
        if self._asked_at is not None:
            if now >= self._asked_at + PONG_WITHIN + LATE:
                return self.receive_wake(now)
            return [self._reconnect("the server went silent")] if now >= self._asked_at + PONG_WITHIN else []
        if now >= self._heard_at + self._heartbeat:
            self._asked_at = now
            return [Send({"type": "ping"})]
        return []

    # The log

    def _receive_snapshot(self, message: Message) -> list[SessionAction]:
        if not isinstance(message.get("cursor"), str) or not isinstance(message.get("entries"), list):
            return [self._reconnect("a snapshot came without its place in the log")]
        self._seen.clear()
        self._order.clear()
        self._anew = False
        self._advance(message["cursor"])
        self.ended = False
        return [Deliver(message)]

    def _receive_change(self, message: Message) -> list[SessionAction]:
        cursor, prev = message.get("cursor"), message.get("prev")
        if isinstance(cursor, str) and cursor in self._seen:
            return []
        if not isinstance(cursor, str) or not isinstance(prev, str):
            return [self._reconnect("a change came without its place in the log")]
        if self.cursor is not None and prev != self.cursor:
            self._gaps += 1
            if self._gaps >= GAPS_BEFORE_ANEW:
                self._gaps = 0
                self._anew = True
            return [self._reconnect("a change is missing")]
        self._advance(cursor)
        self.ended = message["type"] == "coverage.ended"
        return [Deliver(message)]

    def _advance(self, cursor: str) -> None:
        self.cursor = cursor
        self._gaps = 0
        self._remember(cursor)

    def _remember(self, cursor: str) -> None:
        self._seen.add(cursor)
        self._order.append(cursor)
        if len(self._order) > REMEMBERED:
            self._seen.discard(self._order.popleft())

    def _reconnect(self, why: str, *, advised: float | None = None, renew_token: bool = False) -> Reconnect:
        chance, attempt = self._random(), self._attempts
        self._attempts += 1
        self._move_at = None
        self._error = None
        delay = backoff(attempt, chance) if advised is None else after_advice(advised, attempt, chance)
        return Reconnect(delay, why, renew_token, advised or 0.0)


_WHY = {
    1001: "the server is going away",
    1006: "the connection was lost",
    1012: "the server restarts",
    1013: "the server is overloaded",
    4201: "the server restarts",
    4202: "the server is overloaded",
    4203: "this connection is too slow",
    4204: "the server's store is down",
    4205: "the server got no answer",
}


def _advice(reason: str) -> float | None:
    """Seconds from a close reason like ``{"r":7400}``."""
    try:
        advice = json.loads(reason)
    except ValueError:
        return None
    if not isinstance(advice, dict) or "r" not in advice:
        return None
    return _seconds(advice["r"], 0.0, per_second=1000)


def _no_json(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _seconds(value: object, default: float, per_second: int = 1) -> float:
    """A number a server sent, as seconds that can be waited."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        return default
    return min(value / per_second, LONGEST_ADVICE)
