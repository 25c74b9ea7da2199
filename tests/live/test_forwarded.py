"""What the application sees of who asks, and over what, behind proxies and without."""

from __future__ import annotations

import pytest
from starlette.types import Message, Receive, Scope, Send

from feed.limits.proxies import Proxies
from feed.live.forwarded import Forwarded


async def seen(type_: str, peer: tuple[str, int] | None, *headers: tuple[bytes, bytes]) -> Scope:
    found: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(scope)

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        raise AssertionError

    scheme = {"http": "http", "websocket": "ws"}.get(type_)
    scope: Scope = {"type": type_, "client": peer, "scheme": scheme, "headers": list(headers)}
    await Forwarded(app, Proxies(["10.0.0.0/8"]))(scope, receive, send)
    return found[0]


FOR, PROTO = b"x-forwarded-for", b"x-forwarded-proto"


@pytest.mark.parametrize(
    ("type_", "said", "scheme"),
    [
        ("http", b"https", "https"),
        ("http", b" HTTPS ", "https"),
        ("http", b"http", "http"),
        ("http", b"javascript", "http"),
        ("websocket", b"https", "wss"),
        ("websocket", b"wss", "wss"),
        ("websocket", b"http", "ws"),
    ],
)
async def test_a_trusted_proxy_says_who_it_is_and_whether_it_was_encrypted(
    type_: str, said: bytes, scheme: str
) -> None:
    scope = await seen(type_, ("10.0.0.1", 5), (FOR, b"192.0.2.1"), (PROTO, said))
    assert (scope["client"], scope["scheme"]) == (("192.0.2.1", 0), scheme)


async def test_nobody_else_does() -> None:
    scope = await seen("http", ("198.51.100.7", 5), (FOR, b"192.0.2.1"), (PROTO, b"https"))
    assert (scope["client"], scope["scheme"]) == (("198.51.100.7", 5), "http")


async def test_without_anything_said_nothing_changes() -> None:
    assert (await seen("http", ("10.0.0.1", 5)))["client"] == ("10.0.0.1", 5)
    assert (await seen("http", None, (FOR, b"192.0.2.1")))["client"] is None
    assert (await seen("lifespan", None))["type"] == "lifespan"
