"""One coverage on a real store, and everything that can be done to it."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import Any

import redis

from feed.desk import Desk
from feed.drafts import CoverageDraft, CoveragePatch, Ending, EntryDraft, EntryPatch, RetractionDraft
from feed.errors import Conflict, EntryDeleted, InvalidInput, NotFound
from feed.model import moment_from_ms
from feed.store.keys import coverage_keys
from feed.store.redis import RedisStore
from tests.newsroom import fresh

IMPOSSIBLE = (Conflict, NotFound, EntryDeleted, InvalidInput)
"""Not every change is possible as things are."""

Step = tuple[str, int, int]
"""What is done, and two numbers for what there is to choose in it."""

CHANGES = ["publish", "publish", "revise", "move", "retract", "delete", "pin", "title", "end", "reopen", "trim"]
FAILURES = ["replicate", "fail over"]


class World:
    """`keeper` reads answers as text."""

    def __init__(self, store: RedisStore, keeper: redis.Redis) -> None:
        self.store = store
        self.coverage = fresh("property")
        self.ids: list[str] = []
        self._keeper = keeper
        self._desk = Desk(store)
        self._replica: dict[str, bytes] = {}

    async def begin(self) -> None:
        await self._desk.create(CoverageDraft(id=self.coverage, title="T"))
        self._replicate()

    async def do(self, step: Step) -> bool:
        """False for what is no change. Raises one of IMPOSSIBLE."""
        what, number, at = step
        shown = moment_from_ms(1_700_000_000_000 + at * 60_000)
        match what:
            case "publish":
                drafts = [_draft(text=f"{number}", display_at=shown) for _ in range(1 + number % 3)]
                await self._desk.publish(self.coverage, drafts)
                self.ids += [str(draft.id) for draft in drafts]
            case "revise":
                await self._desk.revise(self.coverage, self._one_of(number), EntryPatch(text=f"revised {at}"))
            case "move":
                patch = EntryPatch(display_at=_draft(display_at=shown).display_at)
                await self._desk.revise(self.coverage, self._one_of(number), patch)
            case "retract":
                await self._desk.retract(self.coverage, self._one_of(number), RetractionDraft(reason=f"reason {at}"))
            case "delete":
                await self._desk.delete(self.coverage, self._one_of(number), "law" if at % 2 else None)
            case "pin":
                await self._desk.change(self.coverage, CoveragePatch(pin=self._one_of(number) if at % 4 else None))
            case "title":
                await self._desk.change(self.coverage, CoveragePatch(title=f"Title {number}"))
            case "end":
                last = _draft(text="last") if number % 2 else None
                await self._desk.end(self.coverage, Ending(entry=last))
                self.ids += [str(last.id)] if last else []
            case "reopen":
                await self._desk.reopen(self.coverage)
            case "trim":
                self._keeper.xtrim(coverage_keys(self.coverage).log, maxlen=1 + number % 5, approximate=False)
            case "replicate":
                self._replicate()
            case "fail over":
                await self._fail_over()
            case _:
                return False
        return True

    def _one_of(self, number: int) -> str:
        return self.ids[number % len(self.ids)] if self.ids else "nothing"

    # ------------------------------------------------------------ a replica that lags behind

    def _replicate(self) -> None:
        """The replica has everything up to here."""
        with self._bytes() as client:
            self._replica = {key: client.dump(key) for key in self._keys()}

    async def _fail_over(self) -> None:
        """The replica takes over: all that came since is lost, together."""
        with self._bytes() as client:
            for key in self._keys() - self._replica.keys():
                client.delete(key)
            for key, data in self._replica.items():
                client.restore(key, 0, data, replace=True)
        # No failover is so quick that one millisecond names two events.
        await asyncio.sleep(0.002)

    def _keys(self) -> set[str]:
        return set(self._keeper.scan_iter(match=f"{coverage_keys(self.coverage).head}*", count=10_000))

    def _bytes(self) -> redis.Redis:
        path = self._keeper.connection_pool.connection_kwargs["path"]
        return redis.Redis(unix_socket_path=path)

    # ------------------------------------------------------------ what the store has

    async def page(self, before: str | None = None) -> tuple[list[Any], str | None]:
        """Three entries, and where the next three begin."""
        page = await self.store.page(self.coverage, before=before, limit=3)
        return list(map(json.loads, page.entries)), page.following

    async def entries(self) -> list[Any]:
        found, following = await self.page()
        while following is not None:
            more, following = await self.page(following)
            found += more
        return found

    async def head(self) -> Any:
        return json.loads((await self.store.head(self.coverage)).coverage)


def _draft(**fields: Any) -> EntryDraft:
    if "display_at" in fields:
        fields["display_at"] = datetime.fromisoformat(fields["display_at"])
    return EntryDraft(id=fresh("e"), **fields)
