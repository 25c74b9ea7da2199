"""The log as it is in the store, read past the server: what everybody is held against."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any, NamedTuple, cast

from feed_client import Timeline
from feed_client.message import Message
from redis.exceptions import RedisError

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
        events: list[Event] = []
        after = "-"
        while rows := await _portion(store, coverage, after):
            events += map(_event, rows)
            after = f"({events[-1].cursor}"
        return cls(events)


async def _portion(store: Any, coverage: str, after: str) -> Any:
    """Clients of the server are impatient, and a busy machine is not."""
    for _ in range(20):
        with suppress(RedisError):
            return await store.execute_command("XRANGE", coverage_keys(coverage).log, after, "+", "COUNT", 200)
        await asyncio.sleep(0.5)
    raise AssertionError("the store does not give its log")


def _event(row: Any) -> Event:
    cursor, pairs = row
    fields = pairs if isinstance(pairs, dict) else dict(zip(pairs[::2], pairs[1::2], strict=True))
    entry = fields[b"entry"].decode() or None
    return Event(
        cursor.decode(), fields[b"prev"].decode(), fields[b"type"].decode(), entry, json.loads(fields[b"data"])
    )
