"""/v1/tokens: made, listed and revoked by an administrator."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from feed.drafts import TokenDraft
from feed.live.query import node_of
from feed.wire import encode

from .request import JSON, draft_of, must_not_match, once_of, producer_of, writing

_PRIVATE = {"Cache-Control": "no-store"}


async def create(request: Request) -> Response:
    (await producer_of(request)).must_administer()
    must_not_match(request)
    draft, body = await draft_of(request, TokenDraft)
    grant, token, replay = await node_of(request).tokens.create(draft, once_of(request, body))
    headers = _PRIVATE | ({"Idempotent-Replay": "true"} if replay else {})
    return Response(encode(grant.public() | {"token": token}), 200 if replay else 201, headers, JSON)


async def listing(request: Request) -> Response:
    (await producer_of(request)).must_administer()
    grants = await node_of(request).tokens.all()
    return Response(encode({"tokens": [grant.public() for grant in grants]}), 200, _PRIVATE, JSON)


async def revoke(request: Request) -> Response:
    (await producer_of(request)).must_administer()
    replay = await node_of(request).tokens.revoke(request.path_params["token"], once_of(request, b""))
    return Response(status_code=204, headers=_PRIVATE | ({"Idempotent-Replay": "true"} if replay else {}))


routes = [
    Route("/v1/tokens", listing, methods=["GET"]),
    Route("/v1/tokens", writing(create), methods=["POST"]),
    Route("/v1/tokens/{token}", revoke, methods=["DELETE"]),
]
