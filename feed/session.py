"""One reader's subscription, without I/O: what the server says, what the reader may say, when it is over.

    AUTHENTICATING  the coverage is not public, or is unknown; only an auth message is taken
    FOLLOWING       events are delivered in the order of the log, each once
    CLOSED          nothing is sent any more

The caller sends the messages that come back, in their order, and closes when `closed` is set. The session never
sees more than JSON messages: framing, buffering and time are the transport's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal, Protocol

import msgspec

from .errors import FeedError
from .model import Cursor
from .wire import LIVE_MESSAGE, PONG_MESSAGE, error_message, hello_message, move_message

# Seconds between the server's pings, and the longest silence a client should trust.
HEARTBEAT_S = 20
# The longest message a client may send: an auth message with a large token.
LONGEST_MESSAGE = 4096

Mode = Literal["snapshot", "resumed", "reset"]


class State(Enum):
    AUTHENTICATING = auto()
    FOLLOWING = auto()
    CLOSED = auto()


class Delivery(Protocol):
    """What a hub hands out: one event, ready to be sent."""

    @property
    def cursor(self) -> Cursor: ...
    @property
    def message(self) -> bytes: ...
    @property
    def ends(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Close:
    """`retry_after_ms`: how long the client should stay away; in the close reason as ``{"r": ms}``."""

    code: int
    retry_after_ms: int | None = None

    @property
    def reason(self) -> str:
        return "" if self.retry_after_ms is None else f'{{"r":{self.retry_after_ms}}}'


@dataclass(frozen=True, slots=True)
class Authenticate:
    """The caller verifies the token, then calls `authenticated` or `refuse`."""

    token: str


class Session:
    """`position` is the cursor of the last event that was handed over; a reconnect would resume from there.

    `moving`: the reader was told to leave.
    """

    __slots__ = ("closed", "coverage", "moving", "position", "state")

    def __init__(self, coverage: str, *, public: bool) -> None:
        self.coverage = coverage
        self.state = State.FOLLOWING if public else State.AUTHENTICATING
        self.position = Cursor(0, 0)
        self.closed: Close | None = None
        self.moving = False

    # ------------------------------------------------------------ from the server to the reader

    def open(
        self,
        mode: Mode,
        cursor: Cursor,
        *,
        reason: str | None = None,
        snapshot: bytes | None = None,
        deliveries: Iterable[Delivery] = (),
        ended: bool = False,
    ) -> list[bytes]:
        """`cursor` is where the reader stands: of the snapshot, or the one it came with.

        It is said again, as a reset, when what the reader has can no longer be continued.
        """
        messages = [hello_message(self.coverage, mode, cursor, HEARTBEAT_S, reason)]
        if snapshot is not None:
            messages.append(snapshot)
        self.position = cursor
        messages += self.deliver(deliveries)
        if ended:
            self.close(1000)
        if self.closed is None:
            messages.append(LIVE_MESSAGE)
        return messages

    def deliver(self, deliveries: Iterable[Delivery], *, more: bool = False) -> list[bytes]:
        """The messages of those deliveries that the reader does not have yet.

        The end, if it is the last of the log, closes; `more` says that there is more in the log than this.
        """
        messages = []
        ends = False
        for delivery in deliveries:
            if delivery.cursor > self.position:
                self.position = delivery.cursor
                messages.append(delivery.message)
                ends = delivery.ends
        if ends and not more:
            self.close(1000)
        return messages

    def move(self, after_ms: int) -> bytes:
        """Asks the reader to connect anew after that time. Events are delivered as before."""
        self.moving = True
        return move_message(after_ms)

    # ------------------------------------------------------------ from the reader to the server

    def receive(self, text: str | bytes) -> list[bytes] | Authenticate:
        """What to answer. Anything that is not in the protocol is answered with an error, then closed with 4001."""
        if self.state is State.CLOSED:
            return []
        if isinstance(text, bytes):
            return self._misused("Messages are JSON text, not binary.")
        try:
            message = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            return self._misused("The message is not JSON.")
        match message:
            case {"type": "auth", "token": str(token)} if token:
                return Authenticate(token)
            case _ if self.state is State.AUTHENTICATING:
                return self._misused('The first message must be {"type": "auth", "token": "…"}.')
            case {"type": "ping"}:
                return [PONG_MESSAGE]
            case _:
                return self._misused('Only {"type": "ping"} and {"type": "auth", "token": "…"} are understood.')

    def authenticated(self) -> None:
        if self.state is State.AUTHENTICATING:
            self.state = State.FOLLOWING

    def _misused(self, detail: str) -> list[bytes]:
        self.close(4001)
        return [error_message("bad_message", detail)]

    # ------------------------------------------------------------ the end

    def refuse(self, error: FeedError) -> list[bytes]:
        delay = error.extra.get("retry_after_ms")
        self.close(error.close_code, retry_after_ms=delay)
        return [error_message(error.code, error.detail, retryable=error.retryable, retry_after_ms=delay)]

    def close(self, code: int, *, retry_after_ms: int | None = None) -> None:
        if self.closed is None:
            self.closed = Close(code, retry_after_ms)
            self.state = State.CLOSED
