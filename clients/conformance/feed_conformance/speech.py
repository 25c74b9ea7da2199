"""What a server says, and how an adapter is told of it."""

from __future__ import annotations

import base64
import json
from typing import Any

from .log import Json, Log, cursor, with_cursors


def said_by_server(log: Log, item: Any, after: str | None, limit: int) -> list[Json]:
    """The messages that one item of `server sends` stands for; `after`: what the connection was asked for with."""
    if isinstance(item, dict):
        if "like" in item:
            changed = {key: value for key, value in item.items() if key not in ("like", "entry")}
            message = log.event(item["like"]) | changed
            if "entry" in item:
                message |= {"entry": message["entry"] | item["entry"]}
            return [message]
        return [item]
    words = item.split()
    match words[0]:
        case "opening":
            return log.opening(after, limit)
        case "hello":
            mode = words[1]
            at = after if mode == "resumed" and after is not None else log.snapshot()["cursor"]
            return [log.hello(mode, at, words[2] if len(words) > 2 else None)]
        case "snapshot":
            return [log.snapshot(limit)]
        case "live" | "pong":
            return [{"type": item}]
    first, _, last = item.partition("..")
    return [log.event(f"c{number}") for number in range(int(first[1:]), int((last or first)[1:]) + 1)]


def framed(message: Json, on: int, transport: str) -> Json:
    """As the runner tells an adapter of it, on this connection."""
    if "binary" in message:
        return {"connection": on, "binary": base64.b64encode(message["binary"].encode()).decode()}
    if "text" in message:
        return {"connection": on, "text": message["text"]}
    text = json.dumps(with_cursors(message), ensure_ascii=False, separators=(",", ":"))
    if transport == "websocket":
        return {"connection": on, "text": text}
    placed = "cursor" in message and message["type"] != "hello"
    id_ = cursor(message["cursor"]) if placed else None
    return {"connection": on, "event": message["type"], "id": id_, "data": text}
