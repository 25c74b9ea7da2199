"""What a request says beside its path: who, what body, once or again, against which revision."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TypeVar, cast

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp

from feed.desk import Written
from feed.errors import (
    BodyTooLarge,
    InvalidInput,
    NotAuthenticated,
    RateLimited,
    StoreUnavailable,
    UnknownCoverage,
    UnsupportedMedia,
)
from feed.live.query import node_of, token_of
from feed.model import Coverage
from feed.store.port import Once, Page, Store
from feed.tokens import NOBODY, Bearer
from feed.wire import coverage_from_json, decode

T = TypeVar("T")
W = TypeVar("W", Written, list[Written])
Endpoint = Callable[[Request], Awaitable[ASGIApp]]

JSON = "application/json"
NDJSON = "application/x-ndjson"


async def bearer_of(connection: HTTPConnection) -> Bearer:
    """Nobody without a token. Raises NotAuthenticated for a token that does not hold."""
    token = token_of(connection)
    return NOBODY if token is None else await node_of(connection).tokens.bearer(token)


async def producer_of(connection: HTTPConnection) -> Bearer:
    """Raises NotAuthenticated also when there is no token."""
    if token_of(connection) is None:
        raise NotAuthenticated("Send a token: Authorization: Bearer <token>.")
    return await bearer_of(connection)


async def publisher_of(connection: HTTPConnection) -> str:
    """The coverage of the path, if the token may publish into it. Raises NotAuthenticated, NotAllowed."""
    coverage = coverage_of(connection)
    (await producer_of(connection)).must_publish(coverage)
    return coverage


def writing(endpoint: Endpoint) -> Endpoint:
    """A request that writes is one of so many at once. Raises Overloaded."""

    @wraps(endpoint)
    async def wrapped(request: Request) -> ASGIApp:
        limits = node_of(request).limits
        with limits.working(limits.writes):
            return await endpoint(request)

    return wrapped


def reading(endpoint: Endpoint) -> Endpoint:
    """The same for a request that asks the store."""

    @wraps(endpoint)
    async def wrapped(request: Request) -> ASGIApp:
        limits = node_of(request).limits
        with limits.working(limits.reads):
            return await endpoint(request)

    return wrapped


async def metered(
    request: Request, coverage: str | None, once: Once | None, write: Callable[[], Awaitable[W]], changes: int = 1
) -> W:
    """What `write` says, if the token may make so many changes now. Raises RateLimited. `coverage` is None for a new
    one that is still to be given an id.

    A repeated request changes nothing, so it costs nothing, and is answered also when nothing is left.
    """
    node = node_of(request)
    if not node.limits.rates.limited:
        return await write()
    name = (await producer_of(request)).name
    try:
        node.limits.rates.take(name, changes)
    except RateLimited:
        if once is None or not await _is_repeated(node.store, coverage, once):
            node.limits.shed["rate"] += 1
            raise
        changes = 0
    try:
        written = await write()
    except StoreUnavailable:
        node.limits.rates.give_back(name, changes)  # it is to be repeated
        raise
    if (written if isinstance(written, Written) else written[0]).replay:
        node.limits.rates.give_back(name, changes)
    return written


async def _is_repeated(store: Store, coverage: str | None, once: Once) -> bool:
    id_ = coverage or await store.reserved(once)
    return id_ is not None and await store.replayed(id_, once) is not None


def coverage_of(connection: HTTPConnection) -> str:
    return cast(str, connection.path_params["coverage"])


async def reader_of(connection: HTTPConnection) -> Bearer:
    """Nobody without a token, or with one that does not hold. Raises TokenExpired."""
    token = token_of(connection)
    return NOBODY if token is None else await node_of(connection).tokens.reader(token, coverage_of(connection))


async def readable(connection: HTTPConnection, read: Callable[..., Awaitable[Page]]) -> tuple[Page, Coverage]:
    """The page and its coverage, if whoever asks may read it. `read` takes `public_only`, as the store's methods do.

    Raises UnknownCoverage also for a private one: nobody learns from the answer, or from how long it took, that it is
    there. Raises TokenExpired.
    """
    try:
        page = await read(public_only=True)
    except UnknownCoverage:
        if not (await reader_of(connection)).may_read(coverage_of(connection)):
            raise
        page = await read(public_only=False)
    return page, coverage_from_json(page.coverage)


def media_type_of(request: Request, *allowed: str) -> str:
    """Raises UnsupportedMedia. Without a content type it is JSON."""
    given = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if given not in allowed:
        raise UnsupportedMedia(f"Content-Type {given[:80]!r} is not taken here. Send {' or '.join(allowed)}.")
    return given


async def body_of(request: Request) -> bytes:
    """Raises BodyTooLarge as soon as it is, without reading the rest; UnsupportedMedia for a compressed one."""
    coding = request.headers.get("content-encoding", "").strip().lower()
    if coding not in ("", "identity"):
        raise UnsupportedMedia(f"Content-Encoding {coding[:40]!r} is not taken here. Send the body as it is.")
    limit = node_of(request).settings.max_body
    too_large = BodyTooLarge(f"The body is larger than {limit} bytes. Send less at once.", limit=limit)
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise too_large
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise too_large
        parts.append(part)
    return b"".join(parts)


async def draft_of(request: Request, type_: type[T], *, optional: bool = False) -> tuple[T, bytes]:
    """The decoded JSON body, and its bytes. `optional`: no body is an empty object."""
    body = await body_of(request)
    if optional and not body.strip():
        return decode(b"{}", type_), body
    media_type_of(request, JSON)
    return decode(body, type_), body


def once_of(request: Request, body: bytes) -> Once | None:
    """Raises InvalidInput for a key that is too long."""
    key = request.headers.get("idempotency-key", "").strip()
    if not key:
        return None
    if len(key) > 255:
        raise InvalidInput("Idempotency-Key: at most 255 characters.", field="Idempotency-Key")
    digest = hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + body).hexdigest()
    return Once(key, digest)


def expected_of(request: Request) -> int | None:
    """The revision in If-Match; None without it, and for ``*``. Raises InvalidInput."""
    text = request.headers.get("if-match", "*").strip()
    if text == "*":
        return None
    number = text.removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise InvalidInput(f'If-Match: expected a revision such as "3", not {text[:40]!r}.', field="If-Match")
    return int(number)


def must_not_match(request: Request) -> None:
    """Raises InvalidInput for an If-Match where something new is made: nothing would be guarded by it."""
    if "if-match" in request.headers:
        raise InvalidInput("If-Match: what is new has no revision yet. Leave it out here.", field="If-Match")


def answer(body: bytes, written: Written, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A repeated request gets what the first one got, with 200 and a mark."""
    headers = dict(headers or {}) | {"Cache-Control": "no-store"}
    if written.replay:
        headers["Idempotent-Replay"] = "true"
    return Response(body, 200 if written.replay else status, headers, JSON)


def cached(request: Request, body: bytes, tag: str, *, public: bool) -> Response:
    """A page that proxies may keep for a second; unchanged, only its tag is sent."""
    headers = {
        "ETag": f'"{tag}"',
        "Cache-Control": "public, max-age=1, stale-if-error=60" if public else "private, no-store",
        "Vary": "Authorization",
    }
    known = request.headers.get("if-none-match", "").split(",")
    if any(one.strip().removeprefix("W/") in (f'"{tag}"', "*") for one in known):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, JSON)
