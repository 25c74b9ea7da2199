"""A coverage with its desk, its log and a channel on it: what tests of the hub and what is around it begin with."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import redis

from feed.channel import Channel, Opening
from feed.desk import Desk
from feed.drafts import CoverageDraft, CoveragePatch, Ending, EntryDraft, EntryPatch
from feed.message import Message
from feed.model import Cursor
from feed.store.keys import coverage_keys
from feed.store.redis import RedisStore


class Log:
    """Writes into one coverage's log, and spoils it."""

    def __init__(self, store: RedisStore, keeper: redis.Redis, coverage: str = "c") -> None:
        self.store = store
        self.desk = Desk(store)
        self.coverage = coverage
        self._keeper = keeper
        self._key = coverage_keys(coverage).log

    async def begin(self, **fields: Any) -> Cursor:
        draft = msgspec.convert({"id": self.coverage, "title": "T", **fields}, CoverageDraft)
        return (await self.desk.create(draft)).cursor

    async def publish(self, *ids: str, text: str = "x") -> Cursor:
        """The cursor of the last of them."""
        drafts = [EntryDraft(id=id_, text=text) for id_ in ids]
        return (await self.desk.publish(self.coverage, drafts))[-1].cursor

    async def revise(self, id_: str, text: str) -> Cursor:
        return (await self.desk.revise(self.coverage, id_, EntryPatch(text=text))).cursor

    async def delete(self, id_: str) -> Cursor:
        await self.desk.delete(self.coverage, id_)
        return await self.tip()

    async def change(self, **fields: Any) -> Cursor:
        return (await self.desk.change(self.coverage, msgspec.convert(fields, CoveragePatch))).cursor

    async def end(self) -> Cursor:
        return (await self.desk.end(self.coverage, Ending())).cursor

    async def reopen(self) -> Cursor:
        return (await self.desk.reopen(self.coverage)).cursor

    async def tip(self) -> Cursor:
        return (await self.store.head(self.coverage)).cursor

    def trim(self, keep: int) -> None:
        self._keeper.xtrim(self._key, maxlen=keep, approximate=False)

    def lose(self, *cursors: Cursor) -> None:
        """Takes events out, as a failover does with what was not replicated yet."""
        self._keeper.xdel(self._key, *map(str, cursors))
        rows: Any = self._keeper.xrevrange(self._key, count=1)
        self._keeper.hset(coverage_keys(self.coverage).head, "cursor", rows[0][0])

    def lose_all(self) -> None:
        self._keeper.flushall()

    async def channel(self) -> Channel:
        return Channel(self.coverage, self.store, await self.store.head(self.coverage))


class Reader:
    """A reader that is written to directly: it keeps what it was given, and where it was told to go on from."""

    def __init__(self, *, deflate: bool = False) -> None:
        self.deflate = deflate
        self.got: list[bytes] = []
        self.called: list[Cursor | None] = []
        self.write = self.got.append
        self.moves = 0
        self.departed = False
        self.failed = False

    def proceed(self) -> None:
        self.called.append(None)

    def proceed_from(self, position: Cursor) -> None:
        self.called.append(position)

    def move(self) -> None:
        self.moves += 1

    def depart(self) -> None:
        self.departed = True

    def fail(self) -> None:
        self.failed = True


def types(opening: Opening) -> list[str]:
    return [frame.type for frame in opening.frames]


def decoded(message: bytes | Message | None) -> Any:
    assert message is not None
    return json.loads(message)
