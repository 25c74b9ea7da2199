"""The opening handshake: what is answered, and what is refused with which status."""

from __future__ import annotations

import json

import pytest
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from feed.live.handshake import LONGEST_HEAD, Handshake, Refusal

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
HEAD = {
    "GET": b"GET /v1/coverages/storm/live?limit=5 HTTP/1.1",
    "Host": b"Host: live.example",
    "Upgrade": b"Upgrade: websocket",
    "Connection": b"Connection: keep-alive, Upgrade",
    "Key": b"Sec-WebSocket-Key: " + KEY,
    "Version": b"Sec-WebSocket-Version: 13",
}


def head(**changed: bytes | None) -> bytes:
    lines = [line for line in (HEAD | changed).values() if line is not None]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def parsed(data: bytes) -> Handshake:
    handshake = Handshake.parse(data)
    assert handshake is not None
    return handshake


def test_the_answer_is_the_one_of_the_standard() -> None:
    handshake = parsed(head() + b"rest")
    assert (handshake.target, handshake.rest) == (b"/v1/coverages/storm/live?limit=5", b"rest")
    # RFC 6455, section 1.3.
    answer = handshake.accept("feed.v1", [(b"x-more", b"1")], deflate=False)
    assert b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer
    assert b"\r\nSec-WebSocket-Protocol: feed.v1\r\n" in answer
    assert b"\r\nx-more: 1\r\n" in answer
    assert b"Extensions" not in answer


def test_a_client_that_offers_deflate_agrees_with_the_answer() -> None:
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
    from websockets.typing import Subprotocol

    client = ClientProtocol(
        parse_uri("ws://live.example/v1/coverages/storm/live"),
        subprotocols=[Subprotocol("feed.v1")],
        extensions=[ClientPerMessageDeflateFactory()],
    )
    client.send_request(client.connect())
    handshake = parsed(b"".join(client.data_to_send()))
    assert handshake.deflate
    assert handshake.subprotocols == ["feed.v1"]
    client.receive_data(handshake.accept("feed.v1", [], deflate=True))
    client.events_received()
    assert client.handshake_exc is None
    assert client.state.name == "OPEN"
    assert [extension.name for extension in client.extensions] == ["permessage-deflate"]


@pytest.mark.parametrize(
    ("offer", "accepted"),
    [
        (b"permessage-deflate", True),
        (b"permessage-deflate; client_max_window_bits", True),
        (b"x-other, permessage-deflate", True),
        (b"permessage-deflate; server_max_window_bits=10", False),
        (b"permessage-deflate; server_max_window_bits=10, permessage-deflate", True),
        (b"x-webkit-deflate-frame", False),
    ],
)
def test_deflate_is_agreed_to_only_where_shared_frames_satisfy_the_offer(offer: bytes, accepted: bool) -> None:
    assert parsed(head(Extensions=b"Sec-WebSocket-Extensions: " + offer)).deflate == accepted


def test_a_head_that_is_not_complete_is_waited_for() -> None:
    data = head()
    assert all(Handshake.parse(data[:at]) is None for at in range(len(data)))


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (head(GET=b"POST / HTTP/1.1"), 400),
        (head(GET=b"GET / HTTP/1.0"), 400),
        (head(GET=b"nonsense"), 400),
        (head(Host=None), 400),
        (head(More=b"Host: other.example"), 400),
        (head(Upgrade=None), 400),
        (head(Upgrade=b"Upgrade: h2c"), 400),
        (head(Connection=b"Connection: close"), 400),
        (head(Key=None), 400),
        (head(Key=b"Sec-WebSocket-Key: short"), 400),
        (head(More=b"Sec-WebSocket-Key: " + KEY), 400),
        (head(Version=b"Sec-WebSocket-Version: 8"), 426),
        (head(Version=None), 426),
        (head(More=b"X-Long: " + b"x" * LONGEST_HEAD), 431),
        (b"x" * (LONGEST_HEAD + 1), 431),
    ],
)
def test_what_is_no_handshake_is_refused(data: bytes, status: int) -> None:
    with pytest.raises(Refusal) as refused:
        Handshake.parse(data)
    response, _, body = refused.value.response().partition(b"\r\n\r\n")
    assert response.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nContent-Type: application/problem+json\r\n" in response
    assert b"\r\nContent-Length: %d\r\n" % len(body) in response
    told = json.loads(body)
    code = {400: "malformed_request", 426: "unsupported_version", 431: "head_too_large"}[status]
    assert (told["status"], told["code"], told["type"]) == (status, code, f"/docs#{code}")
    assert (b"\r\nSec-WebSocket-Version: 13\r\n" in response) == (status == 426)
    assert (b"\r\nUpgrade: websocket\r\n" in response) == (status == 426)


def test_a_handshake_that_a_proxy_took_a_header_from_is_told_which() -> None:
    for taken in (head(Upgrade=None), head(Connection=b"Connection: close")):
        with pytest.raises(Refusal) as refused:
            Handshake.parse(taken)
        assert "Upgrade: websocket and Connection: Upgrade" in refused.value.error.detail
