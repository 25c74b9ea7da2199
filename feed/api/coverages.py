"""/v1/coverages: create, list, read, change, end, reopen."""

from __future__ import annotations

from functools import partial
from typing import cast, get_args

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from feed.desk import Written
from feed.drafts import CoverageDraft, CoveragePatch, Ending, Reopening
from feed.errors import InvalidInput
from feed.live.query import node_of, number_of
from feed.model import Status, moment_to_ms
from feed.wire import coverage_document, coverage_from_json, encode

from .request import (
    JSON,
    answer,
    bearer_of,
    cached,
    coverage_of,
    draft_of,
    expected_of,
    metered,
    must_not_match,
    once_of,
    producer_of,
    publisher_of,
    readable,
    reading,
    writing,
)


async def create(request: Request) -> Response:
    bearer = await producer_of(request)
    must_not_match(request)
    draft, body = await draft_of(request, CoverageDraft)
    bearer.must_publish(draft.id or "*")
    desk, once = node_of(request).desk, once_of(request, body)
    written = await metered(request, draft.id, once, lambda: desk.create(draft, once))
    id_ = coverage_from_json(written.data).id
    return _answer(written, 201, {"Location": f"/v1/coverages/{id_}"})


async def listing(request: Request) -> Response:
    """Public coverages, newest first; with a token also those that it may read."""
    node, bearer = node_of(request), await bearer_of(request)
    limit = number_of(request, "limit", 50, 1, 500)
    before = request.query_params.get("before")
    asked = [part for part in request.query_params.get("status", "").split(",") if part]
    for status in asked:
        if status not in get_args(Status):
            raise InvalidInput(
                f"status: {status[:40]!r} is none. Allowed: {', '.join(get_args(Status))}.", field="status"
            )
    statuses = cast(list[Status], asked or list(get_args(Status)))
    shown: list[bytes] = []
    places: list[str] = []
    more = True
    # One more than asked for tells whether there is another page.
    batch = limit + 1
    while more and len(shown) <= limit:
        heads = await node.store.coverages(statuses, before=before, limit=batch)
        more = len(heads) == batch
        # Many that may not be shown must not mean many questions, each of which goes to every shard.
        batch = min(4 * batch, 1_000)
        for head in heads:
            coverage = coverage_from_json(head)
            before = f"{moment_to_ms(coverage.created_at)}-{coverage.id}"
            if coverage.visibility == "public" or bearer.may_read(coverage.id):
                shown.append(head)
                places.append(before)
    following = places[limit - 1] if len(shown) > limit else None
    body = b'{"coverages":[%b],"next":%b}' % (b",".join(shown[:limit]), encode(following))
    return Response(body, headers={"Cache-Control": "no-store"}, media_type=JSON)


async def read(request: Request) -> Response:
    page, coverage = await readable(request, partial(node_of(request).store.head, coverage_of(request)))
    body = coverage_document(page.coverage, page.cursor)
    return cached(request, body, str(coverage.revision), public=coverage.visibility != "private")


async def change(request: Request) -> Response:
    coverage = await publisher_of(request)
    patch, body = await draft_of(request, CoveragePatch)
    desk, expected, once = node_of(request).desk, expected_of(request), once_of(request, body)
    written = await metered(request, coverage, once, lambda: desk.change(coverage, patch, expected, once))
    return _answer(written)


async def end(request: Request) -> Response:
    coverage = await publisher_of(request)
    ending, body = await draft_of(request, Ending, optional=True)
    desk, expected, once = node_of(request).desk, expected_of(request), once_of(request, body)
    return _answer(await metered(request, coverage, once, lambda: desk.end(coverage, ending, expected, once)))


async def reopen(request: Request) -> Response:
    coverage = await publisher_of(request)
    _, body = await draft_of(request, Reopening, optional=True)
    desk, expected, once = node_of(request).desk, expected_of(request), once_of(request, body)
    return _answer(await metered(request, coverage, once, lambda: desk.reopen(coverage, expected, once)))


def _answer(written: Written, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    revision = coverage_from_json(written.data).revision
    tagged = dict(headers or {}) | {"ETag": f'"{revision}"'}
    return answer(coverage_document(written.data, written.cursor), written, status, tagged)


routes = [
    Route("/v1/coverages", reading(listing), methods=["GET"]),
    Route("/v1/coverages", writing(create), methods=["POST"]),
    Route("/v1/coverages/{coverage}", reading(read), methods=["GET"]),
    Route("/v1/coverages/{coverage}", writing(change), methods=["PATCH"]),
    Route("/v1/coverages/{coverage}/end", writing(end), methods=["POST"]),
    Route("/v1/coverages/{coverage}/reopen", writing(reopen), methods=["POST"]),
]
