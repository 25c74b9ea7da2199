"""A reader's websocket: its connection belongs to its channel, without a task of its own.

An adopted connection costs its transport and this object. Entries are written to it by its channel's fan-out; what it
cannot take waits in the log, not here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog
from uvicorn.config import Config
from uvicorn.server import ServerState

from feed.channel import Channel, Opening
from feed.departures import return_ms
from feed.errors import StoreUnavailable, TooManySubscribers, UnknownCoverage
from feed.hub import Hub
from feed.message import frame, framed, joined, portion_length
from feed.model import Cursor
from feed.session import Authenticate, Session
from feed.window import Frame

from .connection import Connection, State
from .handshake import Handshake
from .shortcut import SUBPROTOCOL, admit_at_once
from .subscription import STORE_RETRY_S, opened

log = structlog.get_logger()


class LiveSocket(Connection):
    """`_place`: where it is counted as a reader from, once it is."""

    __slots__ = ("_asking", "_channel", "_forks", "_hub", "_limit", "_place", "_session", "_showed_token")

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._place: str | None = None
        self._hub: Hub | None = None
        self._channel: Channel | None = None
        self._session: Session | None = None
        self._forks = 0
        self._limit = 0
        self._asking = False
        self._showed_token = False

    # ------------------------------------------------------------ the connection

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._place is not None:
            self._node.limits.subscribers.leave(self._place)

    def pause_writing(self) -> None:
        super().pause_writing()
        channel, session = self._channel, self._session
        if channel is not None and session is not None and self in channel.fanout:
            channel.fanout.discard(self)
            # What is being written is on its way: the reader stands at the tip.
            session.position = channel.tip

    def resume_writing(self) -> None:
        super().resume_writing()
        self.proceed()

    def _deal_with(self, handshake: Handshake) -> bool:
        node = self._node
        try:
            self._place = node.limits.admit(self._client(handshake) if node.limits.subscribers.by_address else "")
        except TooManySubscribers as error:
            self._turn_away(handshake, error)
            return True
        return admit_at_once(self, handshake, node)

    def _client(self, handshake: Handshake) -> str:
        peer = self.transport.get_extra_info("peername")
        host = peer[0] if isinstance(peer, tuple) and peer else str(peer or "")
        return self._node.proxies.client(host, handshake.headers)

    def _turn_away(self, handshake: Handshake, error: TooManySubscribers) -> None:
        """With as little as can be, but after the handshake: a browser would not see why."""
        offered = handshake.subprotocols
        chosen = SUBPROTOCOL if SUBPROTOCOL in offered else offered[0] if offered else None
        self.accepted(handshake.accept(chosen, [], deflate=False), deflate=False)
        session = Session("", public=True)
        self.write(joined(session.refuse(error), deflate=False))
        if session.closed is not None:
            self.close(session.closed.code, session.closed.reason)

    def _answer(self, said: str | bytes) -> None:
        if self._session is not None:
            answer = self._session.receive(said)
            # Who reads what is public needs no token, and may show one.
            if isinstance(answer, Authenticate):
                self._showed_token = True
            else:
                self.write(joined(answer, deflate=self.deflate))
            self._close_if_over()

    # ------------------------------------------------------------ adopted by its channel

    def adopt(
        self,
        hub: Hub,
        channel: Channel,
        session: Session,
        opening: Opening,
        forks: int,
        limit: int,
        *,
        response: bytes | None = None,
    ) -> None:
        """From here on the connection is the channel's; the application may end. It was entered, and is left here.

        `response`: to the handshake, if it was not sent yet. With the first messages it costs no packet of its own."""
        conversation, self._conversation = self._conversation, None
        self._hub, self._channel, self._session = hub, channel, session
        self._forks, self._limit = forks, limit
        if self._state is not State.OPEN:
            self._leave()
            return
        if not channel.private:  # it may have become so while the page was read
            self._write(opened(hub, channel, session, opening), response)
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
        try:
            self._proceed()
        except Exception:
            self.fail()
            log.exception("a reader could not be continued")

    def fail(self) -> None:
        # Left open it would be given nothing any more, and see no reason to come back.
        self.close(1011)

    def _proceed(self) -> None:
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
            self._deliver(hub, session, following)
        self._close_if_over()

    def _deliver(self, hub: Hub, session: Session, following: Sequence[Frame]) -> None:
        """The first of what follows. The rest stays in the log while the transport is full."""
        count = portion_length(frame.message for frame in following)
        messages = session.deliver(following[:count], more=count < len(following))
        hub.counts.messages += len(messages)
        self._write(messages)

    def _write(self, messages: Sequence[bytes], response: bytes | None = None) -> None:
        # Gathered by the transport: what others are given too is not copied for each reader.
        frames = framed(messages, deflate=self.deflate)
        self.transport.writelines(frames if response is None else [response, *frames])

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
        task = self._loop.create_task(self._ask_on())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask_on(self) -> None:
        try:
            await self._ask_store()
        except Exception:
            self.fail()
            log.exception("a reader could not be continued")

    async def _ask_store(self) -> None:
        while (channel := self._channel) is not None and (session := self._session) is not None:
            forks = channel.forks
            try:
                continued = await channel.continue_from(session.position, self._limit)
            except StoreUnavailable:
                await asyncio.sleep(STORE_RETRY_S)
                continue
            except UnknownCoverage as error:
                if self._hub is not None:
                    self.write(joined(session.refuse(error), deflate=self.deflate))
                    self._close_if_over()
                return
            hub = self._hub
            if hub is None:
                return
            self._forks, self._asking = forks, False
            if not channel.private:  # or `proceed` refuses
                if isinstance(continued, Opening):
                    self._write(opened(hub, channel, session, continued))
                else:
                    self._deliver(hub, session, continued)
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
