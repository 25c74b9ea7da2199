"""/openapi.json, made from the types that requests are decoded with, and /docs, the same for people."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import msgspec
from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from feed import __version__
from feed.drafts import (
    CoverageDraft,
    CoveragePatch,
    DeletionDraft,
    Ending,
    EntryDraft,
    EntryPatch,
    RetractionDraft,
    TokenDraft,
)
from feed.errors import FeedError
from feed.model import Coverage, Entry
from feed.pages.answering import HEADERS
from feed.wire import encode

from . import messages
from .parameters import parameter


class Operation(NamedTuple):
    """One row of the API. `answer` names a schema; `queries` parameters as name: meaning; `keyed`: Idempotency-Key."""

    method: str
    path: str
    name: str
    summary: str
    status: int
    answer: str | None
    body: type[Any] | None = None
    queries: dict[str, str] = {}  # noqa: RUF012 - a NamedTuple's default, never changed
    token: bool = False
    matched: bool = False
    media: str = "application/json"
    also: dict[int, str] = {}  # noqa: RUF012 - other statuses that are no errors, and what they mean


_ID = "/v1/coverages/{coverage}"
_ENTRIES = f"{_ID}/entries"
_ENTRY = f"{_ENTRIES}/{{entry}}"
_LIMIT = "1 to 500, 50 by default"
_UNCHANGED = {304: "It is as If-None-Match knows it"}

OPERATIONS = (
    Operation("get", "/v1/coverages", "listCoverages", "Public coverages, newest first", 200, "CoverageList",
              queries={"status": "scheduled, live, ended; several with commas", "limit": _LIMIT,
                       "before": "next of the page before"}),
    Operation("post", "/v1/coverages", "createCoverage", "Create a coverage", 201, "CoverageState", CoverageDraft,
              token=True),
    Operation("get", _ID, "readCoverage", "One coverage", 200, "CoverageState", also=_UNCHANGED),
    Operation("patch", _ID, "changeCoverage", "Change its head: title, summary, key points, pin and more", 200,
              "CoverageState", CoveragePatch, token=True, matched=True),
    Operation("post", f"{_ID}/end", "endCoverage", "End it, with a last entry and a successor, in one step", 200,
              "CoverageState", Ending, token=True, matched=True),
    Operation("post", f"{_ID}/reopen", "reopenCoverage", "Make it live again", 200, "CoverageState", token=True,
              matched=True),
    Operation("get", _ENTRIES, "listEntries", "A page of the timeline, or with after= the changes since a cursor",
              200, "EntryPage",
              queries={"limit": _LIMIT, "before": "next of the page before",
                       "after": "a cursor; answers with Changes, or 410 where a websocket would reset",
                       "wait": "with after: seconds to wait for a change, 0 to 30"}, also=_UNCHANGED),
    Operation("post", _ENTRIES, "publishEntry", "Publish one entry, or many as application/x-ndjson: all or none",
              201, "EntryReceipt", EntryDraft, token=True),
    Operation("get", _ENTRY, "readEntry", "One entry", 200, "Entry", also=_UNCHANGED),
    Operation("patch", _ENTRY, "reviseEntry", "Revise it; text takes the place of text, pictures stay", 200,
              "EntryReceipt", EntryPatch, token=True, matched=True),
    Operation("delete", _ENTRY, "deleteEntry", "Take it down, from the history and from replays too", 200,
              "DeletionReceipt", DeletionDraft, token=True, matched=True),
    Operation("get", f"{_ENTRY}/revisions", "listRevisions", "Its public history, oldest first", 200, "Revisions"),
    Operation("post", f"{_ENTRY}/retract", "retractEntry", "Retract it: it stays, struck, with the reason", 200,
              "EntryReceipt", RetractionDraft, token=True, matched=True),
    Operation("get", f"{_ID}/events", "followEvents", "The live feed as server-sent events", 200, None,
              queries={"after": "resume after this cursor", "limit": "entries of the snapshot, 1 to 500"},
              media="text/event-stream", also={204: "It has ended, and the cursor is at its end: stay away"}),
    Operation("get", f"{_ID}/live", "followLive", "The live feed as a websocket, subprotocol feed.v1", 101, None,
              queries={"after": "resume after this cursor", "limit": "entries of the snapshot, 1 to 500"}),
    Operation("get", "/v1/tokens", "listTokens", "Tokens, without their secrets", 200, "TokenList", token=True),
    Operation("post", "/v1/tokens", "createToken", "Make a token; it is shown this once", 201, "NewToken", TokenDraft,
              token=True),
    Operation("delete", "/v1/tokens/{token}", "revokeToken", "Revoke a token", 204, None, token=True),
    Operation("get", "/healthz", "health", "The process is alive", 200, "Health"),
    Operation("get", "/readyz", "readiness", "What is published here reaches readers here; 503 if not", 200, "Health"),
    Operation("get", "/metrics", "metrics", "Figures for Prometheus", 200, None, media="text/plain"),
)  # fmt: skip

_TEXT = {"type": "string"}
_CURSOR = {"type": "string", "description": "A place in the log. Opaque: send it back, make nothing of it."}
_NEXT = {"type": ["string", "null"], "description": "Where the next page begins; null on the last."}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


_GRANT = {"id": _TEXT, "scopes": {"type": "array", "items": _TEXT}, "created_at": _TEXT}
_ANSWERS: dict[str, dict[str, Any]] = {
    "CoverageState": {"allOf": [_ref("Coverage"), _object(cursor=_CURSOR)]},
    "CoverageList": _object(coverages=_list("Coverage"), next=_NEXT),
    "EntryPage": _object(entries=_list("Entry"), cursor=_CURSOR, next=_NEXT),
    "Changes": _object(
        events={"type": "array", "items": {"type": "object", "description": "As on the websocket."}},
        cursor=_CURSOR,
        up_to_date={"type": "boolean"},
        ended={"type": "boolean"},
    ),
    "Durability": _object(
        fsync={"enum": ["always", "everysec", "no", "unknown"]},
        replicas={"type": "integer", "description": "How many replicas are known to have it."},
    ),
    "DeletedEntry": _object(id=_TEXT, status={"const": "deleted"})
    | {"description": "What is left of an entry that was taken down; `reason` if one was given."},
    "WrittenEntry": {
        "oneOf": [_ref("Entry"), _ref("DeletedEntry")],
        "description": "Deleted only in the answer to a repeated request, when it was taken down since.",
    },
    "EntryReceipt": _object(entry=_ref("WrittenEntry"), cursor=_CURSOR, durability=_ref("Durability")),
    "BatchReceipt": _object(
        receipts={"type": "array", "items": _object(entry=_ref("WrittenEntry"), cursor=_CURSOR)},
        durability=_ref("Durability"),
    ),
    "DeletionReceipt": _object(entry=_ref("DeletedEntry"), cursor=_CURSOR, durability=_ref("Durability")),
    "Revisions": _object(revisions=_list("Entry")),
    "TokenList": _object(tokens={"type": "array", "items": _object(**_GRANT)}),
    "NewToken": _object(**_GRANT, token=_TEXT),
    "Health": _object(status=_TEXT),
    "Problem": _object(type=_TEXT, title=_TEXT, status={"type": "integer"}, code=_TEXT, detail=_TEXT)
    | {"description": "RFC 9457. `code` is for programs, `detail` for people; `field` names what is wrong."},
}


def problems() -> list[type[FeedError]]:
    """Every error that reaches a caller, by status and code."""

    def tree(root: type[FeedError]) -> list[type[FeedError]]:
        return [root, *(found for child in root.__subclasses__() for found in tree(child))]

    local = {"settings", "store_start", "import_format"}
    # Commands have errors of their own, which no caller sees.
    ours = (error for error in tree(FeedError) if error.__module__ == FeedError.__module__)
    by_code = {(error.status, error.code): error for error in ours if error.code not in local}
    return sorted(by_code.values(), key=lambda error: (error.status, error.code))


@cache
def openapi() -> dict[str, Any]:
    types = [Coverage, Entry, *dict.fromkeys(operation.body for operation in OPERATIONS if operation.body)]
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Feed",
            "version": __version__,
            "summary": "A real-time streaming feed server for live coverage",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas | _ANSWERS,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "One that was made here, or a JSON Web Token of an issuer known to the server, with "
                    "`exp` and scopes such as `publish:budget-*` in `scope`.",
                }
            },
            "responses": {
                "Problem": {
                    "description": "What went wrong",
                    "content": {"application/problem+json": {"schema": _ref("Problem")}},
                }
            },
        },
    }


def _refusals(operation: Operation) -> set[int]:
    """The statuses of the problems that it answers with. 500 is none: it should not be."""
    writes = operation.token and operation.method != "get"
    statuses: set[int] = set()
    if operation.path.startswith("/v1/"):
        statuses |= {400, 401, 503}
    if operation.token:
        statuses |= {403}
    if writes:
        statuses |= {409, 422, 429}
    if operation.queries:
        statuses |= {422}
    if operation.matched:
        statuses |= {412}
    if writes and operation.path != "/v1/tokens/{token}":
        statuses |= {413, 415}
    if "{" in operation.path:
        statuses |= {404}
    if "{entry}" in operation.path or operation.name == "listEntries":
        statuses |= {410}
    if operation.name in ("listEntries", "followEvents"):
        statuses |= {429}
    if operation.name == "followLive":  # all else is said on the websocket
        statuses = {400, 403, 426}
    return statuses


def _described(operation: Operation) -> dict[str, Any]:
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    parameters = [parameter(name, "path", f"The {name}'s id") for name in names]
    parameters += [parameter(name, "query", text) for name, text in operation.queries.items()]
    keyed = operation.token and operation.method != "get"
    if keyed:
        parameters.append(parameter("Idempotency-Key", "header", "Same key and body: same answer, one effect"))
    if operation.matched:
        parameters.append(parameter("If-Match", "header", "The revision that is meant; 412 if there is a newer one"))
    if 304 in operation.also:
        parameters.append(parameter("If-None-Match", "header", "The ETag of what is there already"))
    if operation.name == "followEvents":
        parameters.append(parameter("Last-Event-ID", "header", "As after, and counts more"))
    answer: dict[str, Any] = {"description": operation.summary}
    if operation.answer:
        schema: dict[str, Any] = _ref(operation.answer)
        if operation.name == "listEntries":
            schema = {"oneOf": [schema, _ref("Changes")]}
        if operation.name == "publishEntry":
            schema = {"oneOf": [schema, _ref("BatchReceipt")]}
        answer["content"] = {operation.media: {"schema": schema}}
    elif operation.media != "application/json":
        answer["content"] = {operation.media: {"schema": _TEXT}}
    responses = {str(operation.status): answer}
    if keyed and operation.status == 201:
        responses["200"] = answer | {"description": "The same, to a repeated request (Idempotent-Replay: true)"}
    if operation.name == "readiness":
        responses["503"] = answer | {"description": "Not now"}
    responses |= {str(status): {"description": text} for status, text in operation.also.items()}
    problem = {"$ref": "#/components/responses/Problem"}
    responses = {str(status): problem for status in sorted(_refusals(operation))} | responses
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": parameters,
        "responses": responses,
    }
    if operation.body:
        content: dict[str, Any] = {"application/json": {"schema": _ref(operation.body.__name__)}}
        if operation.name == "publishEntry":
            content["application/x-ndjson"] = {"schema": _TEXT}
        optional = operation.name in ("endCoverage", "deleteEntry")
        described["requestBody"] = {"required": not optional, "content": content}
    if operation.token:
        described["security"] = [{"token": []}]
    return described


async def document(request: Request) -> Response:
    return Response(encode(openapi()), headers={"Cache-Control": "public, max-age=300"}, media_type="application/json")


async def docs(request: Request) -> Response:
    return HTMLResponse(_page(), headers=HEADERS | {"Cache-Control": "public, max-age=300"})


@cache
def _page() -> str:
    environment = Environment(loader=PackageLoader("feed.api"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    schemas = openapi()["components"]["schemas"]
    by_code: dict[str, list[type[FeedError]]] = {}
    for problem in problems():
        by_code.setdefault(problem.code, []).append(problem)
    return environment.get_template("docs.html").render(
        version=__version__, operations=OPERATIONS, schemas=schemas, problems=by_code.values()
    )


routes = [
    Route("/openapi.json", document, methods=["GET"]),
    Route("/asyncapi.json", messages.document, methods=["GET"]),
    Route("/docs", docs, methods=["GET"]),
]
