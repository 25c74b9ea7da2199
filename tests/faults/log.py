"""The log as it is in the store, read past the server: what everybody is held against."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, cast

import redis
from feed_client import Timeline
from feed_client.message import Message

from feed.store.keys import coverage_keys


class Event(NamedTuple):
    cursor: str
    prev: str
    type: str
    entry: str | None
    data: Any

    @property
    def mark(self) -> str | None:
        """The key of the write that made it, which publishers of these tests put into every text."""
        match self.type:
            case "entry.published":
                return cast(str | None, self.data.get("headline"))
            case "entry.revised":
                return cast(str, self.data["corrections"][-1]["note"])
            case "entry.retracted":
                return cast(str, self.data["retraction"]["reason"])
            case "entry.deleted":
                return cast(str | None, self.data.get("reason"))
            case "coverage.changed":
                return cast(str | None, self.data.get("summary"))
        return None


class Log:
    """`events` in their order. `timeline` is what they fold to."""

    def __init__(self, events: list[Event]) -> None:
        self.events = events
        self.index = {event.cursor: at for at, event in enumerate(events)}
        self.timeline = Timeline()
        for event in events:
            fields: dict[str, Any] = {"type": event.type, "cursor": event.cursor, "prev": event.prev}
            if event.type == "entry.deleted":
                fields |= {"id": event.entry, "reason": event.data.get("reason")}
            else:
                fields["entry" if event.entry else "coverage"] = event.data
            self.timeline.apply(cast(Message, fields))

    @classmethod
    def read(cls, store: redis.Redis, coverage: str) -> Log:
        rows: Any = store.xrange(coverage_keys(coverage).log)
        return cls(
            [
                Event(cursor, row["prev"], row["type"], row["entry"] or None, json.loads(row["data"]))
                for cursor, row in rows
            ]
        )
