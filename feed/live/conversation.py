"""The ASGI side of a websocket: the application's `receive` and `send`, until it ends or hands the connection over."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import unquote

import structlog
from starlette.types import Message as Event
from uvicorn.config import Config

from feed.message import framed

from .frames import Fault
from .handshake import Handshake

log = structlog.get_logger()

# The key in the scope's extensions under which an application finds the socket to hand over. Where it is there, a
# "websocket.send" carries `messages`, which are put into frames once for all readers.
EXTENSION = "feed.live.socket"
# Messages that came together and that the application has not come to yet.
MOST_WAITING = 64


class Socket(Protocol):
    """What the conversation is held over."""

    transport: asyncio.Transport
    deflate: bool

    def accepted(self, response: bytes, *, deflate: bool) -> None: ...
    def refused(self, response: bytes) -> None: ...
    def close(self, code: int, reason: str = "") -> None: ...


class Disconnected(OSError):
    """The reader is gone (what ASGI 2.4 wants `send` to raise)."""


class Conversation:
    def __init__(self, socket: Socket, handshake: Handshake, config: Config, app_state: dict[str, Any]) -> None:
        self._socket = socket
        self._handshake = handshake
        self._config = config
        self._app_state = app_state
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._denial: tuple[int, list[tuple[bytes, bytes]]] | None = None
        self._denial_body = b""
        self._answered = False
        self._over = False
        self.writable = asyncio.Event()
        self.writable.set()
        self._events.put_nowait({"type": "websocket.connect"})

    async def run(self) -> None:
        try:
            await self._config.loaded_app(self._scope(), self.receive, self.send)
        except Disconnected:
            pass
        except Exception:
            log.exception("the application failed")
            if not self._answered:
                self._refuse(500, [], b"Internal Server Error")
        if not self._answered:
            self._refuse(500, [], b"Internal Server Error")

    def _scope(self) -> dict[str, Any]:
        transport = self._socket.transport
        path, _, query = self._handshake.target.partition(b"?")
        return {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "wss" if transport.get_extra_info("sslcontext") else "ws",
            "server": _address(transport.get_extra_info("sockname")),
            "client": _address(transport.get_extra_info("peername")),
            "root_path": self._config.root_path,
            "path": unquote(path.decode("ascii", "replace")),
            "raw_path": path,
            "query_string": query,
            "headers": self._handshake.headers,
            "subprotocols": self._handshake.subprotocols,
            "state": self._app_state.copy(),
            "extensions": {"websocket.http.response": {}, EXTENSION: {"socket": self._socket}},
        }

    # ------------------------------------------------------------ from the socket

    def received(self, data: str | bytes) -> None:
        """Raises Fault."""
        if self._events.qsize() >= MOST_WAITING:
            raise Fault(1008, "too many messages")
        kind = "text" if isinstance(data, str) else "bytes"
        self._events.put_nowait({"type": "websocket.receive", kind: data})
        # One at a time: whoever sends faster than it is read waits at its own end.
        self._socket.transport.pause_reading()

    def left_over(self) -> list[str | bytes]:
        """What was received and not yet taken by the application, when it hands the connection over."""
        left: list[str | bytes] = []
        while not self._events.empty():
            event = self._events.get_nowait()
            if event["type"] == "websocket.receive":
                left.append(event["text"] if "text" in event else event["bytes"])
        return left

    def disconnected(self, code: int) -> None:
        if not self._over:
            self._over = True
            self._events.put_nowait({"type": "websocket.disconnect", "code": code})

    # ------------------------------------------------------------ from the application

    async def receive(self) -> Event:
        event = await self._events.get()
        if self._events.empty() and not self._socket.transport.is_closing():
            self._socket.transport.resume_reading()
        return event

    async def send(self, event: Event) -> None:
        await self.writable.wait()
        match event["type"]:
            case "websocket.accept":
                self._accept(event)
            case "websocket.http.response.start":
                self._denial = (event["status"], list(event.get("headers", ())))
            case "websocket.http.response.body" if self._denial is not None:
                self._denial_body += event.get("body", b"")
                if not event.get("more_body", False):
                    self._refuse(*self._denial, self._denial_body)
            case "websocket.close" if not self._answered:
                self._refuse(403, [], b"Forbidden")
            case _ if self._over:
                raise Disconnected
            case "websocket.send":
                self._socket.transport.writelines(framed(event["messages"], deflate=self._socket.deflate))
            case "websocket.close":
                self._socket.close(event.get("code", 1000), event.get("reason") or "")
            case other:
                raise RuntimeError(f"{other} is not expected here")

    def _accept(self, event: Event) -> None:
        self._answered = True
        if self._over:
            raise Disconnected
        deflate = self._handshake.deflate
        response = self._handshake.accept(event.get("subprotocol"), list(event.get("headers", ())), deflate=deflate)
        self._socket.accepted(response, deflate=deflate)

    def _refuse(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self._answered = True
        lines = [
            b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode()),
            b"connection: close",
            b"content-length: %d" % len(body),
        ]
        lines += [name + b": " + value for name, value in headers if name.lower() != b"content-length"]
        self._over = True
        self._socket.refused(b"\r\n".join(lines) + b"\r\n\r\n" + body)


def _address(name: Any) -> tuple[str, int | None] | None:
    """Of a unix socket only the path is known."""
    if isinstance(name, (tuple, list)):
        return name[0], int(name[1])
    return (name, None) if isinstance(name, str) and name else None
