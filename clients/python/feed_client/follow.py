"""Following a coverage over a websocket, through restarts and lost connections."""

from __future__ import annotations

import inspect
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from .connections import Connect, Connections, Drop, FetchToken, Write
from .errors import Unreachable
from .message import Message
from .session import Deliver, Reconnect, Stop
from .sockets import Sockets

Token = str | Callable[[], str | Awaitable[str]] | None
"""A token, or a function that gives a fresh one each time it is called: at the start, and when one has run out."""


async def follow(
    url: str,
    coverage: str,
    after: str | None = None,
    token: Token = None,
    limit: int = 50,
    *,
    patience: float | None = None,
    on_pause: Callable[[Reconnect], None] | None = None,
) -> AsyncGenerator[Message, None]:
    """Messages of a coverage as they come, until it has ended.

    `url` is the server's address, as in ``https://live.example``. Without `after` the first messages are a hello and a
    snapshot with the newest `limit` entries; with the cursor of an earlier message, what has changed since. After that
    come changes, each once and in the order of the log; a snapshot in between means "start over from here". An error in
    between has the code ``store_unavailable``: the server itself gets nothing new, until a live, a hello or a change.

    Lost connections are made anew, after random waits that grow to 20 seconds. `patience` is for how many seconds this
    goes on before Unreachable is raised; None means for ever. `on_pause` is told of each wait. Raises a FollowRefused
    where trying again cannot help.
    """
    fixed = token if isinstance(token, str) else None
    connections = Connections(after, random=random.random, token=fixed, renewable=callable(token))
    sockets = Sockets(url, _Address(url, coverage, limit).after)
    contact = time.monotonic()
    try:
        actions = connections.begin(contact)
        while True:
            for action in actions:
                match action:
                    case Deliver(message):
                        yield message
                        contact = time.monotonic()
                    case Connect(number, cursor):
                        sockets.connect(number, cursor)
                    case Write(number, words):
                        await sockets.send(number, words)
                    case Drop(number):
                        sockets.drop(number)
                    case FetchToken():
                        # However long it takes, what comes is read on.
                        sockets.fetch(_fresh(token))
                    case Reconnect(why=why):
                        if patience is not None and time.monotonic() - contact >= patience:
                            raise Unreachable(f"No connection to {url}: {why}.", url)
                        if on_pause is not None:
                            on_pause(action)
                    case Stop(error):
                        if error is not None:
                            raise error
                        return
            happened = await sockets.next(connections.deadline)
            now = time.monotonic()
            actions = connections.receive_timer(now) if happened is None else happened(connections, now)
    finally:
        await sockets.close()


class _Address:
    def __init__(self, url: str, coverage: str, limit: int) -> None:
        parts = urlsplit(url)
        scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
        if scheme is None or not parts.netloc:
            raise ValueError(f"{url!r} is no address of a server. Give one like http://127.0.0.1:8000.")
        path = f"{parts.path.rstrip('/')}/v1/coverages/{quote(coverage, safe='')}/live"
        self._parts = (scheme, parts.netloc, path)
        self._limit = limit

    def after(self, cursor: str | None) -> str:
        query = {"limit": str(self._limit)} | ({} if cursor is None else {"after": cursor})
        return urlunsplit((*self._parts, urlencode(query), ""))


async def _fresh(token: Token) -> str | None:
    if not callable(token):
        return None
    given = token()
    return await given if inspect.isawaitable(given) else given
