"""Websockets as RFC 6455 and RFC 7692 have them, on real sockets, in the groups of the Autobahn suite.

This server echoes nothing: that a connection is well shows in the pong that answers the message ``{"type":"ping"}``,
and that a text was understood as text in the error that it is no message of the protocol (4001). Nothing differs from
what the suite expects; its groups 9 and 12 to 13 have long messages, which readers have no reason to send: 1009.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.frames import Frame, Opcode

from feed.session import LONGEST_MESSAGE
from tests.newsroom import Newsroom

PATIENCE_S = 20
WAYS = pytest.mark.parametrize("way", ["", "?who=me"], ids=["at once", "by the application"])
CHOPS = pytest.mark.parametrize("step", [0, 1], ids=["whole", "byte by byte"])

TEXT, BINARY, CLOSE, PING, PONG, CONT = (
    Opcode.TEXT,
    Opcode.BINARY,
    Opcode.CLOSE,
    Opcode.PING,
    Opcode.PONG,
    Opcode.CONT,
)
ASK, ANSWER = b'{"type":"ping"}', b'{"type":"pong"}'


def sent(opcode: int, data: bytes = b"", *, fin: bool = True, rsv: int = 0) -> bytes:
    whole = Frame(TEXT, data, fin=fin).serialize(mask=True)
    return bytes((whole[0] & 0x80 | rsv << 4 | opcode,)) + whole[1:]


def closing(code: int, reason: bytes = b"") -> bytes:
    return sent(CLOSE, code.to_bytes(2, "big") + reason)


def deflated(data: bytes, *, bits: int = 15, level: int = 6) -> bytes:
    compressor = zlib.compressobj(level, zlib.DEFLATED, -bits)
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


class Peer:
    """`extensions`: what the server agreed to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        self._reader = reader
        self._writer = writer
        # The length of what came last, where it was compressed.
        self.packed: int | None = None
        lines = dict(line.split(b": ", 1) for line in head.lower().splitlines()[1:] if line)
        self.extensions = lines.get(b"sec-websocket-extensions", b"").decode()

    async def send(self, data: bytes, step: int = 0) -> None:
        for at in range(0, len(data), step or len(data) or 1):
            self._writer.write(data[at : at + (step or len(data))])
            if step:
                await asyncio.sleep(0)

    async def frame(self) -> tuple[int, bytes] | None:
        """The first byte of the next frame but for compression, and what is in it; None at the end."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                first, length = await self._reader.readexactly(2)
                if length > 125:
                    length = int.from_bytes(await self._reader.readexactly(2 if length == 126 else 8), "big")
                payload = await self._reader.readexactly(length)
            except (asyncio.IncompleteReadError, ConnectionError):
                return None
        self.packed = length if first & 0x40 else None
        return first & 0xBF, payload if self.packed is None else zlib.decompressobj(-15).decompress(
            payload + b"\0\0\xff\xff"
        )

    async def rest(self) -> list[tuple[int, bytes]]:
        frames = []
        while (one := await self.frame()) is not None:
            frames.append(one)
            if one[0] == 0x88:
                await self.send(sent(CLOSE, one[1][:2]))
        return frames

    async def is_well(self) -> None:
        await self.send(sent(TEXT, ASK))
        assert await self.frame() == (0x81, ANSWER)

    async def is_closed(self, code: int | None) -> list[tuple[int, bytes]]:
        """By a close frame, which is answered, then by the end of the connection. Gives the frames before."""
        *before, (first, payload) = await self.rest()
        assert first == 0x88
        assert payload[:2] == (b"" if code is None else code.to_bytes(2, "big")), payload
        payload[2:].decode()
        return before


@asynccontextmanager
async def peer(
    newsroom: Newsroom, coverage: str, way: str = "", *, offer: str = "", token: str = ""
) -> AsyncIterator[Peer]:
    """Somebody who follows, and has heard all there was."""
    host, _, port = newsroom.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = [
        f"GET /v1/coverages/{coverage}/live{way} HTTP/1.1",
        f"Host: {host}:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *([f"Sec-WebSocket-Extensions: {offer}"] if offer else []),
        *([f"Authorization: Bearer {token}"] if token else []),
    ]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        one = Peer(reader, writer, head)
        heard = b""
        while heard != b'{"type":"live"}':
            got = await one.frame()
            assert got is not None
            heard = got[1]
        yield one
    finally:
        writer.transport.abort()


def padded(length: int) -> bytes:
    return ASK.ljust(length)


# ---------------------------------------------------------------- 1 framing, 9 limits, 10 chopped


@WAYS
@CHOPS
@pytest.mark.parametrize("length", [15, 125, 126, 127, 128, LONGEST_MESSAGE])
async def test_messages_of_any_length_up_to_the_limit(
    newsroom: Newsroom, coverage: str, way: str, step: int, length: int
) -> None:
    async with peer(newsroom, coverage, way) as one:
        await one.send(sent(TEXT, padded(length)), step)
        assert await one.frame() == (0x81, ANSWER)
        await one.is_well()


@WAYS
@pytest.mark.parametrize("length", [LONGEST_MESSAGE + 1, 65_535, 65_536, 1_000_000])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
async def test_messages_beyond_the_limit(newsroom: Newsroom, coverage: str, way: str, length: int, opcode: int) -> None:
    async with peer(newsroom, coverage, way) as one:
        # The head is enough: nobody waits for what would be refused.
        await one.send(sent(opcode, bytes(length))[:14])
        await one.is_closed(1009)


@WAYS
@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256))])
async def test_binary_messages_are_understood_and_are_not_of_the_protocol(
    newsroom: Newsroom, coverage: str, way: str, data: bytes
) -> None:
    async with peer(newsroom, coverage, way) as one:
        await one.send(sent(BINARY, data))
        assert len(await one.is_closed(4001)) == 1


# ---------------------------------------------------------------- 2 pings and pongs


@WAYS
@CHOPS
@pytest.mark.parametrize("payload", [b"", b"Hello", b"\x00\xff\xfe", b"\xfe" * 125])
async def test_a_ping_is_answered_with_what_was_in_it(
    newsroom: Newsroom, coverage: str, way: str, step: int, payload: bytes
) -> None:
    async with peer(newsroom, coverage, way) as one:
        await one.send(sent(PING, payload), step)
        assert await one.frame() == (0x8A, payload)
        await one.is_well()


@WAYS
@CHOPS
async def test_ten_pings_are_answered_in_their_order(newsroom: Newsroom, coverage: str, way: str, step: int) -> None:
    async with peer(newsroom, coverage, way) as one:
        payloads = [b"payload-%d" % number for number in range(10)]
        await one.send(b"".join(sent(PING, payload) for payload in payloads), step)
        assert [await one.frame() for _ in payloads] == [(0x8A, payload) for payload in payloads]


@WAYS
@pytest.mark.parametrize("payload", [b"", b"unsolicited"])
async def test_a_pong_that_nobody_asked_for_is_passed_over(
    newsroom: Newsroom, coverage: str, way: str, payload: bytes
) -> None:
    async with peer(newsroom, coverage, way) as one:
        await one.send(sent(PONG, payload))
        await one.send(sent(PONG, payload) + sent(PING, b"?") + sent(PONG))
        assert await one.frame() == (0x8A, b"?")
        await one.is_well()


# ---------------------------------------------------------------- what is broken: 2.5, 3, 4, 5


BROKEN = {
    "2.5 a ping that is too long": sent(PING, b"x" * 126),
    **{f"3 reserved bits {rsv} on {op.name}": sent(op, b"x", rsv=rsv)
       for rsv in (1, 2, 3, 4, 5, 6, 7) for op in (TEXT, BINARY, PING, CLOSE)},
    **{f"4 opcode {op}": sent(op) for op in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    **{f"4 opcode {op} with payload": sent(op, b"reserved") for op in (3, 7, 11, 15)},
    "5.1 a ping in pieces": sent(PING, b"a", fin=False) + sent(CONT, b"b"),
    "5.2 a pong in pieces": sent(PONG, b"a", fin=False) + sent(CONT, b"b"),
    "5.9 a continuation of nothing": sent(CONT, b"x"),
    "5.10 a continuation of nothing, empty": sent(CONT),
    "5.12 a continuation of nothing that goes on": sent(CONT, b"x", fin=False),
    "5.15 a continuation of what was complete": (
        sent(TEXT, ASK[:5], fin=False) + sent(CONT, ASK[5:]) + sent(CONT, b"x", fin=False) + sent(TEXT, b"x")
    ),
    "5.18 a second beginning": sent(TEXT, b"{", fin=False) + sent(TEXT, b"}"),
    "5.18 a second beginning, binary": sent(TEXT, b"{", fin=False) + sent(BINARY, b"}", fin=False),
    "7 a frame that is not masked": b"\x81\x02{}",
    "7 a close frame that is not masked": b"\x88\x00",
}  # fmt: skip


@WAYS
@CHOPS
@pytest.mark.parametrize("name", BROKEN)
async def test_what_breaks_the_framing_is_closed_with_1002(
    newsroom: Newsroom, coverage: str, way: str, step: int, name: str
) -> None:
    async with peer(newsroom, coverage, way) as one:
        # What was whole before is still answered.
        await one.send(sent(TEXT, ASK) + sent(PING, b"?") + BROKEN[name], step)
        before = await one.is_closed(1002)
        assert before[:2] == [(0x81, ANSWER), (0x8A, b"?")] or before[:2] == [(0x8A, b"?"), (0x81, ANSWER)]


# ---------------------------------------------------------------- 5 fragmentation


FRAGMENTED = {
    "5.3 two pieces": sent(TEXT, ASK[:7], fin=False) + sent(CONT, ASK[7:]),
    "empty pieces": sent(TEXT, fin=False) + sent(CONT, ASK, fin=False) + sent(CONT),
    "a piece for each byte": (
        sent(TEXT, ASK[:1], fin=False) + b"".join(sent(CONT, ASK[i : i + 1], fin=False) for i in range(1, 15))
        + sent(CONT)
    ),
}  # fmt: skip


@WAYS
@CHOPS
@pytest.mark.parametrize("name", FRAGMENTED)
async def test_fragments_are_joined(newsroom: Newsroom, coverage: str, way: str, step: int, name: str) -> None:
    async with peer(newsroom, coverage, way) as one:
        await one.send(FRAGMENTED[name], step)
        assert await one.frame() == (0x81, ANSWER)
        await one.is_well()


@WAYS
@CHOPS
async def test_pings_between_fragments_are_answered_at_once(
    newsroom: Newsroom, coverage: str, way: str, step: int
) -> None:
    async with peer(newsroom, coverage, way) as one:
        await one.send(sent(TEXT, ASK[:7], fin=False) + sent(PING, b"1"), step)
        assert await one.frame() == (0x8A, b"1")
        await one.send(sent(CONT, ASK[7:9], fin=False) + sent(PING, b"2"), step)
        assert await one.frame() == (0x8A, b"2")
        await one.send(sent(CONT, ASK[9:]), step)
        assert await one.frame() == (0x81, ANSWER)


# ---------------------------------------------------------------- 6 UTF-8


GOOD_TEXT = [
    "Hello-µ@ßöäüàá-UTF-8!!".encode(),
    "κόσμε".encode(),
    b"\x00",
    "\u0080".encode(),
    "\u0800".encode(),
    "\U00010000".encode(),
    b"\x7f",
    "\u07ff".encode(),
    "\uffff".encode(),
    "\ufffe".encode(),
    "\U0010ffff".encode(),
    "\ud7ff".encode(),
    "\ue000".encode(),
    "\ufffd".encode(),
    "\ufdd0".encode(),
    "\U0001fffe".encode(),
]
BAD_TEXT = [
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
    b"\xf8\x88\x80\x80\x80",
    b"\xfc\x84\x80\x80\x80\x80",
    b"\xf7\xbf\xbf\xbf",
    b"\xf4\x90\x80\x80",
    b"\x80",
    b"\xbf",
    b"\x80\xbf\x80\xbf",
    b"\xc0 ",
    b"\xc3 ",
    b"\xe0 ",
    b"\xfe",
    b"\xff",
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xc1\xbf",
    b"\xe0\x9f\xbf",
    b"\xf0\x8f\xbf\xbf",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xed\xa0\x80\xed\xb0\x80",
]
CUT_TEXT = [b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", "κόσμε".encode()[:-1]]


@WAYS
@CHOPS
@pytest.mark.parametrize("text", GOOD_TEXT, ids=ascii)
async def test_text_that_is_utf8_is_taken_in_any_pieces(
    newsroom: Newsroom, coverage: str, way: str, step: int, text: bytes
) -> None:
    pieces = b"".join(sent(CONT, text[at : at + 1], fin=False) for at in range(len(text)))
    for message in (sent(TEXT, text), sent(TEXT, fin=False) + pieces + sent(CONT)):
        async with peer(newsroom, coverage, way) as one:
            await one.send(message, step)
            assert len(await one.is_closed(4001)) == 1


@WAYS
@CHOPS
@pytest.mark.parametrize("text", [*BAD_TEXT, *CUT_TEXT], ids=ascii)
async def test_text_that_is_not_utf8_is_closed_with_1007(
    newsroom: Newsroom, coverage: str, way: str, step: int, text: bytes
) -> None:
    pieces = b"".join(sent(CONT, text[at : at + 1], fin=False) for at in range(len(text)))
    for message in (sent(TEXT, text), sent(TEXT, fin=False) + pieces + sent(CONT)):
        async with peer(newsroom, coverage, way) as one:
            await one.send(message, step)
            assert await one.is_closed(1007) == []


@WAYS
@pytest.mark.parametrize("text", BAD_TEXT, ids=ascii)
async def test_text_that_cannot_become_utf8_is_not_waited_for(
    newsroom: Newsroom, coverage: str, way: str, text: bytes
) -> None:
    begun = sent(TEXT, "κόσμε".encode(), fin=False)
    cut_frame = sent(TEXT, b"x" + text + b"y" * 100)[:-50]
    for unfinished in (begun + sent(CONT, text, fin=False), cut_frame, begun + sent(CONT, text + b"y" * 100)[:-50]):
        async with peer(newsroom, coverage, way) as one:
            await one.send(unfinished)
            assert await one.is_closed(1007) == []


# ---------------------------------------------------------------- 7 closing


@WAYS
@CHOPS
@pytest.mark.parametrize(
    "code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
)
async def test_a_close_frame_is_answered_with_its_code(
    newsroom: Newsroom, coverage: str, way: str, step: int, code: int
) -> None:
    for reason in (b"", "Grüße".encode(), b"x" * 123):
        async with peer(newsroom, coverage, way) as one:
            await one.send(closing(code, reason), step)
            assert await one.is_closed(code) == []


@WAYS
@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])
async def test_a_close_code_that_nobody_may_send_is_closed_with_1002(
    newsroom: Newsroom, coverage: str, way: str, code: int
) -> None:
    for reason in (b"", b"reason"):
        async with peer(newsroom, coverage, way) as one:
            await one.send(closing(code, reason))
            assert await one.is_closed(1002) == []


@WAYS
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (sent(CLOSE), None),
        (sent(CLOSE, b"\x03"), 1002),
        (closing(1000, b"x" * 124), 1002),
        (closing(1000, b"\xce\xba\xed\xa0\x80"), 1007),
        (closing(1000) + closing(1001), 1000),
        (closing(1000) + sent(PING, b"?"), 1000),
        (closing(1000) + sent(TEXT, ASK), 1000),
        (closing(1000) + b"\xff" * 100, 1000),
        # 7.1.5: in the middle of a message.
        (sent(TEXT, b"{", fin=False) + closing(1000) + sent(CONT, b"}"), 1000),
    ],
    ids=["empty", "one byte", "too long", "no text", "two", "then ping", "then text", "then garbage", "in a message"],
)
async def test_close_frames_of_every_kind(
    newsroom: Newsroom, coverage: str, way: str, data: bytes, code: int | None
) -> None:
    async with peer(newsroom, coverage, way) as one:
        await one.send(data)
        assert await one.is_closed(code) == []


@WAYS
async def test_after_its_own_close_frame_the_server_says_nothing_and_waits_for_the_readers(
    newsroom: Newsroom, coverage: str, way: str
) -> None:
    async with peer(newsroom, coverage, way) as one:
        await one.send(sent(TEXT, b"no message"))
        error, close = await one.frame(), await one.frame()
        assert error is not None
        assert close == (0x88, (4001).to_bytes(2, "big"))
        await one.send(sent(PING, b"?") + sent(TEXT, ASK) + closing(4001))
        assert await one.rest() == []


# ---------------------------------------------------------------- 12, 13 compression


AGREED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


@WAYS
@pytest.mark.parametrize(
    ("offer", "agreed"),
    [
        ("permessage-deflate", True),
        ("permessage-deflate; client_max_window_bits", True),
        ("permessage-deflate; client_max_window_bits=9", True),
        ('permessage-deflate; client_max_window_bits="15"', True),
        ("permessage-deflate; client_no_context_takeover", True),
        ("permessage-deflate; server_no_context_takeover; client_max_window_bits=8", True),
        ("x-unknown, permessage-deflate", True),
        ("permessage-deflate; server_max_window_bits=9, permessage-deflate", True),
        # It is free to decline, and does where a frame made for everybody would not do.
        ("permessage-deflate; server_max_window_bits=15", False),
        # RFC 7692, section 7.1: these must be declined.
        ("permessage-deflate; server_max_window_bits", False),
        ("permessage-deflate; server_max_window_bits=16", False),
        ("permessage-deflate; client_max_window_bits=7", False),
        ("permessage-deflate; client_max_window_bits=16", False),
        ("permessage-deflate; client_max_window_bits=08", False),
        ("permessage-deflate; client_max_window_bits; client_max_window_bits", False),
        ("permessage-deflate; server_no_context_takeover=1", False),
        ("permessage-deflate; client_no_context_takeover; client_no_context_takeover", False),
        ("permessage-deflate; unknown", False),
        ("permessage-deflate; unknown=1", False),
        ("permessage-bzip2", False),
        ("x-webkit-deflate-frame", False),
    ],
)
async def test_compression_is_agreed_to_where_the_offer_can_be_met(
    newsroom: Newsroom, coverage: str, way: str, offer: str, agreed: bool
) -> None:
    async with peer(newsroom, coverage, way, offer=offer) as one:
        assert one.extensions == (AGREED if agreed else "")
        await one.send(sent(TEXT, deflated(ASK), rsv=4))
        if agreed:
            assert await one.frame() == (0x81, ANSWER)
            await one.is_well()
        else:
            assert await one.is_closed(1002) == []


@WAYS
@CHOPS
@pytest.mark.parametrize("bits", [9, 12, 15])
@pytest.mark.parametrize("length", [15, 126, 1_000, LONGEST_MESSAGE])
async def test_compressed_messages_of_any_length_window_and_pieces(
    newsroom: Newsroom, coverage: str, way: str, step: int, bits: int, length: int
) -> None:
    async with peer(newsroom, coverage, way, offer="permessage-deflate; client_max_window_bits") as one:
        for level in (0, 1, 9):
            data = deflated(padded(length), bits=bits, level=level)
            if len(data) > LONGEST_MESSAGE:
                continue
            half = len(data) // 2
            pieces = sent(TEXT, data[:half], fin=False, rsv=4) + sent(PING, b"?") + sent(CONT, data[half:])
            await one.send(sent(TEXT, data, rsv=4) + pieces, step)
            assert sorted([await one.frame() for _ in range(3)], key=str) == sorted(
                [(0x81, ANSWER), (0x8A, b"?"), (0x81, ANSWER)], key=str
            )
        await one.is_well()


@WAYS
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (sent(TEXT, b"\xff\xff\xff", rsv=4), 1007),
        (sent(TEXT, deflated(b"\xff"), rsv=4), 1007),
        (sent(TEXT, deflated(b"x" * (LONGEST_MESSAGE + 1)), rsv=4), 1009),
        (sent(TEXT, deflated(b"x" * 1_000_000), rsv=4), 1009),
        (sent(BINARY, deflated(b"x"), rsv=4), 4001),
        (sent(TEXT, deflated(b""), rsv=4), 4001),
        (sent(TEXT, b"\x00", rsv=4), 4001),
        (sent(TEXT, deflated(ASK)[:5], fin=False, rsv=4) + sent(CONT, deflated(ASK)[5:], rsv=4), 1002),
        (sent(PING, b"?", rsv=4), 1002),
        (sent(TEXT, b"x", rsv=2), 1002),
        (sent(TEXT, b"x", rsv=6), 1002),
    ],
    ids=["no deflate", "no text", "too long", "a bomb", "binary", "nothing", "an empty block",
         "the bit on a continuation", "the bit on a ping", "another bit", "another bit too"],
)  # fmt: skip
async def test_compressed_messages_that_are_none(
    newsroom: Newsroom, coverage: str, way: str, data: bytes, code: int
) -> None:
    async with peer(newsroom, coverage, way, offer="permessage-deflate") as one:
        await one.send(data)
        await one.is_closed(code)


@WAYS
@pytest.mark.parametrize("visibility", ["public", "private"])
async def test_what_the_server_compresses_can_be_read_each_by_itself(
    newsroom: Newsroom, way: str, visibility: str
) -> None:
    coverage = newsroom.create(visibility=visibility)
    token = newsroom.token if visibility == "private" else ""
    async with peer(newsroom, coverage, way, offer="permessage-deflate", token=token) as one:
        for number in range(3):
            cursor = newsroom.publish(coverage, text=f"{number} " * 500)["cursor"]
            got = await one.frame()
            assert got is not None
            assert cursor.encode() in got[1]
            assert one.packed is not None
            assert one.packed < len(got[1]) / 2
