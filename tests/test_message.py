"""Frames are made once, and say what RFC 6455 and RFC 7692 say they must."""

from __future__ import annotations

import zlib

import pytest
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode

from feed.message import CLOSE, PING_FRAME, TEXT, Message, close_frame, frame, framed, joined


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 100_000])
def test_a_frame_is_what_the_websockets_library_makes(length: int) -> None:
    payload = b"x" * length
    assert frame(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)


def test_control_frames_are_what_the_websockets_library_makes() -> None:
    assert Frame(Opcode.PING, b"").serialize(mask=False) == PING_FRAME
    assert close_frame(4201, '{"r":7}') == Frame(Opcode.CLOSE, b'\x10\x69{"r":7}').serialize(mask=False)
    assert frame(b"\x03\xe8", CLOSE) == Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=False)


def test_a_deflated_frame_is_read_by_a_client_without_context() -> None:
    message = Message(b'{"type":"live","words":"' + b"again and again " * 50 + b'"}')
    deflated = message.frame(deflate=True)
    assert deflated[0] == 0xC1
    assert len(deflated) < len(message) / 5
    payload = deflated[2:] if deflated[1] < 126 else deflated[4:]
    assert zlib.decompressobj(-15).decompress(payload + b"\x00\x00\xff\xff") == message
    # And so, twice over with nothing kept between, by the library's own extension.
    extension = ClientPerMessageDeflateFactory(server_no_context_takeover=True).process_response_params(
        [("server_no_context_takeover", None), ("client_no_context_takeover", None)], []
    )
    for _ in range(2):
        assert extension.decode(Frame(Opcode.TEXT, payload, rsv1=True)).data == message


def test_a_message_keeps_its_frames() -> None:
    message = Message(b"{}")
    assert message.frame(deflate=False) is message.frame(deflate=False)
    assert message.frame(deflate=True) is message.frame(deflate=True)


def test_what_is_said_to_one_reader_is_not_deflated() -> None:
    shared, own = Message(b'{"a":1}'), b'{"b":2}'
    assert framed([shared, own], deflate=True) == [shared.frame(deflate=True), frame(own, TEXT)]
    assert joined([shared, own], deflate=False) == frame(shared) + frame(own)
