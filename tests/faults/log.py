"""The log as it is in the store, read past the server: what everybody is held against."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, cast

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
    async def read(cls, store: Any, coverage: str) -> Log:
        """`store`: an asynchronous client of whatever kind that answers in bytes."""
        rows = await store.execute_command("XRANGE", coverage_keys(coverage).log, "-", "+")
        return cls([_event(row) for row in rows])


def _event(row: Any) -> Event:
    cursor, pairs = row
    fields = pairs if isinstance(pairs, dict) else dict(zip(pairs[::2], pairs[1::2], strict=True))
    entry = fields[b"entry"].decode() or None
    return Event(
        cursor.decode(), fields[b"prev"].decode(), fields[b"type"].decode(), entry, json.loads(fields[b"data"])
    )
