"""Bringing an imported coverage to a server: once, however often it is tried."""

from __future__ import annotations

import asyncio
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from feed_client import FeedProblem, Producer
from feed_client.requests import encode

if TYPE_CHECKING:
    from feed.exchange import Imported

BATCH = 100
# Half of what a server takes by default, as it stands on the wire.
BATCH_BYTES = 512 * 1024
LONGEST_GAP_S = 10.0

Draft = dict[str, Any]


@dataclass
class Outcome:
    """What became of the entries, by their ids; `refused` with the server's reason."""

    coverage: str
    created: bool = False
    published: list[str] = field(default_factory=list)
    existing: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    retracted: int = 0
    ended: bool = False


def coverage_id(imported: Imported) -> str:
    """Out of the title and the first entry, so that the same page always comes to the same place."""
    title = str(imported.coverage["title"])
    letters = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:60].rstrip("-")
    first = imported.entries[0]["id"] if imported.entries else ""
    mark = hashlib.sha256(f"{title}\n{first}".encode()).hexdigest()[:6]
    return f"{slug}-{mark}" if slug else f"import-{mark}"


class Delivery:
    """`speed` None publishes everything at once; otherwise the gaps between display times are kept, divided by it.

    `progress` is called with the number of entries that were dealt with.
    """

    def __init__(
        self, server: Producer, imported: Imported, coverage: str, speed: float | None, progress: Callable[[int], None]
    ) -> None:
        self._server = server
        self._imported = imported
        self._speed = speed
        self._progress = progress
        self._head: Draft = {}
        self.outcome = Outcome(coverage)

    async def run(self) -> Outcome:
        """Raises FeedProblem and Unreachable; may then be run again."""
        there = await self._open()
        missing = []
        for draft in self._imported.entries:
            if draft["id"] in there:
                self.outcome.existing.append(draft["id"])
                self._progress(1)
            else:
                missing.append(draft)
        if self._speed is None:
            for batch in batches(missing):
                await self._publish(batch)
        else:
            await self._replay(missing, self._speed)
        await self._retract(there)
        await self._finish()
        return self.outcome

    async def _open(self) -> dict[str, Draft]:
        """The entries that are there already, by id."""
        id_ = self.outcome.coverage
        try:
            self._head = await self._server.get(id_)
        except FeedProblem as problem:
            if problem.status != 404:
                raise
            draft = {**self._imported.coverage, "id": id_}
            title = draft.pop("title")
            self._head = await self._server.create(title, key=self._key("create", draft), **draft)
            self.outcome.created = True
            return {}
        return {entry["id"]: entry async for entry in self._server.entries(id_, limit=500)}

    async def _replay(self, drafts: list[Draft], speed: float) -> None:
        before: datetime | None = None
        for draft in drafts:
            at = datetime.fromisoformat(draft["display_at"])
            if before is not None and at > before:
                await asyncio.sleep(min(LONGEST_GAP_S, (at - before).total_seconds() / speed))
            before = at
            await self._publish([draft])

    async def _publish(self, drafts: list[Draft]) -> None:
        """All of them; where the server refuses the batch, in halves, down to the entry that is at fault."""
        id_ = self.outcome.coverage
        try:
            await self._server.publish_many(id_, drafts, key=self._key("publish", drafts))
        except FeedProblem as problem:
            if problem.code not in ("entry_exists", "entry_deleted") and problem.status not in (413, 422):
                raise
            if len(drafts) > 1:
                half = len(drafts) // 2
                await self._publish(drafts[:half])
                await self._publish(drafts[half:])
                return
            if problem.code in ("entry_exists", "entry_deleted"):
                self.outcome.existing.append(drafts[0]["id"])
            else:
                self.outcome.refused[drafts[0]["id"]] = str(problem)
        else:
            self.outcome.published += [draft["id"] for draft in drafts]
        self._progress(len(drafts))

    async def _retract(self, there: dict[str, Draft]) -> None:
        for entry, retraction in self._imported.retractions.items():
            if entry in self.outcome.refused or there.get(entry, {}).get("status") == "retracted":
                continue
            key = self._key("retract", [entry, retraction])
            await self._server.retract(self.outcome.coverage, entry, key=key, **retraction)
            self.outcome.retracted += 1

    async def _finish(self) -> None:
        id_, pin, ending = self.outcome.coverage, self._imported.pin, self._imported.ending
        if pin is not None and pin not in self.outcome.refused and self._head.get("pin") != pin:
            await self._server.pin(id_, pin, key=self._key("pin", pin))
        if ending is not None and self._head["status"] != "ended":
            await self._server.end(id_, key=self._key("end", ending), **ending)
            self.outcome.ended = True

    def _key(self, what: str, content: object) -> str:
        digest = hashlib.sha256(self.outcome.coverage.encode() + b"\n" + encode(content)).hexdigest()
        return f"import-{what}-{digest[:32]}"


def batches(drafts: list[Draft]) -> Iterator[list[Draft]]:
    batch: list[Draft] = []
    size = 0
    for draft in drafts:
        length = len(encode(draft))
        if batch and (len(batch) == BATCH or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(draft)
        size += length
    if batch:
        yield batch
