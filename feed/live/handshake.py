"""The opening handshake of a websocket (RFC 6455 section 4), without I/O."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus

import httptools

from feed.errors import FeedError, HeadTooLarge, MalformedRequest, UnsupportedVersion
from feed.wire import PROBLEM, problem_document

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
    """What came is no request or handshake that can be answered, and ends the connection."""

    def __init__(self, error: FeedError) -> None:
        super().__init__(error.detail)
        self.error = error

    def response(self) -> bytes:
        error = self.error
        body = problem_document(error.status, error.code, error.title, error.detail, error.extra)
        upgrade = b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" if error.status == 426 else b""
        return (
            b"HTTP/1.1 %d %b\r\n%bContent-Type: %b\r\nContent-Length: %d\r\nCache-Control: no-store\r\n"
            b"X-Content-Type-Options: nosniff\r\nConnection: close%b\r\n\r\n%b"
        ) % (
            error.status,
            HTTPStatus(error.status).phrase.encode(),
            upgrade,
            PROBLEM.encode(),
            len(body),
            b", Upgrade" if upgrade else b"",
            body,
        )


def _no_handshake(detail: str) -> Refusal:
    return Refusal(MalformedRequest(f"This is no websocket handshake (RFC 6455): {detail}"))


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
                raise Refusal(HeadTooLarge(LONGEST_HEAD))
            return None
        if end > LONGEST_HEAD:
            raise Refusal(HeadTooLarge(LONGEST_HEAD))
        handshake = cls(rest=data[end + 4 :])
        parser = httptools.HttpRequestParser(handshake)
        try:
            parser.feed_data(data[: end + 4])
        except httptools.HttpParserUpgrade:
            pass
        except httptools.HttpParserError:
            raise _no_handshake("it is not even HTTP.") from None
        if parser.get_method() != b"GET" or parser.get_http_version() != "1.1":
            raise _no_handshake("it has to be GET, over HTTP/1.1.")
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
            raise _no_handshake("it has to have one header Host.")
        upgrades = [value.lower() for value in self.all(b"upgrade")]
        connection = [value.lower() for value in self.all(b"connection")]
        if b"websocket" not in upgrades or b"upgrade" not in connection:
            raise _no_handshake(
                "the headers Upgrade: websocket and Connection: Upgrade have to be there. A proxy may have kept one."
            )
        if self.all(b"sec-websocket-version") != [b"13"]:
            raise Refusal(UnsupportedVersion("Sec-WebSocket-Version: 13 is spoken here."))
        try:
            (key,) = self.all(b"sec-websocket-key")
            valid = len(base64.b64decode(key, validate=True)) == 16
        except (ValueError, binascii.Error):
            valid = False
        if not valid:
            raise _no_handshake("Sec-WebSocket-Key has to be there once, with 16 bytes in base64.")

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
