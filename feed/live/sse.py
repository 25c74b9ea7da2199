"""GET /v1/coverages/{id}/events: the same subscription as server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from msgspec import Struct
from msgspec.json import Decoder
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from feed.hub import Hub
from feed.message import portion_length
from feed.model import Cursor
from feed.session import HEARTBEAT_S, Session
from feed.tokens import Bearer
from feed.watch import Watch

from .subscription import messages

HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    # Proxies that buffer would hold every entry back.
    "X-Accel-Buffering": "no",
}
_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]


class _Head(Struct):
    type: str
    cursor: str | None = None


_head = Decoder(_Head)


def event(message: bytes) -> bytes:
    """A message of the websocket as an event: named by its type, with an id if it has a place in the log."""
    head = _head.decode(message)
    # A hello's cursor is where the reader stood before; taking it as id would be right, but it is not an event.
    id_ = f"id: {head.cursor}\n" if head.cursor and head.type != "hello" else ""
    return f"event: {head.type}\n{id_}data: ".encode() + message + b"\n\n"


def come_back(retry_ms: int) -> Response:
    """For an EventSource that returns to a node that is leaving: it would take any other answer as the last one."""
    return Response(b"retry: %d\n\n" % retry_ms, headers=HEADERS)


class EventStream:
    """An ASGI response. It ends when the bearer's token does, or is revoked: who may still read comes back."""

    def __init__(self, hub: Hub, coverage: str, after: Cursor | None, limit: int, bearer: Bearer, watch: Watch) -> None:
        self._hub = hub
        self._session = Session(coverage, public=True)
        self._after = after
        self._limit = limit
        self._bearer = bearer
        self._watch = watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._hub.subscribed(self._session.coverage) as channel:
            portions = messages(
                self._hub, channel, self._session, self._after, self._limit, self._is_admitted, stays=False
            )
            async with aclosing(portions):
                await self._stream(portions, receive, send)

    def _is_admitted(self) -> bool:
        return self._bearer.may_read(self._session.coverage)

    async def _stream(self, portions: AsyncGenerator[list[bytes], None], receive: Receive, send: Send) -> None:
        first = await anext(portions)
        if self._session.closed and len(first) == 1:
            # Only a hello is left to say: 204 is what makes an EventSource stay away (WHATWG HTML, 9.2.3).
            await send({"type": "http.response.start", "status": 204, "headers": _RAW_HEADERS[1:]})
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.start", "status": 200, "headers": _RAW_HEADERS})
        await _send_events(send, b"retry: 1000\n\n", first)
        sending = asyncio.ensure_future(self._deliver(portions, send))
        leaving = asyncio.ensure_future(_disconnected(receive))
        revoked = asyncio.Event()
        hold = self._watch.hold(self._bearer, revoked.set)
        tasks = [sending, leaving]
        if hold.proof is not None:
            tasks.append(asyncio.ensure_future(_until(revoked)))
        if self._bearer.expires_ms is not None:
            tasks.append(asyncio.ensure_future(asyncio.sleep(self._bearer.expires_ms / 1000 - time.time())))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            left = leaving.done()
        finally:
            self._watch.release(hold)
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        if not left:
            await send({"type": "http.response.body", "body": b""})
        if isinstance(results[0], Exception):
            raise results[0]

    async def _deliver(self, portions: AsyncGenerator[list[bytes], None], send: Send) -> None:
        async for portion in _with_heartbeat(portions):
            await _send_events(send, b"" if portion else b": still here\n\n", portion)
        closed = self._session.closed
        if closed is not None and closed.retry_after_ms is not None:
            body = b"retry: %d\n\n" % closed.retry_after_ms
            await send({"type": "http.response.body", "body": body, "more_body": True})


async def _with_heartbeat(portions: AsyncGenerator[list[bytes], None]) -> AsyncIterator[list[bytes]]:
    """An empty portion for every HEARTBEAT_S without one, so that both ends and the proxies know it is alive."""
    following: asyncio.Future[list[bytes]] | None = None
    try:
        while True:
            if following is None:
                following = asyncio.ensure_future(anext(portions))
            done, _ = await asyncio.wait((following,), timeout=HEARTBEAT_S)
            if not done:
                yield []
                continue
            try:
                portion = following.result()
            except StopAsyncIteration:
                return
            following = None
            yield portion
    finally:
        if following is not None and not following.done():
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


async def _send_events(send: Send, prefix: bytes, portion: list[bytes]) -> None:
    while prefix or portion:
        count = portion_length(portion)
        body = prefix + b"".join(event(message) for message in portion[:count])
        await send({"type": "http.response.body", "body": body, "more_body": True})
        prefix, portion = b"", portion[count:]


async def _until(event: asyncio.Event) -> None:
    await event.wait()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
