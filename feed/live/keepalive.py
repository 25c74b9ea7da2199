"""Our websocket protocol for uvicorn: a reader that answers two pings in a row with silence is let go with 4205."""

from __future__ import annotations

import random
import struct

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

# How long after the second ping its answer is waited for: a dead peer is gone within 45 seconds of its last sign.
LAST_PONG_S = 5.0


class FeedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's own, but for its keepalive: there one late pong closes with 1011, which tells a client nothing."""

    _unanswered = 0

    def send_keepalive_ping(self) -> None:
        self.ping_timer = None
        if self.close_sent or self.transport.is_closing():
            return
        self._unanswered += 1
        self.pending_ping_payload = struct.pack("!I", random.getrandbits(32))
        self.ping_sent_at = self.loop.time()
        self.conn.send_ping(self.pending_ping_payload)
        self.transport.write(b"".join(self.conn.data_to_send()))
        if self._unanswered < 2:
            self.last_ping_rtt = 0.0
            self.schedule_ping()
        else:
            self.pong_timer = self.loop.call_later(LAST_PONG_S, self.keepalive_timeout)

    def handle_pong(self, event: Frame) -> None:
        if self.pending_ping_payload is None or bytes(event.data) != self.pending_ping_payload:
            return
        self._unanswered = 0
        self.pending_ping_payload = None
        if self.pong_timer is not None:
            self.pong_timer.cancel()
            self.pong_timer = None
            self.schedule_ping()

    def keepalive_timeout(self) -> None:
        self.pong_timer = None
        self.pending_ping_payload = None
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.fail(4205, "no pong")
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()
