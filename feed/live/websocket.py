"""GET /v1/coverages/{id}/live: the subscription over a websocket, on any ASGI server."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import aclosing, suppress

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from feed.channel import Channel
from feed.departures import return_ms
from feed.errors import (
    Draining,
    FeedError,
    NotAllowed,
    TokenExpired,
    TokenInAddress,
    UnknownCoverage,
    UnsupportedVersion,
    UpgradeRequired,
)
from feed.message import portion_length
from feed.model import Cursor
from feed.node import Node
from feed.session import Authenticate, Session
from feed.tokens import NOBODY, Bearer
from feed.wire import PROBLEM, auth_message, problem_document

from .admission import admitted
from .conversation import EXTENSION
from .query import after_of, limit_of, node_of, origin_allowed, shows_token, token_of
from .subscription import messages

log = structlog.get_logger()

SUBPROTOCOL = "feed.v1"
# How long a reader of what is not public has to show a token. Unknown coverages wait as long: they must look alike.
AUTHENTICATE_WITHIN_S = 3.0
# One that is not there is found out about sooner or later than one that is: nobody is told before this.
REFUSED_AFTER_S = 0.1
# How long before its token runs out a reader is asked for a new one; at most half of the time it had.
RENEW_WITHIN_MS = 60_000


async def live(websocket: WebSocket) -> None:
    node = node_of(websocket)
    if not origin_allowed(websocket, node.settings.allowed_origins):
        error = NotAllowed("This site may not connect: its origin is none of those that are allowed here.")
        body = problem_document(error.status, error.code, error.title, error.detail, {})
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        await websocket.send_denial_response(Response(body, error.status, headers, PROBLEM))
        return
    offered = websocket.scope["subprotocols"]
    # A browser only sees why it is refused once the handshake is done, and only with a subprotocol it offered.
    chosen = SUBPROTOCOL if SUBPROTOCOL in offered else offered[0] if offered else None
    await websocket.accept(chosen)
    socket = _Socket(websocket, node, websocket.path_params["coverage"])
    try:
        if offered and chosen != SUBPROTOCOL:
            raise UnsupportedVersion(f"This server speaks {SUBPROTOCOL}.")
        if shows_token(websocket.scope["query_string"]):
            raise TokenInAddress
        if node.hub.draining:
            raise Draining(return_ms())
        with admitted(websocket):
            await socket.serve(after_of(websocket), limit_of(websocket))
    except FeedError as error:
        await socket.refuse(error)
    except WebSocketDisconnect:
        pass


async def plain(request: Request) -> Response:
    """The same, asked without Upgrade, for whatever coverage: nothing is said of which there are."""
    raise UpgradeRequired


class _Socket:
    def __init__(self, websocket: WebSocket, node: Node, coverage: str) -> None:
        self._websocket = websocket
        self._node = node
        self._coverage = coverage
        self._session = Session(coverage, public=True)
        self._bearer: Bearer = NOBODY
        self._renew_ms: float = RENEW_WITHIN_MS
        self._opened = asyncio.Event()
        self._renewed = asyncio.Event()
        self._revoked = False
        self._hold = node.watch.hold(NOBODY, self._revoke)

    async def serve(self, after: Cursor | None, limit: int) -> None:
        channel, adopted = None, False
        began = asyncio.get_running_loop().time()
        with suppress(UnknownCoverage):
            channel = await self._node.hub.enter(self._coverage)
        try:
            if channel is not None and not channel.private:
                if shown := token_of(self._websocket):
                    with suppress(TokenExpired):  # what is public is read without
                        await self._authenticate(shown)
                else:
                    adopted = await self._hand_over(channel, after, limit)
                if not adopted:
                    await self._follow(channel, after, limit)
                return
            await self._admit(began)
            if self._session.closed:
                await self._close()
            elif channel is None or not self._is_admitted():
                await _until(began + REFUSED_AFTER_S)
                raise UnknownCoverage(self._coverage)
            else:
                await self._follow(channel, after, limit)
        finally:
            self._node.watch.release(self._hold)
            if channel is not None and not adopted:
                self._node.hub.leave(channel)

    async def _hand_over(self, channel: Channel, after: Cursor | None, limit: int) -> bool:
        """Under our own websocket protocol the connection becomes the channel's, and needs no task any more."""
        extension = self._websocket.scope.get("extensions", {}).get(EXTENSION)
        if extension is None:
            return False
        forks = channel.forks
        opening = await channel.open(after, limit)
        extension["socket"].adopt(self._node.hub, channel, self._session, opening, forks, limit)
        return True

    async def _admit(self, began: float) -> None:
        """Waits until a token is shown. Unknown coverages ask for one too: they must look like private ones."""
        self._session = Session(self._coverage, public=False)
        shown = token_of(self._websocket)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(began + AUTHENTICATE_WITHIN_S):
                while shown is None and self._session.closed is None:
                    answer = self._session.receive(await _next(self._websocket))
                    if isinstance(answer, Authenticate):
                        shown = answer.token
                    else:
                        await _until(began + REFUSED_AFTER_S)
                        await self._send(answer)
        if shown is not None:
            await self._authenticate(shown)

    async def _authenticate(self, token: str) -> None:
        self._bearer = await self._node.tokens.reader(token, self._coverage)
        self._node.watch.release(self._hold)
        self._hold, self._revoked = self._node.watch.hold(self._bearer, self._revoke), False
        self._renew_ms = min(RENEW_WITHIN_MS, self._left_ms() / 2)
        self._session.authenticated()

    def _revoke(self) -> None:
        self._revoked = True
        self._renewed.set()

    def _is_admitted(self) -> bool:
        """Raises TokenExpired: whoever has had the right may come back with another token."""
        if self._left_ms() <= 0:
            raise TokenExpired
        return self._bearer.may_read(self._coverage)

    async def _follow(self, channel: Channel, after: Cursor | None, limit: int) -> None:
        work = [self._deliver(channel, after, limit), self._listen(channel)]
        if channel.private:
            work.append(self._expire())
        tasks: list[asyncio.Future[None]] = [asyncio.ensure_future(part) for part in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            # Two may fail at the same time, as when the reader leaves while it is written to.
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
        await self._close()

    async def _deliver(self, channel: Channel, after: Cursor | None, limit: int) -> None:
        portions = messages(self._node.hub, channel, self._session, after, limit, self._is_admitted)
        async with aclosing(portions):
            async for portion in portions:
                await self._send(portion)
                self._opened.set()

    async def _listen(self, channel: Channel) -> None:
        while self._session.closed is None:
            answer = self._session.receive(await _next(self._websocket))
            if isinstance(answer, Authenticate):
                await self._authenticate(answer.token)
                if channel.private and not self._is_admitted():
                    raise UnknownCoverage(self._coverage)
                self._renewed.set()
            else:
                await self._send(answer)

    async def _expire(self) -> None:
        """Asks for a new token before the one that was shown runs out, and ends the session when none comes.

        One that was revoked ends it at once: who may still read comes back with another."""
        await self._opened.wait()
        asked_for: int | None = None
        while True:
            self._renewed.clear()
            if (left_ms := self._left_ms()) <= 0:
                break
            if left_ms <= self._renew_ms and asked_for != self._bearer.expires_ms:
                asked_for = self._bearer.expires_ms
                await self._send([auth_message(int(left_ms))])
            wait_ms = left_ms if left_ms <= self._renew_ms else left_ms - self._renew_ms
            with suppress(TimeoutError):
                async with asyncio.timeout(None if wait_ms == math.inf else wait_ms / 1000):
                    await self._renewed.wait()
        self._session.close(4101)

    def _left_ms(self) -> float:
        if self._revoked:
            return 0
        expires_ms = self._bearer.expires_ms
        return math.inf if expires_ms is None else expires_ms - time.time() * 1000

    async def _send(self, portion: list[bytes]) -> None:
        if EXTENSION not in self._websocket.scope.get("extensions", {}):
            for message in portion:
                await self._websocket.send({"type": "websocket.send", "text": message.decode()})
            return
        while portion:
            count = portion_length(portion)
            await self._websocket.send({"type": "websocket.send", "messages": portion[:count]})
            portion = portion[count:]

    async def refuse(self, error: FeedError) -> None:
        with suppress(WebSocketDisconnect):
            await self._send(self._session.refuse(error))
            await self._close()

    async def _close(self) -> None:
        if self._session.closed is not None:
            await self._websocket.close(self._session.closed.code, self._session.closed.reason)


async def _until(moment: float) -> None:
    """In the loop's time."""
    await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))


async def _next(websocket: WebSocket) -> str | bytes:
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text: str | bytes | None = message.get("text")
    return text if text is not None else message["bytes"]
