"""Following a coverage, through restarts, lost connections and what lets no websocket pass."""

from __future__ import annotations

import inspect
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from functools import partial

from .connections import Connect, Connections, Drop, FetchToken, Write
from .errors import Unreachable
from .links import Kinds, Links, Place
from .message import Message
from .session import Deliver, Reconnect, Stop
from .sockets import SocketLink
from .streams import ANSWERED_WITHIN, PagesLink, StreamLink, Web
from .ways import Transport, Ways

# Each kind of connection gives itself less; this is for all.
UP_WITHIN = ANSWERED_WITHIN + 10.0

Token = str | Callable[[], str | Awaitable[str]] | None
"""A token, or a function that gives a fresh one each time it is called: at the start, and when one has run out."""


async def follow(
    url: str,
    coverage: str,
    after: str | None = None,
    token: Token = None,
    limit: int = 50,
    *,
    transports: Sequence[Transport] = ("websocket", "sse", "poll"),
    patience: float | None = None,
    on_pause: Callable[[Reconnect], None] | None = None,
) -> AsyncGenerator[Message, None]:
    """Messages of a coverage as they come, until it has ended.

    `url` is the server's address, as in ``https://live.example``. Without `after` the first messages are a hello and a
    snapshot with the newest `limit` entries; with the cursor of an earlier message, what has changed since. After that
    come changes, each once and in the order of the log; a snapshot in between means "start over from here". An error in
    between has the code ``store_unavailable``: the server itself gets nothing new, until a live, a hello or a change.

    `transports` are tried in their order: a websocket that never says a word gives way to server-sent events, and these
    to pages of changes, with the same cursor. After ten minutes the next connection is a websocket again.

    Lost connections are made anew, after random waits that grow to 20 seconds. `patience` is for how many seconds this
    goes on before Unreachable is raised; None means for ever. `on_pause` is told of each wait. Raises a FollowRefused
    where trying again cannot help.
    """
    fixed = token if isinstance(token, str) else None
    connections = Connections(after, random=random.random, token=fixed, renewable=callable(token), up_within=UP_WITHIN)
    web = Web()
    kinds: Kinds = {"websocket": SocketLink, "sse": partial(StreamLink, web=web), "poll": partial(PagesLink, web=web)}
    links = Links(Place(url, coverage, limit), Ways(transports), kinds)
    began = time.monotonic()
    lost: float | None = began
    try:
        actions = connections.begin(began)
        while True:
            for action in actions:
                match action:
                    case Deliver(message):
                        yield message
                        lost = None
                    case Connect(number, cursor, shown):
                        links.connect(number, cursor, shown)
                    case Write(number, words):
                        await links.send(number, words)
                    case Drop(number):
                        links.drop(number)
                    case FetchToken():
                        # However long it takes, what comes is read on.
                        links.fetch(_fresh(token))
                    case Reconnect(why=why):
                        lost = time.monotonic() if lost is None else lost
                        if patience is not None and time.monotonic() - lost >= patience:
                            raise Unreachable(f"No connection to {url}: {why}.", url)
                        if on_pause is not None:
                            on_pause(action)
                    case Stop(error):
                        if error is not None:
                            raise error
                        return
            happened = await links.next(connections.deadline)
            now = time.monotonic()
            actions = connections.receive_timer(now) if happened is None else happened(connections, now)
    finally:
        await links.close()
        await web.close()


async def _fresh(token: Token) -> str | None:
    if not callable(token):
        return None
    given = token()
    return await given if inspect.isawaitable(given) else given
