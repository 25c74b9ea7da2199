"""Our websocket protocol for uvicorn: a reader whose connection belongs to its channel, without a task of its own.

    HEAD       the handshake is being read
    DECIDING   the ASGI application decides, in a task
    OPEN       messages go both ways; the application may hand the connection over with `adopt`, and end
    CLOSING    our close frame is sent, the reader's is awaited
    CLOSED

An adopted connection costs its transport and this object. Entries are written to it by its channel's fan-out; what it
cannot take waits in the log, not here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, cast

import structlog
from uvicorn.config import Config
from uvicorn.server import ServerState

from feed.channel import Channel, Opening
from feed.departures import return_ms
from feed.errors import StoreUnavailable, TooManySubscribers, UnknownCoverage
from feed.hub import Hub
from feed.message import CLOSE, PING, PING_FRAME, PONG, TEXT, close_frame, frame, framed, joined
from feed.model import Cursor
from feed.node import Node
from feed.session import LONGEST_MESSAGE, Authenticate, Close, Session

from .conversation import Conversation
from .frames import Fault, Inbound
from .handshake import LONGEST_HEAD, Handshake, Refusal
from .heartbeat import Heartbeat
from .shortcut import SUBPROTOCOL, admit_at_once
from .subscription import STORE_RETRY_S, opened

log = structlog.get_logger()

# More than this not yet taken by the kernel, and a reader is only a position until it drains.
HIGH_WATER = 64 * 1024
LOW_WATER = 16 * 1024
# One portion of catching up.
PORTION_EVENTS = 64
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


class LiveSocket(asyncio.Protocol):
    __slots__ = (
        "_asking",
        "_channel",
        "_config",
        "_connections",
        "_conversation",
        "_due_at",
        "_forks",
        "_head",
        "_heartbeat",
        "_hub",
        "_inbound",
        "_limit",
        "_loop",
        "_messages",
        "_paused",
        "_paused_bytes",
        "_place",
        "_session",
        "_showed_token",
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
        # Where it is counted as a reader from, once it is.
        self._place: str | None = None
        self.deflate = False
        self._hub: Hub | None = None
        self._channel: Channel | None = None
        self._session: Session | None = None
        self._forks = 0
        self._limit = 0
        self._asking = False
        self._showed_token = False

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
        if self._place is not None:
            cast(Node, self.app_state["node"]).limits.subscribers.leave(self._place)
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
        if self._channel is not None and self in self._channel.fanout:
            self._channel.fanout.discard(self)
            # What is being written is on its way: the reader stands at the tip.
            cast(Session, self._session).position = self._channel.tip

    def resume_writing(self) -> None:
        self._paused = False
        if self._state is State.OPEN:
            self._heartbeat.deadlines.discard(self, self._due_at)
        if not self.transport.is_closing():
            self.transport.resume_reading()
        if self._conversation is not None:
            self._conversation.writable.set()
        self.proceed()

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
        node: Node = self.app_state["node"]
        try:
            self._place = node.limits.admit(self._client(handshake) if node.limits.subscribers.by_address else "")
        except TooManySubscribers as error:
            self._turn_away(handshake, error)
            return
        if admit_at_once(self, handshake, node):
            return
        self._state = State.DECIDING
        self._conversation = Conversation(self, handshake, self._config, self.app_state)
        task = self._loop.create_task(self._conversation.run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _client(self, handshake: Handshake) -> str:
        peer = self.transport.get_extra_info("peername")
        host = peer[0] if isinstance(peer, tuple) and peer else str(peer or "")
        return cast(Node, self.app_state["node"]).proxies.client(host, handshake.headers)

    def _turn_away(self, handshake: Handshake, error: TooManySubscribers) -> None:
        """With as little as can be, but after the handshake: a browser would not see why."""
        offered = handshake.subprotocols
        chosen = SUBPROTOCOL if SUBPROTOCOL in offered else offered[0] if offered else None
        self.accepted(handshake.accept(chosen, [], deflate=False), deflate=False)
        session = Session("", public=True)
        self.write(joined(session.refuse(error), deflate=False))
        if session.closed is not None:
            self.close(session.closed.code, session.closed.reason)

    def accepted(self, response: bytes, *, deflate: bool) -> None:
        """The application said yes."""
        self.deflate = deflate
        self._state = State.OPEN
        self.write(response)
        rest, self._head = self._head, b""
        if rest:
            self._receive(rest)

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

    def _answer(self, said: str | bytes) -> None:
        if self._session is not None:
            answer = self._session.receive(said)
            # Who reads what is public needs no token, and may show one.
            if isinstance(answer, Authenticate):
                self._showed_token = True
            else:
                self.write(joined(answer, deflate=self.deflate))
            self._close_if_over()

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
        cast(Node, self.app_state["node"]).limits.dropped[drop] += 1

    # ------------------------------------------------------------ adopted by its channel

    def adopt(self, hub: Hub, channel: Channel, session: Session, opening: Opening, forks: int, limit: int) -> None:
        """From here on the connection is the channel's; the application may end. It was entered, and is left here."""
        conversation, self._conversation = self._conversation, None
        self._hub, self._channel, self._session = hub, channel, session
        self._forks, self._limit = forks, limit
        if self._state is not State.OPEN:
            self._leave()
            return
        if not channel.private:  # it may have become so while the page was read
            # Gathered by the transport: a snapshot is not copied for each reader.
            self.transport.writelines(framed(opened(hub, channel, session, opening), deflate=self.deflate))
        if conversation is not None:
            for said in conversation.left_over():
                self._answer(said)
        self.transport.resume_reading()
        self.proceed()

    def proceed_from(self, position: Cursor) -> None:
        if self._session is not None:
            self._session.position = position
        self.proceed()

    def proceed(self) -> None:
        """Goes on from the reader's position: to the fan-out if it has everything, to the end if that is reached."""
        channel, session, hub = self._channel, self._session, self._hub
        if channel is None or session is None or hub is None:
            return
        self.move()
        if channel.private and session.closed is None:
            if self._showed_token:
                session.close(4101)  # it comes back, and its token is looked at
            else:
                self.write(joined(session.refuse(UnknownCoverage(channel.coverage)), deflate=self.deflate))
        while session.closed is None and not self._paused and not self._asking:
            following = None if channel.forks != self._forks else channel.after(session.position)
            if following is None:
                self._begin_again()
                return
            if not following:
                if not channel.ended or session.position > channel.tip:
                    channel.join(self, session.position)
                    return
                session.close(1000)
                break
            messages = session.deliver(following[:PORTION_EVENTS], more=len(following) > PORTION_EVENTS)
            hub.counts.messages += len(messages)
            self.write(joined(messages, deflate=self.deflate))
        self._close_if_over()

    def move(self) -> None:
        session, hub = self._session, self._hub
        if hub is None or hub.departures is None or session is None:
            return
        if not session.moving and session.closed is None:
            self.write(frame(session.move(hub.departures.add(self).after_ms)))

    def depart(self) -> None:
        if self._session is not None:
            self._session.close(4201, retry_after_ms=return_ms())
            self._close_if_over()

    def _begin_again(self) -> None:
        """The window does not reach back to the reader, or the log forked: the store is asked."""
        self._asking = True
        task = self._loop.create_task(self._ask_store())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask_store(self) -> None:
        while (channel := self._channel) is not None and (session := self._session) is not None:
            forks = channel.forks
            try:
                continued = await channel.continue_from(session.position, self._limit)
            except StoreUnavailable:
                await asyncio.sleep(STORE_RETRY_S)
                continue
            except UnknownCoverage as error:
                self.write(joined(session.refuse(error), deflate=self.deflate))
                self._close_if_over()
                return
            hub = self._hub
            if hub is None:
                return
            self._forks, self._asking = forks, False
            if channel.private:
                messages = []  # and `proceed` refuses
            elif isinstance(continued, Opening):
                messages = opened(hub, channel, session, continued)
            else:
                messages = session.deliver(continued)
            self.write(joined(messages, deflate=self.deflate))
            self.proceed()
            return

    def _close_if_over(self) -> None:
        if self._session is not None and (closed := self._session.closed) is not None:
            self.close(closed.code, closed.reason)

    def _leave(self) -> None:
        channel, hub = self._channel, self._hub
        self._channel = self._hub = None
        if channel is not None and hub is not None:
            channel.part(self)
            hub.leave(channel)
