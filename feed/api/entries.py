"""/v1/coverages/{id}/entries: publish, read, follow in pages, revise, retract, take down."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from functools import partial

from msgspec import Struct
from msgspec.json import Decoder
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from feed.departures import return_ms
from feed.desk import Written
from feed.drafts import DeletionDraft, EntryDraft, EntryPatch, RetractionDraft
from feed.errors import Draining, InvalidInput, TokenExpired
from feed.live.admission import Admitted, admitted
from feed.live.query import after_of, limit_of, node_of, number_of
from feed.live.sse import HEADERS, EventStream, come_back
from feed.model import Cursor
from feed.node import Node
from feed.tokens import NOBODY, Bearer
from feed.wire import (
    batch_receipt,
    changes_page,
    decode,
    decode_lines,
    entries_page,
    entry_from_json,
    entry_receipt,
    event_message,
)

from .parameters import LONGEST_WAIT_S
from .request import (
    JSON,
    NDJSON,
    answer,
    body_of,
    cached,
    coverage_of,
    draft_of,
    expected_of,
    media_type_of,
    metered,
    must_not_match,
    once_of,
    publisher_of,
    readable,
    reader_of,
    reading,
    writing,
)


class _Named(Struct):
    """What headers say of an entry, also of one that was taken down since."""

    id: str
    revision: int | None = None


_named = Decoder(_Named).decode


async def publish(request: Request) -> Response:
    coverage = await publisher_of(request)
    must_not_match(request)
    node = node_of(request)
    if media_type_of(request, JSON, NDJSON) == JSON:
        draft, body = await draft_of(request, EntryDraft)
        once = once_of(request, body)
        (written,) = await metered(request, coverage, once, lambda: node.desk.publish(coverage, [draft], once))
        headers = {"Location": f"/v1/coverages/{coverage}/entries/{_named(written.data).id}"}
        return answer(entry_receipt(written.data, written.cursor, written.durability), written, 201, headers)
    body = await body_of(request)
    drafts = decode_lines(body, EntryDraft, at_most=node.settings.max_batch)
    once = once_of(request, body)
    try:
        receipts = await metered(
            request, coverage, once, lambda: node.desk.publish(coverage, drafts, once), len(drafts)
        )
    except InvalidInput as error:
        raise _at_line(error, body) from None
    batch = batch_receipt((entry_receipt(one.data, one.cursor) for one in receipts), receipts[0].durability)
    return answer(batch, receipts[0], 201)


def _at_line(error: InvalidInput, body: bytes) -> InvalidInput:
    index = error.extra.get("index", 0)
    line = [number for number, text in enumerate(body.splitlines(), 1) if text.strip()][index]
    return InvalidInput(f"Line {line}: {error.detail}", field=error.field, line=line)


async def listing(request: Request) -> Response:
    """A page of the timeline; with ``after``, the changes since."""
    limit, after = limit_of(request), request.query_params.get("after")
    wait_s = number_of(request, "wait", 0, 0, LONGEST_WAIT_S)
    if after:
        return await _changes(request, coverage_of(request), Cursor.parse(after), limit, wait_s)
    before, store = request.query_params.get("before"), node_of(request).store
    page, coverage = await readable(request, partial(store.page, coverage_of(request), before=before, limit=limit))
    # Who goes on from here is told of the end, as after a snapshot; a log of one event does not reach back so far.
    cursor = page.cursor if page.end is None or node_of(request).settings.log_length == 1 else page.end
    body = entries_page(page.entries, cursor, page.following)
    return cached(request, body, str(page.cursor), public=coverage.visibility != "private")


async def _changes(request: Request, coverage: str, after: Cursor, limit: int, wait_s: int) -> Response:
    """An answer without changes is held back until there are some, for `wait_s` seconds at most."""
    node = node_of(request)
    _, head = await readable(request, partial(node.store.head, coverage))
    changes = await node.store.changes(coverage, after, limit=limit)
    if wait_s and not changes.events and not changes.ended:
        if node.hub.draining:  # an empty answer would be asked for again at once
            raise Draining(return_ms())
        bearer = await reader_of(request) if head.visibility == "private" else NOBODY
        with admitted(request), node.limits.reads.left():
            await _news(node, coverage, after, wait_s, bearer)
        await readable(request, partial(node.store.head, coverage))  # it may have become private
        changes = await node.store.changes(coverage, after, limit=limit)
    body = changes_page(
        (event_message(event) for event in changes.events),
        changes.events[-1].cursor if changes.events else after,
        up_to_date=changes.complete,
        ended=changes.ended,
    )
    return Response(body, headers={"Cache-Control": "no-store"}, media_type=JSON)


async def _news(node: Node, coverage: str, after: Cursor, wait_s: float, bearer: Bearer) -> None:
    """Until there are some, the time is over, or the bearer's token, or the node is leaving."""
    hub, revoked = node.hub, asyncio.Event()
    if bearer.expires_ms is not None:
        wait_s = min(wait_s, bearer.expires_ms / 1000 - time.time())
    async with hub.subscribed(coverage) as channel:

        def revoke() -> None:
            revoked.set()
            channel.wake()

        hold = node.watch.hold(bearer, revoke)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    while channel.tip <= after and hub.departures is None and not revoked.is_set():
                        await channel.wait()
        finally:
            node.watch.release(hold)
        if hub.departures is not None:
            await asyncio.sleep(hub.departures.poll_delay_s())


