"""Messages, and the websocket frames (RFC 6455 section 5.2) that carry them: made once for all readers."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
PING_FRAME = b"\x89\x00"
# So much is given to a transport at a time.
PORTION_BYTES = 64 * 1024


def frame(payload: bytes, opcode: int = TEXT, *, rsv1: bool = False) -> bytes:
    """Final and unmasked, as a server sends it."""
    first = 0x80 | opcode | (0x40 if rsv1 else 0)
    length = len(payload)
    if length < 126:
        return bytes((first, length)) + payload
    if length < 65_536:
        return bytes((first, 126)) + length.to_bytes(2, "big") + payload
    return bytes((first, 127)) + length.to_bytes(8, "big") + payload


def close_frame(code: int, reason: str = "") -> bytes:
    return frame(code.to_bytes(2, "big") + reason.encode()[:123], CLOSE)


def deflated_frame(message: bytes) -> bytes:
    """A text message for every reader that agreed to permessage-deflate without context takeover (RFC 7692)."""
    compressor = zlib.compressobj(6, zlib.DEFLATED, -15)
    return frame((compressor.compress(message) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4], rsv1=True)


class Message(bytes):
    """JSON text that keeps the frames it was put into: plain, and deflated for readers that agreed to that."""

    _plain: bytes | None = None
    _deflated: bytes | None = None

    def frame(self, *, deflate: bool) -> bytes:
        if deflate:
            if self._deflated is None:
                self._deflated = deflated_frame(self)
            return self._deflated
        if self._plain is None:
            self._plain = frame(self)
        return self._plain


def framed(messages: Iterable[bytes], *, deflate: bool) -> list[bytes]:
    """Each as a frame. What is said to one reader only is not worth deflating."""
    return [message.frame(deflate=deflate) if isinstance(message, Message) else frame(message) for message in messages]


def joined(messages: Iterable[bytes], *, deflate: bool) -> bytes:
    """All of them in one write."""
    return b"".join(framed(messages, deflate=deflate))


def portion_length(messages: Iterable[bytes]) -> int:
    """How many of them are written at a time: as many as PORTION_BYTES are, or one that is longer."""
    count = size = 0
    for message in messages:
        size += len(message)
        if count and size > PORTION_BYTES:
            break
        count += 1
    return count
