"""What a reader sends over a websocket (RFC 6455 section 5), without I/O."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterator

from feed.message import BINARY, CLOSE, PING, PONG, TEXT

_CONTINUATION = 0
_DATA = (_CONTINUATION, TEXT, BINARY)
_CONTROL = (CLOSE, PING, PONG)

# A message in more pieces than this is no message that a reader has reason to send.
MOST_FRAGMENTS = 64


class Fault(Exception):
    """A reader broke the protocol: the code to close with."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Inbound:
    """Takes apart what a reader sends. `idle` when nothing is left over, so that it need not be kept."""

    __slots__ = ("_buffer", "_compressed", "_cut", "_deflate", "_fragments", "_limit", "_opcode")

    def __init__(self, limit: int, *, deflate: bool = False) -> None:
        self._limit = limit
        self._deflate = deflate
        self._buffer = b""
        self._fragments: list[bytes] = []
        # The beginning of a character that goes on in the next fragment.
        self._cut = b""
        self._opcode = 0
        self._compressed = False

    @property
    def idle(self) -> bool:
        return not self._buffer and not self._opcode

    def receive(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Whole messages and control frames as (opcode, payload). Raises Fault; nothing may be fed after that."""
        buffer, at = (self._buffer + data if self._buffer else data), 0
        # What is left over, also when a frame breaks off what is being done.
        self._buffer = b""
        while (taken := self._take_frame(buffer, at)) is not None:
            fin, opcode, payload, at = taken
            if opcode in _CONTROL:
                if opcode == CLOSE:
                    _check_close(payload)
                yield opcode, payload
            elif (message := self._gather(fin, payload)) is not None:
                yield message
        self._buffer = buffer[at:]

    def _take_frame(self, buffer: bytes, at: int) -> tuple[bool, int, bytes, int] | None:
        """The frame that begins there, and where it ends; None if it is not whole."""
        if len(buffer) < at + 2:
            return None
        first, second = buffer[at], buffer[at + 1]
        fin, rsv, opcode, length = bool(first & 0x80), first & 0x70, first & 0x0F, second & 0x7F
        self._check_head(fin, rsv, opcode, second, length)
        at += 2
        if length > 125:
            begin, at = at, at + (2 if length == 126 else 8)
            if len(buffer) < at:
                return None
            length = int.from_bytes(buffer[begin:at], "big")
            if length > self._limit:
                raise Fault(1009, "message too big")
        if opcode in _DATA and length + sum(map(len, self._fragments)) > self._limit:
            raise Fault(1009, "message too big")
        end = at + 4 + length
        payload = _unmask(buffer[at + 4 : end], buffer[at : at + 4])
        if len(buffer) < end:
            if opcode == TEXT and not rsv:
                _well_begun(payload)
            elif opcode == _CONTINUATION and self._is_text:
                _well_begun(self._cut + payload)
            return None
        if opcode in (TEXT, BINARY):
            self._opcode, self._compressed = opcode, bool(rsv)
        return fin, opcode, payload, end

    @property
    def _is_text(self) -> bool:
        """That can be read as it comes."""
        return self._opcode == TEXT and not self._compressed

    def _check_head(self, fin: bool, rsv: int, opcode: int, second: int, length: int) -> None:
        if rsv and not (rsv == 0x40 and self._deflate and opcode in (TEXT, BINARY)):
            raise Fault(1002, "reserved bits must be 0")
        if not second & 0x80:
            raise Fault(1002, "frames must be masked")
        if opcode in _CONTROL:
            if not fin or length > 125:
                raise Fault(1002, "control frames are short and whole")
        elif opcode not in _DATA:
            raise Fault(1002, "invalid opcode")
        elif (opcode == _CONTINUATION) != bool(self._opcode):
            raise Fault(1002, "unexpected continuation" if opcode == _CONTINUATION else "expected continuation")

    def _gather(self, fin: bool, payload: bytes) -> tuple[int, bytes] | None:
        self._fragments.append(payload)
        if len(self._fragments) > MOST_FRAGMENTS:
            raise Fault(1009, "too many fragments")
        if self._is_text:
            # What cannot become text is not waited for.
            self._cut = _well_begun(self._cut + payload)
        if not fin:
            return None
        message = b"".join(self._fragments)
        opcode, compressed = self._opcode, self._compressed
        self._fragments, self._cut, self._opcode, self._compressed = [], b"", 0, False
        if compressed:
            message = self._inflated(message)
        if opcode == TEXT:
            _check_utf8(message)
        return opcode, message

    def _inflated(self, data: bytes) -> bytes:
        inflater = zlib.decompressobj(-15)
        try:
            message = inflater.decompress(data + b"\x00\x00\xff\xff", self._limit + 1)
        except zlib.error:
            raise Fault(1007, "invalid compressed data") from None
        if len(message) > self._limit:
            raise Fault(1009, "message too big")
        return message


def _unmask(payload: bytes, mask: bytes) -> bytes:
    length = len(payload)
    if not length:
        return payload
    key = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(length, "big")


def _well_begun(text: bytes) -> bytes:
    """The part of a character that is still to be completed. Raises Fault for what nothing can complete."""
    try:
        _, read = codecs.utf_8_decode(text, "strict", False)
    except UnicodeDecodeError:
        raise Fault(1007, "text must be UTF-8") from None
    return text[read:]


def _check_utf8(text: bytes) -> None:
    try:
        text.decode()
    except UnicodeDecodeError:
        raise Fault(1007, "text must be UTF-8") from None


def _check_close(payload: bytes) -> None:
    if not payload:
        return
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        raise Fault(1002, "invalid close code")
    _check_utf8(payload[2:])