async def events(request: Request) -> Admitted | Response:
    coverage = coverage_of(request)
    after, limit = after_of(request), limit_of(request)
    node = node_of(request)
    await readable(request, partial(node.store.head, coverage))
    if request.method == "HEAD":
        return Response(headers=HEADERS)
    if node.hub.draining:
        if "last-event-id" in request.headers:
            return come_back(return_ms())
        raise Draining(return_ms())
    bearer = NOBODY
    with suppress(TokenExpired):  # what is public is read without
        bearer = await reader_of(request)
    return Admitted(EventStream(node.hub, coverage, after, limit, bearer, node.watch))


async def read(request: Request) -> Response:
    store, coverage_id = node_of(request).store, coverage_of(request)
    entry = request.path_params["entry"]
    page, coverage = await readable(request, partial(store.page_with, coverage_id, entry, limit=1))
    tag = str(entry_from_json(page.entries[0]).revision)
    return cached(request, page.entries[0], tag, public=coverage.visibility != "private")


async def revisions(request: Request) -> Response:
    store, coverage = node_of(request).store, coverage_of(request)
    await readable(request, partial(store.head, coverage))
    history = await store.revisions(coverage, request.path_params["entry"])
    body = b'{"revisions":[%b]}' % b",".join(history)
    return Response(body, headers={"Cache-Control": "no-store"}, media_type=JSON)


async def revise(request: Request) -> Response:
    coverage = await publisher_of(request)
    patch, body = await draft_of(request, EntryPatch)
    entry, expected, once = request.path_params["entry"], expected_of(request), once_of(request, body)
    desk = node_of(request).desk
    written = await metered(request, coverage, once, lambda: desk.revise(coverage, entry, patch, expected, once))
    return _answer(written)


async def retract(request: Request) -> Response:
    coverage = await publisher_of(request)
    draft, body = await draft_of(request, RetractionDraft)
    entry, expected, once = request.path_params["entry"], expected_of(request), once_of(request, body)
    desk = node_of(request).desk
    written = await metered(request, coverage, once, lambda: desk.retract(coverage, entry, draft, expected, once))
    return _answer(written)


async def delete(request: Request) -> Response:
    """An optional body gives the reason."""
    coverage = await publisher_of(request)
    body = await body_of(request)
    reason = None
    if body.strip():
        media_type_of(request, JSON)
        reason = decode(body, DeletionDraft).reason
    entry, expected, once = request.path_params["entry"], expected_of(request), once_of(request, body)
    desk = node_of(request).desk
    written = await metered(request, coverage, once, lambda: desk.delete(coverage, entry, reason, expected, once))
    return answer(entry_receipt(written.data, written.cursor, written.durability), written)


def _answer(written: Written) -> Response:
    revision = _named(written.data).revision
    tag = {} if revision is None else {"ETag": f'"{revision}"'}
    return answer(entry_receipt(written.data, written.cursor, written.durability), written, headers=tag)


_ENTRIES = "/v1/coverages/{coverage}/entries"

routes = [
    Route(_ENTRIES, reading(listing), methods=["GET"]),
    Route(_ENTRIES, writing(publish), methods=["POST"]),
    Route(_ENTRIES + "/{entry}", reading(read), methods=["GET"]),
    Route(_ENTRIES + "/{entry}", writing(revise), methods=["PATCH"]),
    Route(_ENTRIES + "/{entry}", writing(delete), methods=["DELETE"]),
    Route(_ENTRIES + "/{entry}/revisions", reading(revisions), methods=["GET"]),
    Route(_ENTRIES + "/{entry}/retract", writing(retract), methods=["POST"]),
    Route("/v1/coverages/{coverage}/events", reading(events), methods=["GET"]),
]
