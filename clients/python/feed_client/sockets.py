"""Following over a websocket."""

from __future__ import annotations

import json
import ssl
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from .connections import CONNECT_WITHIN, Action, Connections
from .errors import Unreachable, UnsupportedVersion, is_final
from .links import Happened, Link
from .version import __version__
from .ways import Transport

SUBPROTOCOL = Subprotocol("feed.v1")
# A snapshot is one message: hundreds of entries of whatever length the server allows.
LARGEST_MESSAGE = 64 * 1024 * 1024


@dataclass
class SocketLink(Link):
    way: ClassVar[Transport] = "websocket"

    _socket: ClientConnection | None = None

    async def send(self, message: dict[str, str]) -> None:
        if self._socket is not None:
            with suppress(ConnectionClosed):
                await self._socket.send(json.dumps(message))

    async def follow(self) -> Happened | Exception:
        try:
            socket = await connect(
                self.place.websocket(self.after),
                subprotocols=[SUBPROTOCOL],
                user_agent_header=f"feed-client/{__version__}",
                open_timeout=CONNECT_WITHIN,
                close_timeout=1,
                ping_interval=None,
                max_size=LARGEST_MESSAGE,
            )
        except InvalidStatus as refused:
            return self._refused(refused)
        except ssl.SSLCertVerificationError as wrong:
            return Unreachable(f"The server's certificate is not valid: {wrong.verify_message}.", self.place.url)
        except (TimeoutError, WebSocketException):
            self.reached = True
            return self.lost()
        except OSError:
            return self.lost()
        self.reached = True
        try:
            if socket.subprotocol != SUBPROTOCOL:
                return UnsupportedVersion(4009)
            self._socket = socket
            await self.tell(partial(_opened, self.number))
            while True:
                await self.receive(await socket.recv())
        except ConnectionClosed as closed:
            if closed.rcvd is None:
                return self.lost()
            # What was closed with a reason was heard.
            self.heard |= closed.rcvd.code > 1006
            return self.lost(closed.rcvd.code, closed.rcvd.reason)
        finally:
            self._socket = None
            await socket.close()

    def _refused(self, refused: InvalidStatus) -> Happened:
        """A server of ours takes the handshake and closes: this was somebody on the way."""
        self.reached = True
        status = refused.response.status_code
        self.barred = is_final(status)
        retry_after = refused.response.headers.get("Retry-After", "")
        return self.rejected(status, float(retry_after) if retry_after.isdecimal() else None)


def _opened(number: int, connections: Connections, now: float) -> list[Action]:
    return connections.receive_open(number, now)
