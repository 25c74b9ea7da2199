"""/asyncapi.json: the messages of the live interfaces, in AsyncAPI 3, made from the types that they are made from."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from feed import __version__
from feed.model import Coverage, Entry
from feed.session import HEARTBEAT_S, LONGEST_MESSAGE
from feed.wire import encode

Schema = dict[str, Any]

# What a message has room for, written with the spaces that most programs write.
LONGEST_TOKEN = LONGEST_MESSAGE - len('{"type": "auth", "token": ""}')

_TEXT: Schema = {"type": "string"}
_MOMENT: Schema = {
    "type": "string",
    "format": "date-time",
    "description": "UTC with milliseconds: text order is time order.",
}
_CURSOR: Schema = {
    "type": "string",
    "description": "A place in the log. Opaque: send it back, compare it with nothing.",
}
_PREV: Schema = {
    "type": "string",
    "description": "The cursor of the event before; who stands elsewhere missed something.",
}
_MS: Schema = {"type": "integer", "minimum": 0, "description": "Milliseconds."}

CLOSE_CODES = {
    "1000": "The coverage has ended: stop.",
    "1001, 1005, 1006, 1011, 1012, 1013": "The network, or a restart: back off, reconnect.",
    "1002, 1007, 1008, 1009": "What the client sent cannot be read, or is too much: stop.",
    "4000-4099": "Stop and tell the user. 4001 bad request, 4003 forbidden, 4004 unknown coverage, 4009 version.",
    "4100-4199": "Renew the token, reconnect. 4101 expired.",
    "4200-4299": "Wait as long as the close reason says ({\"r\": ms}) and more, reconnect. 4201 the node leaves, "
    "4202 no room, 4203 too slow, 4204 the store is away, 4205 no answer to pings.",
}  # fmt: skip


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _message(type_: str, optional: tuple[str, ...] = (), **fields: Schema) -> Schema:
    """What comes within version 1 may have more fields than are known now."""
    properties = {"type": {"const": type_}} | fields
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }


def _event(type_: str, optional: tuple[str, ...] = (), **carried: Schema) -> Schema:
    return _message(type_, optional, cursor=_CURSOR, prev=_PREV, at=_MOMENT, **carried)


_TOMBSTONE: Schema = {"type": "object", "properties": {"id": _TEXT, "reason": _TEXT}, "required": ["id"]}
FROM_SERVER: dict[str, tuple[str, Schema]] = {
    "hello": (
        "Comes first, and again when the store failed over. Says what follows.",
        _message(
            "hello",
            ("reason",),
            v={"const": 1},
            coverage=_TEXT,
            mode={"enum": ["snapshot", "resumed", "reset"]},
            reason={"enum": ["fork", "trimmed", "behind"], "description": "With reset: why."},
            cursor=_CURSOR,
            heartbeat={"type": "number", "description": "Seconds of silence after which a client should ask."},
        ),
    ),
    "snapshot": (
        "The page as it is: takes the place of everything that the client shows.",
        _message(
            "snapshot",
            coverage=_ref("Coverage"),
            entries={"type": "array", "items": _ref("Entry"), "description": "Newest first."},
            cursor=_CURSOR,
            next={"type": ["string", "null"], "description": "Where older entries begin; null when there are none."},
        ),
    ),
    "entry.published": ("An entry.", _event("entry.published", entry=_ref("Entry"))),
    "entry.revised": ("An entry as it is now.", _event("entry.revised", entry=_ref("Entry"))),
    "entry.retracted": ("An entry that stays, struck.", _event("entry.retracted", entry=_ref("Entry"))),
    "entry.deleted": (
        "An entry is gone.",
        _event("entry.deleted", ("reason",), id=_TEXT, reason=_TEXT, entry=_TOMBSTONE),
    ),
    "coverage.changed": ("The head as it is now.", _event("coverage.changed", coverage=_ref("Coverage"))),
    "coverage.ended": ("The coverage has ended.", _event("coverage.ended", coverage=_ref("Coverage"))),
    "coverage.reopened": ("It goes on after all.", _event("coverage.reopened", coverage=_ref("Coverage"))),
    "live": ("The client has everything there was.", _message("live")),
    "audience": ("Readers at the moment.", _message("audience", count={"type": "integer", "minimum": 0})),
    "auth": ("The token runs out: send a new one.", _message("auth", within_ms=_MS)),
    "move": ("This node leaves: connect anew after this time.", _message("move", after_ms=_MS)),
    "pong": ("The answer to a ping.", _message("pong")),
    "error": (
        "Before a close: why. store_unavailable also without one: for the time being the server gets nothing new.",
        _message(
            "error",
            ("retry_after_ms",),
            code=_TEXT,
            detail=_TEXT,
            retryable={"type": "boolean"},
            retry_after_ms=_MS,
        ),
    ),
}
FROM_CLIENT: dict[str, tuple[str, Schema]] = {
    "ping": ("Is anybody there?", _message("ping") | {"additionalProperties": True}),
    "auth": (
        "Where there is a token: the first message, before hello, and again when the server asks for it.",
        _message("auth", token={"type": "string", "minLength": 1, "maxLength": LONGEST_TOKEN}),
    ),
}


def name_of(type_: str, *, asked: bool = False) -> str:
    """The name that a message goes by in the document: `auth` is said by both sides."""
    name = "".join(part.capitalize() for part in type_.split("."))
    return f"{name}FromClient" if asked else name


@cache
def asyncapi() -> dict[str, Any]:
    _, models = msgspec.json.schema_components([Coverage, Entry], ref_template="#/components/schemas/{name}")
    messages: dict[str, Any] = {}
    schemas = {name: _plain(schema) for name, schema in models.items()}
    for asked, said in ((False, FROM_SERVER), (True, FROM_CLIENT)):
        for type_, (summary, schema) in said.items():
            name = name_of(type_, asked=asked)
            schemas[f"{name}Message"] = schema
            messages[name] = {"name": type_, "summary": summary, "payload": _ref(f"{name}Message")}
    from_server = [name_of(type_) for type_ in FROM_SERVER]
    from_client = [name_of(type_, asked=True) for type_ in FROM_CLIENT]
    in_streams = [name for name in from_server if name not in ("Auth", "Pong")]
    query = {
        "type": "object",
        "properties": {
            "after": _CURSOR | {"description": "Resume after this cursor; without it a snapshot comes."},
            "limit": {"type": "integer", "minimum": 1, "maximum": 500, "default": 50},
        },
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Feed",
            "version": __version__,
            "description": "A live coverage, as it is followed. PROTOCOL.md says what a client does with each message.",
            "license": {"name": "MIT", "url": "https://opensource.org/license/mit"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "websocket": _server("wss", "For the channel live."),
            "http": _server("https", "For the channel events."),
        },
        "channels": {
            "live": _channel(
                "live",
                "websocket",
                [*from_server, *from_client],
                f"A websocket of the subprotocol feed.v1. A ping frame comes every {HEARTBEAT_S} seconds.",
                {"ws": {"method": "GET", "query": query, "headers": _HANDSHAKE, "bindingVersion": "0.1.0"}},
            )
            | {"x-close-codes": CLOSE_CODES},
            "events": _channel(
                "events",
                "http",
                in_streams,
                "The same as server-sent events: event is the type, id the cursor of what has a place in the log. "
                "204 says that the client already has the end.",
                {},
            ),
        },
        "operations": {
            "sendLive": _operation("send", "live", from_server, "What a reader is sent"),
            "receiveLive": _operation("receive", "live", ["AuthFromClient"], "A token: comes first, before hello"),
            "receivePing": _operation("receive", "live", ["PingFromClient"], "A question, once hello was said")
            | {"reply": {"channel": _channel_ref("live"), "messages": [_in_channel("live", "Pong")]}},
            "sendEvents": _operation("send", "events", in_streams, "What a reader is sent")
            | {"bindings": {"http": {"method": "GET", "query": query, "bindingVersion": "0.3.0"}}},
        },
        "components": {
            "schemas": schemas,
            "messages": messages,
            "securitySchemes": {
                "message": {
                    "type": "userPassword",
                    "description": "Private coverages: a token in the message auth, never in the address.",
                },
                "header": {"type": "http", "scheme": "bearer", "description": "Private coverages."},
            },
        },
    }


_HANDSHAKE: Schema = {
    "type": "object",
    "properties": {"Sec-WebSocket-Protocol": {"type": "string", "const": "feed.v1"}},
}


def _server(protocol: str, description: str) -> dict[str, Any]:
    security = "message" if protocol == "wss" else "header"
    return {
        "host": "live.example.org",
        "protocol": protocol,
        "description": description,
        "security": [{"$ref": f"#/components/securitySchemes/{security}"}],
    }


def _channel(name: str, server: str, messages: list[str], description: str, bindings: Schema) -> dict[str, Any]:
    return {
        "address": f"/v1/coverages/{{coverage}}/{name}",
        "description": description,
        "servers": [{"$ref": f"#/servers/{server}"}],
        "parameters": {"coverage": {"description": "The coverage's id."}},
        "messages": {message: {"$ref": f"#/components/messages/{message}"} for message in messages},
    } | ({"bindings": bindings} if bindings else {})


def _channel_ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/channels/{name}"}


def _in_channel(channel: str, message: str) -> dict[str, str]:
    return {"$ref": f"#/channels/{channel}/messages/{message}"}


def _operation(action: str, channel: str, messages: list[str], summary: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": _channel_ref(channel),
        "summary": summary,
        "messages": [_in_channel(channel, message) for message in messages],
    }


def _plain(schema: Any) -> Any:
    """Without OpenAPI's form of a discriminator, which AsyncAPI has in another: each block names its type anyway."""
    if isinstance(schema, dict):
        return {name: _plain(part) for name, part in schema.items() if name != "discriminator"}
    return [_plain(part) for part in schema] if isinstance(schema, list) else schema


async def document(request: Request) -> Response:
    return Response(encode(asyncapi()), headers={"Cache-Control": "public, max-age=300"}, media_type="application/json")
