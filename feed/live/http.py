"""uvicorn's HTTP, with an end to everything that a client could let us wait for, and a limit to all that it can send.

Every connection is looked at once in PASS_S. A request's head must be complete within two passes, then its body must go
on coming; an answer must go on being taken. A connection between two requests is uvicorn's, which closes it by itself.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from feed.errors import HeadTooLarge, MalformedRequest, RequestTimeout, TooManyPipelined
from feed.node import Node

from .deadlines import Deadlines
from .handshake import LONGEST_HEAD, Refusal

PASS_S = 7
# So many bytes of a body in two passes at least: a megabyte may take a quarter of an hour, one byte at a time may not.
LEAST_BODY = 16 * 1024
# Requests that wait for the answer before theirs.
MOST_PIPELINED = 16


class Http(HttpToolsProtocol):
    """`began`: the second, as the deadlines count, in which the connection was made."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        began: int | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._deadlines: Deadlines = app_state["heartbeat"].deadlines
        self._node: Node = app_state["node"]
        self._dropped: Counter[str] = self._node.limits.dropped
        # When the request that is being received began; None between requests.
        self._since: int | None = self._deadlines.now if began is None else began
        self._at = -1
        self._received = 0
        self._head = 0
        self._head_done = False
        self._refusal: Refusal | None = None
        self._waiting = 0
        self._stalls = 0
        self._leaving = False

    # ------------------------------------------------------------ the transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        passed = self._deadlines.now - cast(int, self._since)
        self._at = self._deadlines.add(self, PASS_S - passed % PASS_S)

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadlines.discard(self, self._at)
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        self._deadlines.discard(self, self._at)
        super().handle_websocket_upgrade()

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self._since is None:
            self._since = self._deadlines.now
            self._received = 0
        self._received += len(data)
        in_head = not self._head_done
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
        except httptools.HttpParserError:
            self._refuse(self._refusal or Refusal(MalformedRequest("What came is no HTTP request.")))
        else:
            # The parser gathers a line, and says nothing of it before it is whole.
            if in_head and not self._head_done and self._since is not None and self._received > 2 * LONGEST_HEAD:
                self._refuse(Refusal(HeadTooLarge(LONGEST_HEAD)))

    def _refuse(self, refusal: Refusal) -> None:
        """Unless something was answered already, which this would be taken for a part of."""
        if not self.transport.is_closing():
            if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
                self.transport.write(refusal.response())
            self.transport.close()

    # ------------------------------------------------------------ what the parser finds

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head, self._head_done = 0, False
        if self._since is None:  # it came together with the end of the one before
            self._since, self._received = self._deadlines.now, 1

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + 4)
        if not self._head_done:  # what comes after the body is no part of what was asked
            super().on_header(name, value)

    def _count(self, length: int) -> None:
        self._head += length
        if self._head > LONGEST_HEAD:
            self._fail(HeadTooLarge(LONGEST_HEAD))

    def on_headers_complete(self) -> None:
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (not hosts and self.parser.get_http_version() == "1.1"):
            self._fail(MalformedRequest("There has to be one header Host."))  # RFC 9112, section 3.2
        if len(self.pipeline) >= MOST_PIPELINED:
            self._fail(TooManyPipelined())
        super().on_headers_complete()
        self._head_done = True

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._since, self._head_done = None, False

    def on_response_complete(self) -> None:
        # What began before this node was to leave, a stream above all, could not say that the connection ends with it.
        if self._node.hub.draining and not self.pipeline:
            self.transport.close()
        super().on_response_complete()

    def _fail(self, error: MalformedRequest) -> None:
        """Raises Refusal, through the parser."""
        self._refusal = Refusal(error)
        raise self._refusal

    # ------------------------------------------------------------ the passes

    def due(self) -> None:
        self._at = self._deadlines.add(self, PASS_S)
        if self.transport.is_closing():
            # What was to be sent before the end had a pass to go.
            if self._leaving:
                self.transport.abort()
            self._leaving = True
        elif self._is_stalled():
            self._dropped["stalled"] += 1
            self.transport.abort()
        elif self._since is not None:
            self._look_at_request(self._deadlines.now - self._since)

    def _is_stalled(self) -> bool:
        """Nothing was taken of what waits to be sent, twice. While it is this much nothing is added to it."""
        waiting, before = self.transport.get_write_buffer_size(), self._waiting
        self._waiting = waiting
        taken = not waiting or not before or waiting < before or (waiting > before and not self.flow.write_paused)
        self._stalls = 0 if taken else self._stalls + 1
        return self._stalls > 1

    def _look_at_request(self, seconds: int) -> None:
        if self.flow.read_paused:
            # It is us who do not read on.
            self._since, self._received = self._deadlines.now, 0
        elif self._head_done and self.cycle.response_complete:
            # It was answered, and what is still being sent of it is for nobody.
            self.transport.close()
        elif seconds > PASS_S:
            if self._head_done and self._received >= LEAST_BODY:
                self._since, self._received = self._deadlines.now, 0
                return
            self._dropped["unfinished"] += 1
            if self._received:
                self._refuse(Refusal(RequestTimeout()))
            else:
                self.transport.close()
