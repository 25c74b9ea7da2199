"""What a reader asks for in the address and the headers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from feed.errors import InvalidInput
from feed.model import Cursor
from feed.node import Node

_TOKEN_IN_QUERY = re.compile(
    rb"(?:^|[&;])(?:[a-z]+[_-])?(?:token|jwt|bearer|authorization)=|=(?:feed_(?:admin_|[0-9a-f]{12}_)|eyJ)",
    re.IGNORECASE,
)
DEFAULT_LIMIT = 50
LARGEST_LIMIT = 500


def node_of(connection: HTTPConnection) -> Node:
    return cast(Node, connection.state["node"])


def after_of(connection: HTTPConnection) -> Cursor | None:
    """Raises MalformedCursor. An empty cursor is none.

    The header counts more: an EventSource reconnects with the address it began with, and says there how far it came.
    """
    text = connection.headers.get("last-event-id") or connection.query_params.get("after")
    return Cursor.parse(text) if text else None


def limit_of(connection: HTTPConnection) -> int:
    return number_of(connection, "limit", DEFAULT_LIMIT, 1, LARGEST_LIMIT)


def number_of(connection: HTTPConnection, name: str, default: int, least: int, most: int) -> int:
    """Raises InvalidInput for anything but a whole number from `least` to `most`."""
    text = connection.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise InvalidInput(f"{name}: expected a number from {least} to {most}, not {text[:40]!r}.", field=name)
    return int(text)


def shows_token(query: bytes) -> bool:
    """Whether there is a token in the address: in a parameter of that name, or something that looks like ours."""
    return _TOKEN_IN_QUERY.search(query) is not None


def token_of(connection: HTTPConnection) -> str | None:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def origin_allowed(connection: HTTPConnection, allowed: Sequence[str]) -> bool:
    return may_connect(connection.headers.get("origin"), connection.headers.get("host"), allowed)


def may_connect(origin: str | None, host: str | None, allowed: Sequence[str]) -> bool:
    """Only browsers send an Origin; the server's own pages always may connect."""
    if origin is None or "*" in allowed or origin in allowed:
        return True
    try:
        return urlsplit(origin).netloc == host
    except ValueError:  # no address at all, such as http://[
        return False
