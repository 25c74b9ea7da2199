"""The desk: turns what a producer sends into changes of a coverage, and the store's answer into receipts."""

from __future__ import annotations

import asyncio
import random
import re
import secrets
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from msgspec import UNSET
from msgspec.structs import replace

from .conversion import converted, portions, weight_of_entries, weight_of_head
from .drafts import CoverageDraft, CoveragePatch, Ending, EntryDraft, EntryPatch, RetractionDraft
from .editing import edited_coverage, edited_entry, edited_head, edited_successor, moment, new_entry, plain
from .errors import CoverageEnded, CursorLost, EntryDeleted, InvalidInput, KeyReused, RevisionConflict, UnknownEntry
from .model import Correction, Coverage, Cursor, Entry, Retraction, moment_from, moment_to_ms
from .store.port import Appended, Durability, Head, Once, Operation, Page, Publish, Remove, Replace, Scheduled, Store
from .wire import coverage_from_json, deletion, encode, entry_from_json

T = TypeVar("T")

# How often a change is tried again that somebody else's change came before.
_ATTEMPTS = 20
_PAUSE_S = 0.002


_UNKNOWN = Durability()


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, as JSON, the cursor of its event, and how it is kept.

    `replay`: an earlier request with the same key did it."""

    data: bytes
    cursor: Cursor
    durability: Durability = _UNKNOWN
    replay: bool = False


class Desk:
    """`now` gives the time in UTC. Every method raises what `Store.append` raises, and InvalidInput."""

    def __init__(self, store: Store, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._now = now
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    # ------------------------------------------------------------ coverage

    async def create(self, draft: CoverageDraft, once: Once | None = None) -> Written:
        now = self._now()
        created = moment(draft.created_at or now, "created_at")
        scheduled = isinstance(draft.starts_at, datetime) and draft.starts_at > now
        blank = Coverage(
            id=draft.id or _slug(draft.title),
            title=plain(draft.title, "title"),
            status="scheduled" if scheduled else "live",
            visibility="public",
            revision=1,
            created_at=created,
            updated_at=moment_from(now),
            language="en",
            started_at=moment(draft.started_at, "started_at") if draft.started_at else None if scheduled else created,
        )
        coverage = await converted(weight_of_head(draft), partial(edited_coverage, blank, draft))
        if once:
            # The id decides where the key is kept, so a repeated request must come to the same one.
            reserved = await self._store.reserve(once, coverage.id)
            if draft.id and draft.id != reserved:
                raise KeyReused
            coverage = replace(coverage, id=reserved)
        return await self._write_head(coverage, 0, "coverage.changed", once)

    async def change(
        self, coverage: str, patch: CoveragePatch, expected: int | None = None, once: Once | None = None
    ) -> Written:
        async def attempt() -> Written:
            current = await self._coverage(coverage, expected)
            if patch.pin:
                await self._pinnable(coverage, patch.pin)
            changed = await converted(weight_of_head(patch), partial(edited_coverage, current, patch))
            if patch.pin is not UNSET:
                changed = replace(changed, pin=patch.pin)
            return await self._write_head(self._next(changed), current.revision, "coverage.changed", once)

        return await self._settle(coverage, attempt, once)

    async def end(
        self, coverage: str, ending: Ending, expected: int | None = None, once: Once | None = None
    ) -> Written:
        """Ending what has ended has no effect and answers with the coverage as it is, if that is at `expected`."""

        async def attempt() -> Written:
            page = await self._store.head(coverage)
            current = coverage_from_json(page.coverage)
            _expect(expected, current.revision)
            if current.status == "ended":
                return await self._unchanged(coverage, page, once)
            now = self._now()
            operations: list[Operation] = []
            if ending.entry is not None:
                try:
                    weight = weight_of_entries([ending.entry])
                    last = await converted(weight, partial(new_entry, ending.entry, self._now()))
                except InvalidInput as error:
                    raise InvalidInput(error.detail, field=f"entry.{error.field}") from None
                if current.status == "scheduled":
                    current = self._begun(current)
                    operations.append(_head(current, current.revision - 1, "coverage.changed"))
                operations.append(_publish(last))
            ended = replace(
                self._next(await converted(weight_of_head(ending), partial(edited_head, current, ending))),
                status="ended",
                ended_at=moment(ending.ended_at or now, "ended_at"),
                successor=edited_successor(ending.successor) if ending.successor else None,
            )
            operations.append(_head(ended, current.revision, "coverage.ended"))
            done = await self._store.append(coverage, operations, once)
            return await self._written(coverage, done, encode(ended), -1)

        return await self._settle(coverage, attempt, once, index=-1)

    async def reopen(self, coverage: str, expected: int | None = None, once: Once | None = None) -> Written:
        """Reopening what has not ended has no effect, as with `end`."""

        async def attempt() -> Written:
            page = await self._store.head(coverage)
            current = coverage_from_json(page.coverage)
            _expect(expected, current.revision)
            if current.status != "ended":
                return await self._unchanged(coverage, page, once)
            live = replace(self._next(current), status="live", ended_at=None, successor=None)
            return await self._write_head(live, current.revision, "coverage.reopened", once)

        return await self._settle(coverage, attempt, once)

    # ------------------------------------------------------------ entries

    async def publish(self, coverage: str, drafts: Sequence[EntryDraft], once: Once | None = None) -> list[Written]:
        """All drafts or none. An InvalidInput of a batch's draft carries its place in `extra["index"]`, from 0."""
        operations: list[Publish] = []
        weights = [weight_of_entries([draft]) for draft in drafts]
        for part in portions(weights):
            convert = partial(self._publications, drafts[part.start : part.stop], part.start)
            operations += await converted(sum(weights), convert)
        try:
            done = await self._store.append(coverage, operations, once)
        except Scheduled:
            done = await self._publish_first(coverage, operations, once)
        # The first entry of a coverage comes after the event that made it live.
        places = range(-len(operations), 0)
        if done.replay:
            return await self._replayed(coverage, done, places)
        return [
            Written(operation.data, done.cursors[place], done.durability)
            for operation, place in zip(operations, places, strict=True)
        ]

    def _publications(self, drafts: Sequence[EntryDraft], first: int) -> list[Publish]:
        entries = []
        for index, draft in enumerate(drafts, first):
            try:
                entries.append(new_entry(draft, self._now()))
            except InvalidInput as error:
                error.extra["index"] = index
                raise
        return [_publish(entry) for entry in entries]

    async def _publish_first(self, coverage: str, operations: Sequence[Publish], once: Once | None) -> Appended:
        """The first entry makes a scheduled coverage live, in the same atomic step."""

        async def attempt() -> Appended:
            current = await self._coverage(coverage, None)
            if current.status != "scheduled":
                return await self._store.append(coverage, operations, once)
            begun = self._begun(current)
            head = _head(begun, current.revision, "coverage.changed")
            return await self._store.append(coverage, [head, *operations], once)

        return await self._repeat(coverage, attempt)

    async def revise(
        self, coverage: str, entry: str, patch: EntryPatch, expected: int | None = None, once: Once | None = None
    ) -> Written:
        async def attempt() -> Written:
            current = await self._current(coverage, entry, expected)
            now = self._now()
            revised = await converted(weight_of_entries([patch]), partial(edited_entry, current, patch))
            if patch.correction is not None:
                note = Correction(at=moment_from(now), note=plain(patch.correction, "correction"))
                revised = replace(revised, corrections=(*current.corrections, note))
            revised = replace(revised, revision=current.revision + 1, updated_at=moment_from(now))
            return await self._replace(coverage, revised, "entry.revised", once)

        return await self._settle(coverage, attempt, once)

    async def retract(
        self, coverage: str, entry: str, draft: RetractionDraft, expected: int | None = None, once: Once | None = None
    ) -> Written:
        async def attempt() -> Written:
            current = await self._current(coverage, entry, expected)
            at = moment(draft.at or self._now(), "at")
            retracted = replace(
                current,
                status="retracted",
                retraction=Retraction(at=at, reason=plain(draft.reason, "reason")),
                revision=current.revision + 1,
                updated_at=max(at, current.updated_at),
            )
            return await self._replace(coverage, retracted, "entry.retracted", once)

        return await self._settle(coverage, attempt, once)

    async def delete(
        self,
        coverage: str,
        entry: str,
        reason: str | None = None,
        expected: int | None = None,
        once: Once | None = None,
    ) -> Written:
        """Takes the entry down: its text leaves the timeline, its history and every replay. A pin on it goes too.

        What is written is ``{"id", "status": "deleted", "reason"?}``."""

        async def attempt() -> Written:
            current = await self._current(coverage, entry, expected)
            tombstone = encode({"id": entry, "reason": plain(reason, "reason")} if reason else {"id": entry})
            operations: list[Operation] = [Remove(entry, tombstone, current.revision)]
            head = await self._coverage(coverage, None)
            if head.pin == entry:
                unpinned = self._next(replace(head, pin=None))
                operations.append(_head(unpinned, head.revision, "coverage.changed"))
            done = await self._store.append(coverage, operations, once)
            return await self._written(coverage, done, deletion(tombstone), 0)

        return await self._settle(coverage, attempt, once)

    # ------------------------------------------------------------ how a change is made

    async def _settle(
        self,
        coverage: str,
        attempt: Callable[[], Awaitable[Written]],
        once: Once | None,
        *,
        index: int = 0,
    ) -> Written:
        """Makes a change that depends on what is there: again when somebody else came first, unless it is no longer
        what the producer means. A repeated request is answered before what is there now can contradict it; `index`
        says which of its events the answer is about."""
        if once is not None and (done := await self._store.replayed(coverage, once)) is not None:
            (written,) = await self._replayed(coverage, done, [index])
            return written
        return await self._repeat(coverage, attempt)

    async def _repeat(self, coverage: str, attempt: Callable[[], Awaitable[T]]) -> T:
        # On one node changes of a coverage take turns, or many at once would be in each other's way until they give up.
        async with self._turns.setdefault(coverage, asyncio.Lock()):
            for number in range(1, _ATTEMPTS):
                try:
                    return await attempt()
                except _Unexpected:
                    raise
                except (RevisionConflict, Scheduled, CoverageEnded):
                    # Another node changed it between its being read and being written to.
                    await asyncio.sleep(random.uniform(0, number * _PAUSE_S))  # noqa: S311 - jitter
            return await attempt()

    async def _unchanged(self, coverage: str, page: Page, once: Once | None) -> Written:
        """The answer to what has no effect, which its key remembers like any."""
        done = await self._store.record(coverage, once, page.cursor, page.coverage) if once else None
        if done is not None:
            (written,) = await self._replayed(coverage, done, [-1])
            return written
        await self._store.settled(coverage)  # what is there may not have been durable when it was asked for
        return Written(page.coverage, page.cursor)

    async def _written(self, coverage: str, done: Appended, data: bytes, index: int) -> Written:
        if done.replay:
            (written,) = await self._replayed(coverage, done, [index])
            return written
        return Written(data, done.cursors[index], done.durability)

    async def _replayed(self, coverage: str, done: Appended, places: Sequence[int]) -> list[Written]:
        """The answer of an earlier request: what was written then, not what is there now, at each of these places.

        Of an entry that was taken down since, only that is said. Of a coverage's own change that the log does not
        reach back to, the coverage is all there still is."""
        cursors = [done.cursors[place] for place in places]
        if done.answer is not None:
            return [Written(done.answer, cursor, done.durability, replay=True) for cursor in cursors]
        answers = []
        for place, event in zip(places, await self._store.events_at(coverage, cursors), strict=True):
            if event is None:
                data = await self._recalled(coverage, done, place)
            else:
                data = deletion(event.data) if event.type == "entry.deleted" else event.data
            answers.append(Written(data, done.cursors[place], done.durability, replay=True))
        return answers

    async def _recalled(self, coverage: str, done: Appended, index: int) -> bytes:
        """The same, where the log does not reach back to it. Raises CursorLost if it is not known what it was about."""
        what = done.written[index] if done.written else None
        if what is None:
            raise CursorLost("trimmed")
        entry, revision = what
        if not entry:
            return (await self._store.head(coverage)).coverage
        try:
            return (await self._store.revisions(coverage, entry))[revision - 1]
        except EntryDeleted as deleted:
            return deletion(encode(deleted.tombstone))

    async def _write_head(self, coverage: Coverage, revision: int, type_: Any, once: Once | None) -> Written:
        done = await self._store.append(coverage.id, [_head(coverage, revision, type_)], once)
        return await self._written(coverage.id, done, encode(coverage), 0)

    async def _replace(self, coverage: str, entry: Entry, type_: Any, once: Once | None) -> Written:
        data = encode(entry)
        operation = Replace(type_, entry.id, moment_to_ms(entry.display_at), data, entry.revision - 1)
        done = await self._store.append(coverage, [operation], once)
        return await self._written(coverage, done, data, 0)

    async def _coverage(self, coverage: str, expected: int | None) -> Coverage:
        current = coverage_from_json((await self._store.head(coverage)).coverage)
        _expect(expected, current.revision)
        return current

    async def _current(self, coverage: str, entry: str, expected: int | None) -> Entry:
        current = entry_from_json(await self._store.entry(coverage, entry))
        _expect(expected, current.revision)
        return current

    async def _pinnable(self, coverage: str, entry: str) -> None:
        try:
            await self._store.entry(coverage, entry)
        except (UnknownEntry, EntryDeleted):
            raise InvalidInput(
                f"pin: there is no entry {entry!r} in this coverage. Publish it first.", field="pin"
            ) from None

    def _next(self, coverage: Coverage) -> Coverage:
        return replace(coverage, revision=coverage.revision + 1, updated_at=moment_from(self._now()))

    def _begun(self, coverage: Coverage) -> Coverage:
        return replace(self._next(coverage), status="live", started_at=moment_from(self._now()))


class _Unexpected(RevisionConflict):
    """With the revision that the producer means: trying again would not help."""


def _expect(expected: int | None, actual: int) -> None:
    if expected is not None and expected != actual:
        raise _Unexpected(expected, actual)


def _publish(entry: Entry) -> Publish:
    return Publish(entry.id, moment_to_ms(entry.display_at), encode(entry))


def _head(coverage: Coverage, revision: int, type_: Any) -> Head:
    return Head(type_, encode(coverage), revision, coverage.status, moment_to_ms(coverage.created_at))


def _slug(title: str) -> str:
    """An id that reads like the title: ascii words, and four letters against chance."""
    ascii_title = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall(r"[a-z0-9]+", ascii_title))[:60].strip("-")
    return f"{words or 'coverage'}-{secrets.token_hex(2)}"
