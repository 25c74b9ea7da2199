"""/v1/coverages/{id}/entries: publish, read, follow in pages, revise, retract, take down."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from feed.desk import Written
from feed.drafts import EntryDraft, EntryPatch, RetractionDraft
from feed.errors import InvalidInput
from feed.live.query import after_of, limit_of, node_of, number_of
from feed.live.sse import EventStream
from feed.model import Cursor
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
    bearer_of,
    body_of,
    cached,
    draft_of,
    expected_of,
    media_type_of,
    once_of,
    publisher_of,
    readable,
)

# The longest a poll may be held open.
LONGEST_WAIT_S = 30


async def publish(request: Request) -> Response:
    coverage = await publisher_of(request)
    node = node_of(request)
    if media_type_of(request, JSON, NDJSON) == JSON:
        draft, body = await draft_of(request, EntryDraft)
        (written,) = await node.desk.publish(coverage, [draft], once_of(request, body))
        id_ = entry_from_json(written.data).id if not written.replay else None
        headers = {"Location": f"/v1/coverages/{coverage}/entries/{id_}"} if id_ else {}
        return answer(entry_receipt(written.data, written.cursor, node.durability), written, 201, headers)
    body = await body_of(request)
    drafts = decode_lines(body, EntryDraft, at_most=node.settings.max_batch)
    try:
        receipts = await node.desk.publish(coverage, drafts, once_of(request, body))
    except InvalidInput as error:
        raise _at_line(error, body) from None
    batch = batch_receipt((entry_receipt(one.data, one.cursor) for one in receipts), node.durability)
    return answer(batch, receipts[0], 201)


def _at_line(error: InvalidInput, body: bytes) -> InvalidInput:
    index = error.extra.get("index", 0)
    line = [number for number, text in enumerate(body.splitlines(), 1) if text.strip()][index]
    return InvalidInput(f"Line {line}: {error.detail}", field=error.field, line=line)


async def listing(request: Request) -> Response:
    """A page of the timeline; with ``after``, the changes since."""
    coverage: str = request.path_params["coverage"]
    limit, after = limit_of(request), after_of(request)
    if "after" in request.query_params and after is not None:
        return await _changes(request, coverage, after, limit)
    page = await node_of(request).store.page(coverage, before=request.query_params.get("before"), limit=limit)
    public = (await readable(request, page)).visibility != "private"
    body = entries_page(page.entries, page.cursor, page.following)
    return cached(request, body, str(page.cursor), public=public)


async def _changes(request: Request, coverage: str, after: Cursor, limit: int) -> Response:
    """``wait`` holds an answer without changes back until there are some, for as many seconds at most."""
    node = node_of(request)
    wait_s = number_of(request, "wait", 0, 0, LONGEST_WAIT_S)
    await readable(request, await node.store.head(coverage))
    changes = await node.store.changes(coverage, after, limit=limit)
    if wait_s and not changes.events and not changes.ended:
        async with node.hub.subscribed(coverage) as channel:
            try:
                async with asyncio.timeout(wait_s):
                    while channel.tip <= after and not node.hub.draining:
                        await channel.wait()
            except TimeoutError:
                pass
        changes = await node.store.changes(coverage, after, limit=limit)
    body = changes_page(
        (event_message(event) for event in changes.events),
        changes.events[-1].cursor if changes.events else after,
        up_to_date=changes.complete,
        ended=changes.ended,
    )
    return Response(body, headers={"Cache-Control": "no-store"}, media_type=JSON)


async def events(request: Request) -> EventStream:
    coverage: str = request.path_params["coverage"]
    after, limit = after_of(request), limit_of(request)
    node = node_of(request)
    await readable(request, await node.store.head(coverage))
    admitted = (await bearer_of(request)).may_read(coverage)
    return EventStream(node.hub, coverage, after, limit, admitted=admitted, headers={})


async def read(request: Request) -> Response:
    page = await node_of(request).store.page_with(
        request.path_params["coverage"], request.path_params["entry"], limit=1
    )
    public = (await readable(request, page)).visibility != "private"
    return cached(request, page.entries[0], str(entry_from_json(page.entries[0]).revision), public=public)


async def revisions(request: Request) -> Response:
    node, coverage = node_of(request), request.path_params["coverage"]
    await readable(request, await node.store.head(coverage))
    history = await node.store.revisions(coverage, request.path_params["entry"])
    body = b'{"revisions":[%b]}' % b",".join(history)
    return Response(body, headers={"Cache-Control": "no-store"}, media_type=JSON)


async def revise(request: Request) -> Response:
    coverage = await publisher_of(request)
    patch, body = await draft_of(request, EntryPatch)
    written = await node_of(request).desk.revise(
        coverage, request.path_params["entry"], patch, expected_of(request), once_of(request, body)
    )
    return _answer(request, written)


async def retract(request: Request) -> Response:
    coverage = await publisher_of(request)
    draft, body = await draft_of(request, RetractionDraft)
    written = await node_of(request).desk.retract(
        coverage, request.path_params["entry"], draft.reason, expected_of(request), once_of(request, body)
    )
    return _answer(request, written)


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
    return answer(entry_receipt(written.data, written.cursor, node_of(request).durability), written)


def _answer(request: Request, written: Written) -> Response:
    tag = {} if written.replay else {"ETag": f'"{entry_from_json(written.data).revision}"'}
    return answer(entry_receipt(written.data, written.cursor, node_of(request).durability), written, headers=tag)


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
