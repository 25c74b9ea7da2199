"""/v1/coverages/{id}/entries: publish, read, follow in pages, revise, retract, take down."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from msgspec import Struct
from msgspec.json import Decoder
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from feed.departures import return_ms
from feed.desk import Written
from feed.drafts import EntryDraft, EntryPatch, RetractionDraft
from feed.errors import Draining, EntryDeleted, InvalidInput, TokenExpired, UnknownEntry
from feed.live.query import after_of, limit_of, node_of, number_of
from feed.live.sse import HEADERS, EventStream, come_back
from feed.model import Cursor
from feed.tokens import NOBODY
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
    once_of,
    publisher_of,
    readable,
    reader_of,
)

# The longest a poll may be held open.
LONGEST_WAIT_S = 30


class _Named(Struct):
    """What headers say of an entry, also of one that was taken down since."""

    id: str
    revision: int | None = None


_named = Decoder(_Named).decode


async def publish(request: Request) -> Response:
    coverage = await publisher_of(request)
    node = node_of(request)
    if media_type_of(request, JSON, NDJSON) == JSON:
        draft, body = await draft_of(request, EntryDraft)
        (written,) = await node.desk.publish(coverage, [draft], once_of(request, body))
        headers = {"Location": f"/v1/coverages/{coverage}/entries/{_named(written.data).id}"}
        return answer(entry_receipt(written.data, written.cursor, written.durability), written, 201, headers)
    body = await body_of(request)
    drafts = decode_lines(body, EntryDraft, at_most=node.settings.max_batch)
    try:
        receipts = await node.desk.publish(coverage, drafts, once_of(request, body))
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
    if after:
        return await _changes(request, coverage_of(request), Cursor.parse(after), limit)
    reading = node_of(request).store.page(coverage_of(request), before=request.query_params.get("before"), limit=limit)
    page, coverage = await readable(request, reading)
    body = entries_page(page.entries, page.cursor, page.following)
    return cached(request, body, str(page.cursor), public=coverage.visibility != "private")


async def _changes(request: Request, coverage: str, after: Cursor, limit: int) -> Response:
    """``wait`` holds an answer without changes back until there are some, for as many seconds at most."""
    node = node_of(request)
    wait_s = number_of(request, "wait", 0, 0, LONGEST_WAIT_S)
    await readable(request, node.store.head(coverage))
    changes = await node.store.changes(coverage, after, limit=limit)
    if wait_s and not changes.events and not changes.ended:
        if node.hub.draining:  # an empty answer would be asked for again at once
            raise Draining(return_ms())
        async with node.hub.subscribed(coverage) as channel:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    while channel.tip <= after and node.hub.departures is None:
                        await channel.wait()
            if node.hub.departures is not None:
                await asyncio.sleep(node.hub.departures.poll_delay_s())
        await readable(request, node.store.head(coverage))  # it may have become private
        changes = await node.store.changes(coverage, after, limit=limit)
    body = changes_page(
        (event_message(event) for event in changes.events),
        changes.events[-1].cursor if changes.events else after,
        up_to_date=changes.complete,
        ended=changes.ended,
    )
    return Response(body, headers={"Cache-Control": "no-store"}, media_type=JSON)


async def events(request: Request) -> EventStream | Response:
    coverage = coverage_of(request)
    after, limit = after_of(request), limit_of(request)
    node = node_of(request)
    await readable(request, node.store.head(coverage))
    if request.method == "HEAD":
        return Response(headers=HEADERS)
    if node.hub.draining:
        if "last-event-id" in request.headers:
            return come_back(return_ms())
        raise Draining(return_ms())
    bearer = NOBODY
    with suppress(TokenExpired):  # what is public is read without
        bearer = await reader_of(request)
    return EventStream(node.hub, coverage, after, limit, bearer, node.watch)


async def read(request: Request) -> Response:
    store, coverage_id = node_of(request).store, coverage_of(request)
    try:
        page, coverage = await readable(request, store.page_with(coverage_id, request.path_params["entry"], limit=1))
    except (UnknownEntry, EntryDeleted):
        await readable(request, store.head(coverage_id))  # what is private does not say this much either
        raise
    tag = str(entry_from_json(page.entries[0]).revision)
    return cached(request, page.entries[0], tag, public=coverage.visibility != "private")


async def revisions(request: Request) -> Response:
    store, coverage = node_of(request).store, coverage_of(request)
    await readable(request, store.head(coverage))
    history = await store.revisions(coverage, request.path_params["entry"])
    body = b'{"revisions":[%b]}' % b",".join(history)
    return Response(body, headers={"Cache-Control": "no-store"}, media_type=JSON)


async def revise(request: Request) -> Response:
    coverage = await publisher_of(request)
    patch, body = await draft_of(request, EntryPatch)
    written = await node_of(request).desk.revise(
        coverage, request.path_params["entry"], patch, expected_of(request), once_of(request, body)
    )
    return _answer(written)


async def retract(request: Request) -> Response:
    coverage = await publisher_of(request)
    draft, body = await draft_of(request, RetractionDraft)
    written = await node_of(request).desk.retract(
        coverage, request.path_params["entry"], draft.reason, expected_of(request), once_of(request, body)
    )
    return _answer(written)


async def delete(request: Request) -> Response:
    """An optional body gives the reason, as in a retraction."""
    coverage = await publisher_of(request)
    body = await body_of(request)
    reason = None
    if body.strip():
        media_type_of(request, JSON)
        reason = decode(body, RetractionDraft).reason
    written = await node_of(request).desk.delete(
        coverage, request.path_params["entry"], reason, expected_of(request), once_of(request, body)
    )
    return answer(entry_receipt(written.data, written.cursor, written.durability), written)


def _answer(written: Written) -> Response:
    revision = _named(written.data).revision
    tag = {} if revision is None else {"ETag": f'"{revision}"'}
    return answer(entry_receipt(written.data, written.cursor, written.durability), written, headers=tag)


_ENTRIES = "/v1/coverages/{coverage}/entries"

routes = [
    Route(_ENTRIES, listing, methods=["GET"]),
    Route(_ENTRIES, publish, methods=["POST"]),
    Route(_ENTRIES + "/{entry}", read, methods=["GET"]),
    Route(_ENTRIES + "/{entry}", revise, methods=["PATCH"]),
    Route(_ENTRIES + "/{entry}", delete, methods=["DELETE"]),
    Route(_ENTRIES + "/{entry}/revisions", revisions, methods=["GET"]),
    Route(_ENTRIES + "/{entry}/retract", retract, methods=["POST"]),
    Route("/v1/coverages/{coverage}/events", events, methods=["GET"]),
]
