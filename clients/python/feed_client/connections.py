"""Which connections a follower has, and when the next one is made. No I/O, no clock, like the session behind it.

    CONNECTING   asked for; not up, or no hello yet
    FOLLOWING    one connection is in use
    MOVING       one is in use while the next is being made
    WAITING      none; the next is made when the wait is over, or a token has come
    STOPPED

Connections are numbered from 1 as they are asked for. The caller does what comes back, in its order, and says what
happened to which; what it says of a connection that was given up is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import TokenExpired
from .session import FAULTS, Deliver, Move, Reconnect, RenewToken, Send, Session, SessionAction, Stop

CONNECT_WITHIN = 10.0
HELLO_WITHIN = 15.0
# Pages of changes that are empty, and were not held back by the server, are asked for no more often than this.
BETWEEN_PAGES = 1.0


@dataclass(frozen=True, slots=True)
class Connect:
    """Make a connection, or ask for a page."""

    number: int
    """What it is called from now on."""
    after: str | None
    """The cursor to ask with; None: without one."""
    token: str | None = field(default=None, repr=False)
    """For a request's header; a websocket is told it with Write."""


@dataclass(frozen=True, slots=True)
class Write:
    """Send this message, where there is somebody to tell: not on a stream of events."""

    number: int
    message: dict[str, str]


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the connection, whatever it is at."""

    number: int


@dataclass(frozen=True, slots=True)
class FetchToken:
    """Get a token and answer with `receive_token`."""


Action = Connect | Write | Drop | FetchToken | Deliver | Reconnect | Stop
"""What `Connections` say is to be done."""


class Connections:
    """Which connection is made when, and what comes of it. Do what it says, in this order, and tell it what happened.

    `now` is seconds on any clock that never goes back. Connections are numbered from 1; what is said of one that was
    given up is passed over. At a Reconnect all are dropped already: the next Connect comes from `receive_timer`.

    `token` is shown on each connection; `renewable`: a new one can be asked for with FetchToken. `up_within` seconds
    a connection may take to come about, or a page of changes to be answered.
    """

    def __init__(
        self,
        after: str | None,
        *,
        random: Callable[[], float],
        token: str | None = None,
        renewable: bool = False,
        up_within: float = CONNECT_WITHIN,
    ) -> None:
        self.session = Session(after, random=random)
        """What knows the log; its `cursor` is the one to keep."""
        self._token = token
        self._renewable = renewable
        self._up_within = up_within
        self._made = 0
        self._asked_at = 0.0
        self._current: int | None = None
        self._next: int | None = None
        self._greeted = False
        self._up_by: float | None = None
        self._next_up_by: float | None = None
        self._wait_until: float | None = None
        self._floor_until = 0.0
        self._fetching = False
        # Nothing is connected before there is a new token.
        self._awaits_token = False
        # What was shown on connections that are up.
        self._shown: dict[int, str | None] = {}
        self._stopped = False

    # What is to be done

    def begin(self, now: float) -> list[Action]:
        if self._renewable and self._token is None:
            self._fetching = self._awaits_token = True
            self._wait_until = now
            return [FetchToken()]
        return self._connect(now)

    def receive_open(self, number: int, now: float) -> list[Action]:
        """The connection is up. A token goes as its first message: an address ends up in logs."""
        if number == self._current:
            self.session.receive_open(now)
            self._up_by = now + HELLO_WITHIN
        elif number == self._next:
            self._next_up_by = now + HELLO_WITHIN
        else:
            return []
        self._shown[number] = self._token
        return [] if self._token is None else [Write(number, {"type": "auth", "token": self._token})]

    def receive_text(self, number: int, text: str | bytes, now: float) -> list[Action]:
        if number == self._next:
            return self._receive_on_next(number, text, now)
        if number != self._current:
            return []
        if not self._greeted and _is_hello(text):
            self._greeted = True
            self._up_by = None
        return self._done(self.session.receive_text(text, now), now)

    def receive_close(self, number: int, code: int | None, reason: str, now: float) -> list[Action]:
        """`code` None: without a closing frame, or it could not be made at all."""
        if number == self._next:
            return self._failed_to_move(now, renew=code is not None and 4100 <= code <= 4199)
        if number != self._current:
            return []
        self._current = None
        final = code is not None and (code == 1000 or 4000 <= code <= 4099 or code in FAULTS)
        if self._next is not None and not final:
            # The old one died before the new one greeted: that is then the only one.
            self._current, self._next = self._next, None
            self._up_by, self._next_up_by, self._greeted = self._next_up_by, None, False
            self.session.receive_open(now)
            return self._fetch() if code is not None and 4100 <= code <= 4199 else []
        return self._done([self.session.receive_close(code, reason)], now)

    def receive_end(self, number: int, now: float, retry_after_s: float | None = None) -> list[Action]:
        """An event stream is over, which it does not say why: after the end of the coverage the next answer is 204."""
        reason = "" if retry_after_s is None else json.dumps({"r": retry_after_s * 1000})
        return self.receive_close(number, None, reason, now)

    def receive_page(self, number: int, page: Mapping[str, Any], now: float) -> list[Action]:
        """A page of changes, `{events, cursor, up_to_date, ended}`: connections are then questions for the next one."""
        if number != self._current:
            return []
        self._current = self._up_by = None
        events = page.get("events")
        if not isinstance(events, list):
            return self._done([self.session.receive_close(None, "")], now)
        done: list[Action] = []
        for event in events if page["up_to_date"] is not True else [*events, {"type": "live"}]:
            done += self._done(self.session.receive_message(event, now), now)
            if self._wait_until is not None:
                return done
        if page["ended"] and page["up_to_date"]:
            return done + self._stop(Stop())
        self._wait_until = now if events else max(now, self._asked_at + BETWEEN_PAGES)
        return done + self._connect_if_due(now)

    def receive_rejection(
        self, number: int, status: int, now: float, retry_after_s: float | None = None, code: str = ""
    ) -> list[Action]:
        """The connection was answered with an HTTP status."""
        if number == self._next:
            return self._failed_to_move(now, renew=status == 401 and code == "token_expired")
        if number != self._current:
            return []
        self._current = None
        return self._done([self.session.receive_rejection(status, retry_after_s, code)], now)

    def receive_token(self, token: str | None, now: float) -> list[Action]:
        """What FetchToken brought. None: there is none to be had."""
        if not self._fetching:
            return []
        self._fetching = False
        if token is None and self._awaits_token:
            return self._stop(Stop(TokenExpired(4101)))
        self._awaits_token = False
        if token is None:
            return []
        self._token = token
        done: list[Action] = []
        for number in (self._current, self._next):
            if number is not None and self._shown.get(number, token) != token:
                self._shown[number] = token
                done.append(Write(number, {"type": "auth", "token": token}))
        return done + self._connect_if_due(now)

    # Time

    @property
    def deadline(self) -> float | None:
        """When to call `receive_timer`; None: there is nothing to wait for."""
        if self._stopped:
            return None
        due = [at for at in (self._up_by, self._next_up_by) if at is not None]
        if self._greeted:
            due.append(self.session.deadline)
        if self._wait_until is not None and not self._awaits_token:
            due.append(self._wait_until)
        return min(due, default=None)

    def receive_timer(self, now: float) -> list[Action]:
        if self._stopped:
            return []
        if self._next is not None and self._next_up_by is not None and now >= self._next_up_by:
            return [Drop(self._next), *self._failed_to_move(now)]
        if self._current is not None and self._up_by is not None and now >= self._up_by:
            number, self._current = self._current, None
            return [Drop(number), *self._done([self.session.receive_close(None, "")], now)]
        if self._greeted:
            return self._done(self.session.receive_timer(now), now)
        return self._connect_if_due(now)

    def receive_wake(self, now: float) -> list[Action]:
        """After a sleep or a change of network: asks at once whether anybody is there, or tries again at once."""
        if self._stopped:
            return []
        if self._greeted:
            return self._done(self.session.receive_wake(now), now)
        if self._wait_until is not None:
            # Only the part of the wait that the server asked for is kept to.
            self._wait_until = min(self._wait_until, max(now, self._floor_until))
        return self.receive_timer(now)

    # How

    def _connect(self, now: float) -> list[Action]:
        self._made += 1
        self._current = self._made
        self._greeted = False
        self._wait_until = None
        self._asked_at = now
        self._up_by = now + self._up_within
        return [Connect(self._made, self.session.after, self._token)]

    def _connect_if_due(self, now: float) -> list[Action]:
        due = self._wait_until is not None and now >= self._wait_until and not self._awaits_token
        return self._connect(now) if due else []

    def _receive_on_next(self, number: int, text: str | bytes, now: float) -> list[Action]:
        if not _is_hello(text):
            # Why it is refused is said before it is closed.
            return []
        old, self._current, self._next, self._next_up_by = self._current, number, None, None
        self._greeted = True
        self.session.receive_open(now)
        dropped: list[Action] = [] if old is None else [Drop(old)]
        return dropped + self._done(self.session.receive_text(text, now), now)

    def _failed_to_move(self, now: float, *, renew: bool = False) -> list[Action]:
        self._next = self._next_up_by = None
        self.session.receive_move_failure(now)
        return self._fetch() if renew else []

    def _done(self, actions: Iterable[SessionAction], now: float) -> list[Action]:
        done: list[Action] = []
        for action in actions:
            match action:
                case Deliver():
                    done.append(action)
                case Send(message) if self._current is not None:
                    done.append(Write(self._current, message))
                case RenewToken():
                    done += self._fetch()
                case Move() if self._next is None:
                    self._made += 1
                    self._next = self._made
                    self._next_up_by = now + self._up_within
                    done.append(Connect(self._made, self.session.after, self._token))
                case Reconnect():
                    done += self._wait(action, now)
                case Stop():
                    done += self._stop(action)
        return done

    def _fetch(self) -> list[Action]:
        """Without a way to a new token the server will say when it no longer takes the old one."""
        if not self._renewable or self._fetching:
            return []
        self._fetching = True
        return [FetchToken()]

    def _wait(self, wait: Reconnect, now: float) -> list[Action]:
        done = self._drop_all()
        if wait.renew_token and not self._renewable:
            return done + self._stop(Stop(TokenExpired(4101)))
        self._wait_until = now + wait.delay_s
        self._floor_until = now + wait.floor_s
        done.append(wait)
        if wait.renew_token:
            self._awaits_token = True
            done += self._fetch()
        return done

    def _stop(self, stop: Stop) -> list[Action]:
        done = self._drop_all()
        self._stopped = True
        return [*done, stop]

    def _drop_all(self) -> list[Action]:
        done: list[Action] = [Drop(number) for number in (self._current, self._next) if number is not None]
        self._current = self._next = self._up_by = self._next_up_by = self._wait_until = None
        self._greeted = False
        self._shown.clear()
        return done


def _is_hello(text: str | bytes) -> bool:
    try:
        message: Any = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(message, dict) and message.get("type") == "hello"
