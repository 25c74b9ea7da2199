"""What readers may send: the rules of RFC 6455 section 5, each broken once, in one piece and byte by byte."""

from __future__ import annotations

import os
import zlib
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from feed.live.frames import MOST_FRAGMENTS, Fault, Inbound
from feed.message import BINARY, CLOSE, PING, PONG, TEXT

LIMIT = 4096


def sent(opcode: Opcode, data: bytes = b"", *, fin: bool = True, rsv1: bool = False, masked: bool = True) -> bytes:
    whole = Frame(opcode, data, fin=fin).serialize(mask=masked)
    return bytes((whole[0] | 0x40 * rsv1,)) + whole[1:]


def received(data: bytes, *, step: int = 0, deflate: bool = False) -> list[tuple[int, bytes]]:
    inbound = Inbound(LIMIT, deflate=deflate)
    pieces = [data[at : at + step] for at in range(0, len(data), step)] if step else [data]
    return [message for piece in pieces for message in inbound.receive(piece)]


def fault(data: bytes, *, deflate: bool = False) -> int:
    codes = set()
    for step in (0, 1):
        with pytest.raises(Fault) as caught:
            received(data, step=step, deflate=deflate)
        codes.add(caught.value.code)
    assert len(codes) == 1
    return codes.pop()


@pytest.mark.parametrize("step", [0, 1, 7])
@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, LIMIT])
def test_text_of_any_length_arrives_whole(length: int, step: int) -> None:
    assert received(sent(Opcode.TEXT, b"x" * length), step=step) == [(TEXT, b"x" * length)]


@pytest.mark.parametrize("step", [0, 1])
def test_fragments_are_joined_and_control_frames_come_between(step: int) -> None:
    data = (
        sent(Opcode.TEXT, b"one ", fin=False)
        + sent(Opcode.PING, b"?")
        + sent(Opcode.CONT, b"", fin=False)
        + sent(Opcode.PONG, b"!")
        + sent(Opcode.CONT, "zwei ✓".encode())
        + sent(Opcode.BINARY, b"\x00")
    )
    expected = [(PING, b"?"), (PONG, b"!"), (TEXT, "one zwei ✓".encode()), (BINARY, b"\x00")]
    assert received(data, step=step) == expected


@pytest.mark.parametrize("cut", range(1, 6))
def test_a_character_may_be_cut_by_a_fragment(cut: int) -> None:
    text = "κόσμε".encode()
    data = sent(Opcode.TEXT, text[:cut], fin=False) + sent(Opcode.CONT, text[cut:])
    assert received(data) == [(TEXT, text)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (sent(Opcode.TEXT, b"x", masked=False), 1002),
        (b"\xa1\x80\0\0\0\0", 1002),  # a reserved bit
        (b"\xc1\x80\0\0\0\0", 1002),  # the bit of an extension that was not agreed to
        (b"\x83\x80\0\0\0\0", 1002),  # an opcode nobody knows
        (b"\x8b\x80\0\0\0\0", 1002),
        (b"\x09\x80\0\0\0\0", 1002),  # a control frame in pieces
        (b"\x89\xfe\x00\x7e\0\0\0\0", 1002),  # a control frame that is long
        (sent(Opcode.CONT, b"x"), 1002),
        (sent(Opcode.TEXT, b"x", fin=False) + sent(Opcode.TEXT, b"y"), 1002),
        (sent(Opcode.CLOSE, b"\x03"), 1002),
        (sent(Opcode.CLOSE, b"\x03\xec"), 1002),  # 1004 says nothing yet
        (sent(Opcode.CLOSE, b"\x03\xed"), 1002),  # 1005 is never sent
        (sent(Opcode.CLOSE, b"\x03\xee"), 1002),
        (sent(Opcode.CLOSE, b"\x03\xf7"), 1002),
        (sent(Opcode.CLOSE, b"\x00\x00"), 1002),
        (sent(Opcode.CLOSE, b"\x13\x88"), 1002),  # 5000
        (sent(Opcode.CLOSE, b"\x03\xe8\xff"), 1007),
        (sent(Opcode.TEXT, b"\xff"), 1007),
        (sent(Opcode.TEXT, b"\xed\xa0\x80"), 1007),  # a surrogate
        (sent(Opcode.TEXT, b"x" * (LIMIT + 1)), 1009),
        (sent(Opcode.TEXT, b"x" * LIMIT, fin=False) + sent(Opcode.CONT, b"x"), 1009),
        (b"\x81\xff" + (2**63 - 1).to_bytes(8, "big") + b"\0\0\0\0", 1009),
        (sent(Opcode.TEXT, b"", fin=False) + sent(Opcode.CONT, b"", fin=False) * MOST_FRAGMENTS, 1009),
    ],
    # A mask is drawn, and no name that a test can be called by again.
    ids=map(str, count()),
)
def test_what_breaks_the_protocol_has_its_close_code(data: bytes, code: int) -> None:
    assert fault(data) == code


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4999])
def test_close_codes_that_may_be_sent_are_taken(code: int) -> None:
    payload = code.to_bytes(2, "big") + "Grüße".encode()
    assert received(sent(Opcode.CLOSE, payload)) == [(CLOSE, payload)]
    assert received(sent(Opcode.CLOSE)) == [(CLOSE, b"")]


def deflated(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def test_deflated_messages_are_inflated_each_by_itself() -> None:
    once = sent(Opcode.TEXT, deflated(b'{"type":"ping"}'), rsv1=True)
    pieces = deflated(b"in pieces")
    fragmented = sent(Opcode.TEXT, pieces[:3], fin=False, rsv1=True) + sent(Opcode.CONT, pieces[3:])
    assert received(once + fragmented + once, deflate=True) == [
        (TEXT, b'{"type":"ping"}'),
        (TEXT, b"in pieces"),
        (TEXT, b'{"type":"ping"}'),
    ]


def test_a_bomb_is_not_inflated() -> None:
    assert fault(sent(Opcode.TEXT, deflated(b"x" * 1_000_000), rsv1=True), deflate=True) == 1009


def test_what_is_no_deflate_is_refused() -> None:
    assert fault(sent(Opcode.TEXT, b"\xff\xff\xff", rsv1=True), deflate=True) == 1007


def test_it_need_not_be_kept_between_messages() -> None:
    inbound = Inbound(LIMIT)
    data = sent(Opcode.TEXT, b"x", fin=False) + sent(Opcode.CONT, b"y")
    for at in range(len(data)):
        assert inbound.idle == (at == 0)
        list(inbound.receive(data[at : at + 1]))
    assert inbound.idle


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_any_bytes_are_taken_or_refused_with_a_code(pieces: list[bytes]) -> None:
    inbound, codes = Inbound(64, deflate=True), set()
    try:
        for piece in pieces:
            list(inbound.receive(piece))
    except Fault as caught:
        codes.add(caught.code)
    assert codes <= {1002, 1007, 1009}


@given(
    st.lists(st.tuples(st.sampled_from([Opcode.TEXT, Opcode.BINARY, Opcode.PING]), st.text(max_size=50)), max_size=8)
)
def test_whole_or_byte_by_byte_is_the_same(messages: list[tuple[Opcode, str]]) -> None:
    data = b"".join(sent(opcode, text.encode()[:100]) for opcode, text in messages if len(text.encode()) <= 100)
    assert received(data) == received(data, step=1)


def test_masks_are_undone() -> None:
    for _ in range(50):
        payload = os.urandom(33)
        assert received(sent(Opcode.BINARY, payload)) == [(BINARY, payload)]
