"""The opening handshake of a websocket (RFC 6455 section 4), without I/O."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from functools import lru_cache

import httptools

# What an offer may say (RFC 7692, section 7.1); one with anything else must be declined. Of the window of what we send
# nothing may be said: it is as large as it can be.
_PARAMETERS = (
    re.compile(rb"server_no_context_takeover"),
    re.compile(rb"client_no_context_takeover"),
    re.compile(rb'client_max_window_bits(?:\s*=\s*"?(?:8|9|1[0-5])"?)?'),
)

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
LONGEST_HEAD = 16_384
DEFLATE = b"permessage-deflate; server_no_context_takeover; client_no_context_takeover"


class Refusal(Exception):
    """The request is no handshake that can be answered: an HTTP status, and what is wrong."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason

    def response(self) -> bytes:
        body = self.reason.encode() + b"\n"
        version = b"Sec-WebSocket-Version: 13\r\n" if self.status == 426 else b""
        return (
            b"HTTP/1.1 %d %b\r\n%bContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"
            b"Connection: close\r\n\r\n%b"
        ) % (self.status, self.reason.encode(), version, len(body), body)


@lru_cache(maxsize=256)  # browsers make one or two different ones
def _is_deflate(offer: bytes) -> bool:
    """That can be met: each parameter is one that is known, and none comes twice."""
    name, *parameters = [part.strip() for part in offer.split(b";")]
    if name != b"permessage-deflate":
        return False
    kinds = [next((form for form in _PARAMETERS if form.fullmatch(one)), None) for one in parameters]
    return None not in kinds and len(set(kinds)) == len(kinds)


@dataclass(slots=True)
class Handshake:
    """What the client asks for. `headers` in lower case, in their order; `rest` are bytes that came after the head."""

    target: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    rest: bytes = b""

    @classmethod
    def parse(cls, data: bytes) -> Handshake | None:
        """None while the head is not complete. Raises Refusal."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            if len(data) > LONGEST_HEAD:
                raise Refusal(431, "Request Header Fields Too Large")
            return None
        if end > LONGEST_HEAD:
            raise Refusal(431, "Request Header Fields Too Large")
        handshake = cls(rest=data[end + 4 :])
        parser = httptools.HttpRequestParser(handshake)
        try:
            parser.feed_data(data[: end + 4])
        except httptools.HttpParserUpgrade:
            pass
        except httptools.HttpParserError:
            raise Refusal(400, "Bad Request") from None
        if parser.get_method() != b"GET" or parser.get_http_version() != "1.1":
            raise Refusal(400, "Bad Request")
        handshake._check()
        return handshake

    # What httptools calls.

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value.strip()))

    def all(self, name: bytes) -> list[bytes]:
        """The members of a header's lists, over all its lines."""
        values = [value for header, value in self.headers if header == name]
        return [part.strip() for part in b",".join(values).split(b",") if part.strip()] if values else []

    def _check(self) -> None:
        if len([name for name, _ in self.headers if name == b"host"]) != 1:
            raise Refusal(400, "Bad Request")
        upgrades = [value.lower() for value in self.all(b"upgrade")]
        connection = [value.lower() for value in self.all(b"connection")]
        if b"websocket" not in upgrades or b"upgrade" not in connection:
            raise Refusal(400, "Bad Request")
        if self.all(b"sec-websocket-version") != [b"13"]:
            raise Refusal(426, "Upgrade Required")
        try:
            (key,) = self.all(b"sec-websocket-key")
            valid = len(base64.b64decode(key, validate=True)) == 16
        except (ValueError, binascii.Error):
            valid = False
        if not valid:
            raise Refusal(400, "Bad Request")

    @property
    def subprotocols(self) -> list[str]:
        return [value.decode("latin-1") for value in self.all(b"sec-websocket-protocol")]

    @property
    def deflate(self) -> bool:
        """Whether one of the offers is a permessage-deflate that frames made once for everybody satisfy."""
        return any(map(_is_deflate, self.all(b"sec-websocket-extensions")))

    def accept(self, subprotocol: str | None, headers: list[tuple[bytes, bytes]], *, deflate: bool) -> bytes:
        (key,) = self.all(b"sec-websocket-key")
        answer = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
        lines = [
            b"HTTP/1.1 101 Switching Protocols",
            b"Upgrade: websocket",
            b"Connection: Upgrade",
            b"Sec-WebSocket-Accept: " + answer,
        ]
        if subprotocol is not None:
            lines.append(b"Sec-WebSocket-Protocol: " + subprotocol.encode("latin-1"))
        if deflate:
            lines.append(b"Sec-WebSocket-Extensions: " + DEFLATE)
        lines += [name + b": " + value for name, value in headers]
        return b"\r\n".join(lines) + b"\r\n\r\n"
