"""Our websocket protocol for uvicorn (RFC 6455): handshake, frames, heartbeat, and the end of each connection.

    HEAD       the handshake is being read
    DECIDING   the ASGI application decides, in a task
    OPEN       messages go both ways
    CLOSING    our close frame is sent, the reader's is awaited
    CLOSED

What a connection is for is told by who extends it: a handshake may be dealt with without the application, and messages
without a conversation with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from feed.departures import return_ms
from feed.message import CLOSE, PING, PING_FRAME, PONG, TEXT, close_frame, frame
from feed.node import Node
from feed.session import LONGEST_MESSAGE, Close

from .conversation import Conversation
from .frames import Fault, Inbound
from .handshake import LONGEST_HEAD, Handshake, Refusal
from .heartbeat import Heartbeat

# More than this not yet taken by the kernel, and nothing more is written until it drains.
HIGH_WATER = 64 * 1024
LOW_WATER = 16 * 1024
# A reader whose transport takes nothing for this long, or up to twice as long, is gone, even if its machine answers.
STALLED_S = 14
# How long the reader has to answer our close frame, and whatever is on its way to it to arrive.
CLOSING_S = 10
# Messages and control frames that a reader may send in the interval of the heartbeat.
MOST_MESSAGES = 500


class State(Enum):
    HEAD = auto()
    DECIDING = auto()
    OPEN = auto()
    CLOSING = auto()
    CLOSED = auto()


class Connection(asyncio.Protocol):
    __slots__ = (
        "_config",
        "_connections",
        "_conversation",
        "_due_at",
        "_head",
        "_heartbeat",
        "_inbound",
        "_loop",
        "_messages",
        "_paused",
        "_paused_bytes",
        "_slot",
        "_state",
        "_tasks",
        "_unanswered",
        "app_state",
        "deflate",
        "transport",
        "write",
    )

    transport: asyncio.Transport
    write: Callable[[bytes], None]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._config = config
        self._connections = server_state.connections
        self._tasks = server_state.tasks
        self._loop = _loop or asyncio.get_running_loop()
        self.app_state = app_state
        self._heartbeat: Heartbeat = app_state["heartbeat"]
        self._slot = -1
        self._state = State.HEAD
        self._head = b""
        self._conversation: Conversation | None = None
        self._inbound: Inbound | None = None
        self._unanswered = 0
        self._paused = False
        self._paused_bytes = 0
        self._due_at = -1
        self._messages = 0
        self.deflate = False

    @property
    def _node(self) -> Node:
        return cast(Node, self.app_state["node"])

    # ------------------------------------------------------------ for whoever extends it

    def _deal_with(self, handshake: Handshake) -> bool:
        """Whether it did, so that the application is not asked."""
        return False

    def _answer(self, said: str | bytes) -> None:
        """A message on a connection that the application has handed over."""

    def _leave(self) -> None:
        """Nothing more can be said on it."""

    # ------------------------------------------------------------ the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.write = self.transport.write
        self.transport.set_write_buffer_limits(HIGH_WATER, LOW_WATER)
        self._connections.add(cast(Any, self))
        self._slot = self._heartbeat.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._state = State.CLOSED
        self._leave()
        self._heartbeat.discard(self, self._slot)
        self._heartbeat.deadlines.discard(self, self._due_at)
        self._connections.discard(cast(Any, self))
        if self._conversation is not None:
            self._conversation.disconnected(1006)
            self._conversation.writable.set()

    def eof_received(self) -> None:
        return None

    def pause_writing(self) -> None:
        self._paused = True
        self._paused_bytes = self.transport.get_write_buffer_size()
        self._by(STALLED_S)
        if self._conversation is not None:
            self._conversation.writable.clear()

    def resume_writing(self) -> None:
        self._paused = False
        if self._state is State.OPEN:
            self._heartbeat.deadlines.discard(self, self._due_at)
        if not self.transport.is_closing():
            self.transport.resume_reading()
        if self._conversation is not None:
            self._conversation.writable.set()

    def data_received(self, data: bytes) -> None:
        if self._state in (State.OPEN, State.CLOSING):
            # Nearly all that readers send are answers to pings.
            if data[0] == 0x8A and len(data) > 5 and len(data) == 6 + (data[1] & 0x7F) and self._inbound is None:
                self._unanswered = 0
            else:
                self._receive(data)
        elif self._state is State.HEAD:
            self._head += data
            self._begin()
        elif self._state is State.DECIDING:
            self._head += data
            if len(self._head) > LONGEST_HEAD:
                self.transport.abort()

    # ------------------------------------------------------------ the handshake

    def _begin(self) -> None:
        try:
            handshake = Handshake.parse(self._head)
        except Refusal as refusal:
            self.refused(refusal.response())
            return
        if handshake is None:
            return
        self._head = handshake.rest
        if self._deal_with(handshake):
            return
        self._state = State.DECIDING
        self._conversation = Conversation(self, handshake, self._config, self.app_state)
        task = self._loop.create_task(self._conversation.run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def accepted(self, response: bytes, *, deflate: bool) -> None:
        """The application said yes."""
        self.open(deflate=deflate)
        self.write(response)
        rest, self._head = self._head, b""
        if rest:
            self._receive(rest)

    def open(self, *, deflate: bool) -> None:
        self.deflate = deflate
        self._state = State.OPEN

    def refused(self, response: bytes) -> None:
        """The application said no, as HTTP."""
        self._state = State.CLOSED
        self.write(response)
        self.transport.close()
        self._by(CLOSING_S)

    # ------------------------------------------------------------ what the reader sends

    def _receive(self, data: bytes) -> None:
        inbound = self._inbound or Inbound(LONGEST_MESSAGE, deflate=self.deflate)
        self._inbound = inbound
        try:
            for opcode, payload in inbound.receive(data):
                self._messages += 1
                if self._messages > MOST_MESSAGES:
                    raise Fault(1008, "too many messages")
                self._take(opcode, payload)
        except Fault as fault:
            self._count("misuse")
            self.close(fault.code, fault.reason)
            self._state = State.CLOSED
            # Closed with something unread it would be reset, and the reader would not see why.
            if self.transport.can_write_eof():
                self.transport.write_eof()
            else:
                self.transport.close()
        if inbound.idle:
            self._inbound = None
        if self._paused and not self.transport.is_closing():
            # Whoever does not take our answers is not listened to either, or they would pile up.
            self.transport.pause_reading()

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == CLOSE:
            self._closed_by_peer(payload)
        elif self._state is not State.OPEN:
            return
        elif opcode == PING:
            self.write(frame(payload, PONG))
        elif opcode == PONG:
            self._unanswered = 0
        elif self._conversation is not None:
            self._conversation.received(payload.decode() if opcode == TEXT else payload)
        else:
            self._answer(payload.decode() if opcode == TEXT else payload)

    def _closed_by_peer(self, payload: bytes) -> None:
        if self._state is State.OPEN:
            self._leave()
            code = int.from_bytes(payload[:2], "big") if payload else 1005
            self.write(frame(payload[:2], CLOSE))
            if self._conversation is not None:
                self._conversation.disconnected(code)
        self._state = State.CLOSED
        self.transport.close()
        self._by(CLOSING_S)

    def close(self, code: int, reason: str = "") -> None:
        """Begins the closing handshake."""
        if self._state is State.OPEN:
            self._leave()
            self.write(close_frame(code, reason))
            self._state = State.CLOSING
            self._by(CLOSING_S)
            if self._conversation is not None:
                self._conversation.disconnected(code)
                if not self._paused and not self.transport.is_closing():
                    # It waits for the application to take what the reader said last; the reader's answer comes after.
                    self.transport.resume_reading()

    def shutdown(self) -> None:
        """The server goes away (uvicorn calls this)."""
        if self._state is State.OPEN:
            leave = Close(4201, return_ms())
            self.close(leave.code, leave.reason)
        if not self._paused:
            self.transport.close()
        else:
            self.transport.abort()

    # ------------------------------------------------------------ the heartbeat

    def beat(self) -> None:
        self._messages = 0
        if self._state is State.OPEN and not self._paused:
            self._unanswered += 1
            self.write(PING_FRAME)

    def check(self) -> None:
        if self._state is State.OPEN and self._unanswered > 1:
            self._count("silent")
            self.close(4205)
            # Whoever answers no ping will not answer this either.
            self._state = State.CLOSED
            self.transport.close()

    def _by(self, seconds: int) -> None:
        """In so many seconds, and no other, it is looked at again."""
        deadlines = self._heartbeat.deadlines
        deadlines.discard(self, self._due_at)
        self._due_at = deadlines.add(self, seconds)

    def due(self) -> None:
        waiting = self.transport.get_write_buffer_size()
        if self._state is State.OPEN and waiting < self._paused_bytes:
            self._paused_bytes = waiting
            self._by(STALLED_S)
            return
        if self._state is State.OPEN:
            self._count("stalled")
        self.transport.abort()

    def _count(self, drop: str) -> None:
        self._node.limits.dropped[drop] += 1
