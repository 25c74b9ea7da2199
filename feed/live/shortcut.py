"""The handshake that nearly every reader makes, decided without the ASGI application.

A storm of readers wants a coverage that is public and open here, with a snapshot or a cursor that is at hand: there
is nothing to wait for and nobody to ask. Whatever is different in any way goes through the application.
"""

from __future__ import annotations

import re
from typing import Protocol

from feed.channel import Channel, Opening
from feed.errors import MalformedCursor
from feed.hub import Hub
from feed.model import Cursor
from feed.node import Node
from feed.session import Session

from .handshake import Handshake
from .query import DEFAULT_LIMIT, LARGEST_LIMIT, may_connect

SUBPROTOCOL = "feed.v1"
_TARGET = re.compile(
    rb"/v1/coverages/([A-Za-z0-9][A-Za-z0-9_\-]*)/live"
    rb"(?:\?(?:(?:limit=([1-9][0-9]{0,2})|after=([0-9]{1,20}-[0-9]{1,20}))(?:&(?!$)|$)){0,2})?"
)


class Adopted(Protocol):
    """The socket that is accepted and becomes the channel's."""

    def open(self, *, deflate: bool) -> None: ...
    def adopt(
        self,
        hub: Hub,
        channel: Channel,
        session: Session,
        opening: Opening,
        forks: int,
        limit: int,
        *,
        response: bytes,
    ) -> None: ...


def admit_at_once(socket: Adopted, handshake: Handshake, node: Node) -> bool:
    """Whether it did: then the socket is adopted by the coverage's channel."""
    match = _TARGET.fullmatch(handshake.target)
    offered = handshake.subprotocols
    if match is None or handshake.rest or node.hub.draining or not _is_plain(handshake, offered, node):
        return False
    limit = int(match[2] or DEFAULT_LIMIT)
    try:
        after = Cursor.parse(match[3].decode()) if match[3] else None
    except MalformedCursor:
        return False
    channel = node.hub.enter_now(match[1].decode())
    if channel is None:
        return False
    opening = channel.open_now(after, limit) if limit <= LARGEST_LIMIT and not channel.private else None
    if opening is None:
        node.hub.leave(channel)
        return False
    deflate = handshake.deflate
    subprotocol = SUBPROTOCOL if offered else None
    response = handshake.accept(subprotocol, [], deflate=deflate)
    session = Session(channel.coverage, public=True)
    socket.open(deflate=deflate)
    socket.adopt(node.hub, channel, session, opening, channel.forks, limit, response=response)
    return True


def _is_plain(handshake: Handshake, offered: list[str], node: Node) -> bool:
    headers = dict(handshake.headers)
    origin = headers.get(b"origin")
    return (
        b"authorization" not in headers
        and b"last-event-id" not in headers
        and (not offered or SUBPROTOCOL in offered)
        and may_connect(
            origin.decode("latin-1") if origin is not None else None,
            headers[b"host"].decode("latin-1"),
            node.settings.allowed_origins,
        )
    )
