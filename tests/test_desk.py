"""The desk: drafts become changes of a coverage, on a real store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from feed.desk import Desk, Written
from feed.drafts import CoverageDraft, CoveragePatch, Ending, EntryDraft, EntryPatch, RetractionDraft
from feed.errors import (
    CoverageEnded,
    CoverageExists,
    EntryDeleted,
    EntryExists,
    FeedError,
    InvalidInput,
    KeyReused,
    RevisionConflict,
    UnknownCoverage,
    UnknownEntry,
)
from feed.model import Coverage, Cursor, Entry
from feed.store.keys import coverage_keys
from feed.store.port import Once
from feed.store.redis import RedisStore
from feed.wire import coverage_from_json, entry_from_json

from .running import StoreProcess

START = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TEXT = EntryDraft(text="x")


class Newsroom:
    """A desk whose clock goes on by a second with every look at it, and what its coverage looks like."""

    def __init__(self, store: RedisStore) -> None:
        self.store = store
        self.now = START
        self.desk = Desk(store, self._tick)

    def _tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    async def create(self, **fields: Any) -> Coverage:
        draft = msgspec.convert({"id": "c", "title": "T", **fields}, CoverageDraft)
        return coverage_from_json((await self.desk.create(draft)).data)

    async def publish(self, *ids: str) -> None:
        await self.desk.publish("c", [EntryDraft(id=id_, text=id_) for id_ in ids])

    async def change(self, expected: int | None = None, once: Once | None = None, **fields: Any) -> Coverage:
        written = await self.desk.change("c", msgspec.convert(fields, CoveragePatch), expected, once)
        return coverage_from_json(written.data)

    async def head(self) -> Coverage:
        return coverage_from_json((await self.store.head("c")).coverage)

    async def entry(self, id_: str) -> Entry:
        return entry_from_json(await self.store.entry("c", id_))

    async def log(self) -> list[str]:
        """The types of everything since the coverage was made."""
        first = (await self.store.events_at("c", [self.first]))[0]
        assert first is not None
        return [event.type for event in (await self.store.changes("c", first.cursor, limit=1000)).events]

    async def begin(self, *ids: str) -> None:
        written = await self.desk.create(CoverageDraft(id="c", title="T"))
        self.first: Cursor = written.cursor
        if ids:
            await self.publish(*ids)


@pytest.fixture
def newsroom(store: RedisStore) -> Newsroom:
    return Newsroom(store)


def once(key: str = "k", digest: str = "d") -> Once:
    return Once(key, digest)


def is_deletion(written: Written) -> bool:
    return bool(msgspec.json.decode(written.data).get("status") == "deleted")


# ---------------------------------------------------------------- creating


async def test_a_coverage_is_live_from_its_creation(newsroom: Newsroom) -> None:
    made = await newsroom.create(summary="<b>s</b>", key_points=["k"])
    assert (made.status, made.revision, made.visibility, made.language) == ("live", 1, "public", "en")
    assert made.created_at == made.started_at == made.updated_at == "2026-11-23T03:00:01.000Z"
    assert (made.summary, made.key_points) == ("<strong>s</strong>", ("k",))
    assert await newsroom.head() == made


async def test_one_that_starts_later_is_scheduled_until_its_first_entry(newsroom: Newsroom) -> None:
    made = await newsroom.create(starts_at="2026-11-24T00:00:00Z")
    assert (made.status, made.started_at) == ("scheduled", None)
    (first, second) = await newsroom.desk.publish("c", [TEXT, TEXT])
    begun = await newsroom.head()
    assert (begun.status, begun.revision) == ("live", 2)
    assert begun.started_at is not None
    assert first.cursor < second.cursor == (await newsroom.store.head("c")).cursor
    assert (await newsroom.create(id="past", starts_at="2020-01-01T00:00:00Z")).status == "live"


async def test_a_scheduled_one_can_end_without_having_begun(newsroom: Newsroom) -> None:
    await newsroom.create(starts_at="2026-11-24T00:00:00Z")
    await newsroom.desk.end("c", Ending())
    assert (await newsroom.head()).status == "ended"


async def test_an_import_keeps_the_times_it_had(newsroom: Newsroom) -> None:
    made = await newsroom.create(created_at="2020-01-01T00:00:00Z", started_at="2020-01-01T08:00:00Z")
    assert (made.created_at, made.started_at) == ("2020-01-01T00:00:00.000Z", "2020-01-01T08:00:00.000Z")


async def test_without_an_id_it_gets_one_that_reads_like_its_title(newsroom: Newsroom) -> None:
    for title, begins in (
        ("Budget: été 2026!", "budget-ete-2026-"),
        ("東京", "coverage-"),
        ("x" * 200, "x" * 60 + "-"),
    ):
        written = await newsroom.desk.create(CoverageDraft(title=title))
        assert coverage_from_json(written.data).id[:-4] == begins


async def test_an_id_is_given_once(newsroom: Newsroom) -> None:
    await newsroom.create()
    with pytest.raises(CoverageExists):
        await newsroom.create(title="another")
    assert (await newsroom.head()).title == "T"


# ---------------------------------------------------------------- changing the head


async def test_a_change_counts_the_revision_and_says_when(newsroom: Newsroom) -> None:
    await newsroom.create()
    changed = await newsroom.change(title="New")
    assert (changed.title, changed.revision) == ("New", 2)
    assert changed.updated_at > changed.created_at


async def test_a_change_of_another_revision_than_the_one_there_is_is_refused(newsroom: Newsroom) -> None:
    await newsroom.create()
    await newsroom.change(1, title="2")
    with pytest.raises(RevisionConflict) as caught:
        await newsroom.change(1, title="3")
    assert caught.value.extra == {"expected": 1, "actual": 2}
    assert (await newsroom.head()).title == "2"


async def test_changes_at_the_same_time_all_count(newsroom: Newsroom) -> None:
    await newsroom.create()
    fields = [{"title": "new"}, {"summary": "s"}, {"key_points": ["k"]}, {"labels": ["l"]}, {"language": "fr"}]
    await asyncio.gather(*(newsroom.change(**field) for field in fields))  # type: ignore[arg-type]
    head = await newsroom.head()
    assert (head.title, head.summary, head.key_points, head.labels, head.language, head.revision) == (
        "new",
        "s",
        ("k",),
        ("l",),
        "fr",
        6,
    )


async def test_many_changes_on_several_nodes_at_the_same_time_all_count(newsroom: Newsroom, store: RedisStore) -> None:
    await newsroom.create()
    desks = [newsroom.desk, Desk(store), Desk(store)]
    patch = CoveragePatch(title="T")
    written = await asyncio.gather(*(desks[number % 3].change("c", patch) for number in range(90)))
    assert sorted(coverage_from_json(one.data).revision for one in written) == list(range(2, 92))


async def test_only_what_is_there_can_be_pinned(newsroom: Newsroom) -> None:
    await newsroom.begin("a", "gone")
    await newsroom.desk.delete("c", "gone")
    assert (await newsroom.change(pin="a")).pin == "a"
    for id_ in ("nothing", "gone"):
        with pytest.raises(InvalidInput) as caught:
            await newsroom.change(pin=id_)
        assert caught.value.field == "pin"
    assert (await newsroom.head()).pin == "a"
    assert (await newsroom.change(pin=None)).pin is None


# ---------------------------------------------------------------- entries


async def test_a_batch_is_published_whole_in_its_order(newsroom: Newsroom) -> None:
    await newsroom.begin()
    written = await newsroom.desk.publish("c", [EntryDraft(id=id_, text=id_) for id_ in "cab"])
    assert [entry_from_json(one.data).id for one in written] == ["c", "a", "b"]
    assert [one.cursor for one in written] == sorted(one.cursor for one in written)
    assert await newsroom.log() == ["entry.published"] * 3


async def test_a_batch_with_one_bad_draft_publishes_nothing_and_says_which(newsroom: Newsroom) -> None:
    await newsroom.begin("a")
    with pytest.raises(InvalidInput) as caught:
        await newsroom.desk.publish("c", [TEXT, EntryDraft(text=" ")])
    assert caught.value.extra["index"] == 1
    for ids in (("x", "a"), ("x", "x")):
        with pytest.raises(EntryExists):
            await newsroom.publish(*ids)
    assert await newsroom.log() == ["entry.published"]


async def test_a_revision_keeps_what_was_before_and_the_note_about_it(newsroom: Newsroom) -> None:
    await newsroom.begin("a")
    await newsroom.desk.revise("c", "a", EntryPatch(text="b", correction=" Was a.\n"))
    revised = await newsroom.entry("a")
    assert (revised.revision, revised.corrections[0].note) == (2, "Was a.")
    assert revised.corrections[0].at == revised.updated_at > revised.published_at
    await newsroom.desk.revise("c", "a", EntryPatch(headline="H", correction="Again."))
    history = [entry_from_json(data) for data in await newsroom.store.revisions("c", "a")]
    assert [entry.revision for entry in history] == [1, 2, 3]
    assert [len(entry.corrections) for entry in history] == [0, 1, 2]


async def test_a_history_is_whole_whenever_it_is_asked_for(newsroom: Newsroom) -> None:
    await newsroom.begin("a")
    for number in range(20):
        revising = asyncio.create_task(newsroom.desk.revise("c", "a", EntryPatch(text=str(number))))
        told = await asyncio.gather(*(newsroom.store.revisions("c", "a") for _ in range(8)))
        await revising
        for history in told:
            revisions = [entry_from_json(data).revision for data in history]
            assert revisions == list(range(1, len(revisions) + 1))


async def test_a_retraction_stays_with_its_reason(newsroom: Newsroom) -> None:
    await newsroom.begin("a")
    await newsroom.desk.retract("c", "a", RetractionDraft(reason=" Wrong.\n"))
    retracted = await newsroom.entry("a")
    assert (retracted.status, retracted.revision) == ("retracted", 2)
    assert retracted.retraction is not None
    assert (retracted.retraction.reason, retracted.retraction.at) == ("Wrong.", retracted.updated_at)
    await newsroom.desk.revise("c", "a", EntryPatch(headline="H"))
    assert (await newsroom.entry("a")).status == "retracted"
    with pytest.raises(InvalidInput):
        await newsroom.desk.retract("c", "a", RetractionDraft(reason=" "))


async def test_a_deletion_takes_the_pin_with_it_in_one_step(newsroom: Newsroom) -> None:
    await newsroom.begin("a", "b")
    await newsroom.change(pin="a")
    written = await newsroom.desk.delete("c", "a", "law")
    assert msgspec.json.decode(written.data) == {"id": "a", "reason": "law", "status": "deleted"}
    assert (await newsroom.head()).pin is None
    # What is gone is gone from the replay as well.
    assert await newsroom.log() == [
        "entry.deleted",
        "entry.published",
        "coverage.changed",
        "entry.deleted",
        "coverage.changed",
    ]
    await newsroom.desk.delete("c", "b")
    assert (await newsroom.log())[-1] == "entry.deleted"


async def test_a_pin_never_outlives_its_entry(newsroom: Newsroom) -> None:
    await newsroom.begin()
    for number in range(20):
        id_ = f"e{number}"
        await newsroom.publish(id_)
        _, deleted = await asyncio.gather(
            newsroom.change(pin=id_), newsroom.desk.delete("c", id_), return_exceptions=True
        )
        assert isinstance(deleted, Written)
        assert (await newsroom.head()).pin is None


async def test_who_says_which_revision_of_an_entry_it_means_is_not_refused_for_a_change_of_the_head(
    newsroom: Newsroom, store: RedisStore
) -> None:
    await newsroom.begin()
    others = [Desk(store), Desk(store)]
    for number in range(20):
        id_ = f"e{number}"
        await newsroom.publish(id_)
        await newsroom.change(pin=id_)
        deleted, *_ = await asyncio.gather(
            newsroom.desk.delete("c", id_, None, 1),
            *(other.change("c", CoveragePatch(title=f"T{number}")) for other in others),
        )
        assert is_deletion(deleted)
    assert (await newsroom.head()).pin is None


@pytest.mark.parametrize("error", [RevisionConflict, UnknownEntry, UnknownCoverage, EntryDeleted])
async def test_entries_are_changed_only_as_they_are(newsroom: Newsroom, error: type[FeedError]) -> None:
    await newsroom.begin("a", "gone")
    await newsroom.desk.delete("c", "gone")
    coverage = "nothing" if error is UnknownCoverage else "c"
    entry = {UnknownEntry: "nothing", EntryDeleted: "gone"}.get(error, "a")
    expected = 7 if error is RevisionConflict else None
    before = await newsroom.log()
    for change in (
        newsroom.desk.revise(coverage, entry, EntryPatch(text="b"), expected),
        newsroom.desk.retract(coverage, entry, RetractionDraft(reason="r"), expected),
        newsroom.desk.delete(coverage, entry, None, expected),
    ):
        with pytest.raises(error):
            await change
    assert await newsroom.log() == before


async def test_revisions_at_the_same_time_all_count(newsroom: Newsroom) -> None:
    await newsroom.begin("a")
    patches = [EntryPatch(headline="H"), EntryPatch(labels=("l",)), EntryPatch(kind="wrap"), EntryPatch(key_event=True)]
    await asyncio.gather(*(newsroom.desk.revise("c", "a", patch) for patch in patches))
    entry = await newsroom.entry("a")
    assert (entry.headline, entry.labels, entry.kind, entry.key_event, entry.revision) == ("H", ("l",), "wrap", True, 5)


# ---------------------------------------------------------------- the end


async def test_the_last_entry_the_end_and_the_successor_are_one_step(newsroom: Newsroom) -> None:
    await newsroom.begin("a")
    ending = msgspec.convert(
        {
            "title": "It was",
            "summary": "s",
            "key_points": ["k"],
            "entry": {"id": "last", "text": "Goodbye", "kind": "wrap"},
            "successor": {"title": "Day 2", "url": "/c/day-2"},
            "ended_at": "2026-11-23T05:00:00Z",
        },
        Ending,
    )
    written = await newsroom.desk.end("c", ending)
    ended = coverage_from_json(written.data)
    assert ended == await newsroom.head()
    assert (ended.status, ended.title, ended.summary, ended.key_points) == ("ended", "It was", "s", ("k",))
    assert ended.ended_at == "2026-11-23T05:00:00.000Z"
    assert ended.successor is not None
    assert ended.successor.url == "/c/day-2"
    assert await newsroom.log() == ["entry.published", "entry.published", "coverage.ended"]
    assert written.cursor == (await newsroom.store.head("c")).cursor


async def test_a_last_entry_that_is_refused_ends_nothing(newsroom: Newsroom) -> None:
    await newsroom.begin("a")
    with pytest.raises(InvalidInput) as caught:
        await newsroom.desk.end("c", Ending(entry=EntryDraft(text=" ")))
    assert caught.value.field == "entry.text"
    with pytest.raises(EntryExists):
        await newsroom.desk.end("c", Ending(entry=EntryDraft(id="a", text="x")))
    assert (await newsroom.head()).status == "live"


async def test_a_last_entry_may_be_the_only_one(newsroom: Newsroom) -> None:
    await newsroom.create(starts_at="2026-11-24T00:00:00Z")
    await newsroom.desk.end("c", Ending(entry=TEXT))
    head = await newsroom.head()
    assert (head.status, head.revision) == ("ended", 3)
    assert head.started_at is not None


async def test_ending_twice_has_no_second_effect(newsroom: Newsroom) -> None:
    await newsroom.begin()
    first = await newsroom.desk.end("c", Ending(title="First"))
    again = await newsroom.desk.end("c", Ending(title="Second", entry=TEXT))
    assert (again.data, again.cursor) == (first.data, first.cursor)
    assert await newsroom.log() == ["coverage.ended"]


async def test_ends_at_the_same_time_end_once(newsroom: Newsroom) -> None:
    await newsroom.begin()
    written = await asyncio.gather(*(newsroom.desk.end("c", Ending()) for _ in range(8)))
    assert len({one.cursor for one in written}) == 1
    assert await newsroom.log() == ["coverage.ended"]


async def test_after_the_end_nothing_is_published_and_corrections_are_followed_by_it(newsroom: Newsroom) -> None:
    await newsroom.begin("a", "b")
    await newsroom.desk.end("c", Ending())
    with pytest.raises(CoverageEnded):
        await newsroom.publish("late")
    await newsroom.desk.revise("c", "a", EntryPatch(text="x"))
    await newsroom.desk.retract("c", "a", RetractionDraft(reason="r"))
    await newsroom.desk.delete("c", "b")
    await newsroom.change(title="It was")
    log = await newsroom.log()
    assert log[-9:] == [
        "coverage.ended",
        *("entry.revised", "coverage.ended"),
        *("entry.retracted", "coverage.ended"),
        *("entry.deleted", "coverage.ended"),
        *("coverage.changed", "coverage.ended"),
    ]


async def test_reopening_makes_it_live_without_end_and_successor(newsroom: Newsroom) -> None:
    await newsroom.begin("a")
    live = await newsroom.desk.reopen("c")
    assert coverage_from_json(live.data).status == "live"
    assert await newsroom.log() == ["entry.published"]
    await newsroom.desk.end("c", msgspec.convert({"successor": {"title": "t", "url": "/x"}}, Ending))
    reopened = coverage_from_json((await newsroom.desk.reopen("c")).data)
    assert (reopened.status, reopened.ended_at, reopened.successor) == ("live", None, None)
    await newsroom.publish("b")
    assert (await newsroom.log())[-2:] == ["coverage.reopened", "entry.published"]


async def test_of_an_end_and_a_change_that_mean_the_same_revision_one_is_refused(newsroom: Newsroom) -> None:
    await newsroom.begin()
    elsewhere = Desk(newsroom.store)
    for revision in range(1, 20, 2):
        outcomes = await asyncio.gather(
            elsewhere.end("c", Ending(), revision),
            newsroom.change(revision, title=str(revision)),
            return_exceptions=True,
        )
        (refused,) = [one for one in outcomes if isinstance(one, BaseException)]
        assert isinstance(refused, RevisionConflict)
        current = await newsroom.head()
        assert current.revision == revision + 1
        with pytest.raises(RevisionConflict):
            await newsroom.desk.reopen("c", revision)
        if current.status == "ended":
            await newsroom.desk.reopen("c", revision + 1)
        else:
            await newsroom.change(revision + 1, title="Between")


# ---------------------------------------------------------------- once

Change = Callable[[Newsroom, Once], Awaitable[Any]]
CHANGES: dict[str, Change] = {
    "publish": lambda room, key: room.desk.publish("c", [EntryDraft(text="new"), EntryDraft(text="newer")], key),
    "revise": lambda room, key: room.desk.revise("c", "a", EntryPatch(text="b"), 1, key),
    "retract": lambda room, key: room.desk.retract("c", "a", RetractionDraft(reason="r"), 1, key),
    "delete": lambda room, key: room.desk.delete("c", "a", "r", 1, key),
    "change": lambda room, key: room.desk.change("c", CoveragePatch(title="N", pin="a"), 1, key),
    "end": lambda room, key: room.desk.end("c", Ending(entry=EntryDraft(text="last")), 1, key),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_repeated_request_has_one_effect_and_the_same_answer(newsroom: Newsroom, name: str) -> None:
    await newsroom.begin("a")
    first = await CHANGES[name](newsroom, once())
    log = await newsroom.log()
    again = await CHANGES[name](newsroom, once())
    assert await newsroom.log() == log

    def answers(written: Any) -> list[tuple[bytes, Cursor]]:
        return [(one.data, one.cursor) for one in (written if isinstance(written, list) else [written])]

    assert answers(again) == answers(first)
    assert {one.replay for one in (again if isinstance(again, list) else [again])} == {True}


@pytest.mark.parametrize("name", CHANGES)
async def test_the_same_key_for_another_request_is_refused(newsroom: Newsroom, name: str) -> None:
    await newsroom.begin("a")
    await CHANGES[name](newsroom, once())
    with pytest.raises(KeyReused):
        await CHANGES[name](newsroom, once(digest="another"))


@pytest.mark.parametrize("name", CHANGES)
async def test_a_repeated_request_is_answered_whatever_happened_since(newsroom: Newsroom, name: str) -> None:
    await newsroom.begin("a")
    first = await CHANGES[name](newsroom, once())
    await newsroom.desk.end("c", Ending())
    if name != "delete":
        await newsroom.desk.delete("c", "a")
    again = await CHANGES[name](newsroom, once())
    for one, other in zip(
        *(written if isinstance(written, list) else [written] for written in (first, again)), strict=True
    ):
        assert other.cursor == one.cursor
        assert other.data == one.data or is_deletion(other)


async def test_a_repeated_batch_is_asked_for_at_once(newsroom: Newsroom, each_store: StoreProcess) -> None:
    await newsroom.begin()
    drafts = [EntryDraft(text=str(number)) for number in range(50)]
    first = await newsroom.desk.publish("c", drafts, once())
    with each_store.client() as keeper:
        keeper.config_resetstat()
        again = await newsroom.desk.publish("c", drafts, once())
        told: Any = keeper.info("commandstats")
    assert [(one.data, one.cursor) for one in again] == [(one.data, one.cursor) for one in first]
    assert told["cmdstat_hgetall"]["calls"] == 1


async def test_what_a_repeated_request_published_is_not_told_once_it_is_deleted(newsroom: Newsroom) -> None:
    await newsroom.begin()
    await newsroom.desk.publish("c", [EntryDraft(id="a", text="secret")], once())
    await newsroom.desk.delete("c", "a", "law")
    (again,) = await newsroom.desk.publish("c", [EntryDraft(id="a", text="secret")], once())
    assert msgspec.json.decode(again.data) == {"id": "a", "reason": "law", "status": "deleted"}


async def test_what_had_no_effect_is_kept_whole_or_not_at_all(newsroom: Newsroom, each_store: StoreProcess) -> None:
    await newsroom.begin("a")
    first = await newsroom.desk.reopen("c", once=once())
    with each_store.client() as keeper:
        # Of two, a store that goes away could keep one, and the answer would be the last event, which is an entry.
        assert len(list(keeper.scan_iter("*once*"))) == 1
    await newsroom.change(title="New")
    again = await newsroom.desk.reopen("c", once=once())
    assert (again.data, again.cursor, again.replay) == (first.data, first.cursor, True)
    with pytest.raises(KeyReused):
        await newsroom.desk.publish("c", [TEXT], once(digest="another"))


async def test_a_coverage_is_created_once_with_a_key(newsroom: Newsroom) -> None:
    draft = CoverageDraft(title="T")
    first, again = [await newsroom.desk.create(draft, once()) for _ in range(2)]
    assert (again.data, again.cursor, again.replay) == (first.data, first.cursor, True)
    with pytest.raises(KeyReused):
        await newsroom.desk.create(CoverageDraft(title="Other"), once(digest="other"))
    with pytest.raises(KeyReused):
        await newsroom.desk.create(CoverageDraft(id="x", title="Other"), once(digest="other"))


async def test_a_key_is_for_one_coverage_also_when_it_names_its_id(newsroom: Newsroom) -> None:
    first, again = [await newsroom.desk.create(CoverageDraft(id="x", title="T"), once()) for _ in range(2)]
    assert (again.data, again.replay) == (first.data, True)
    with pytest.raises(KeyReused):
        await newsroom.desk.create(CoverageDraft(id="y", title="T"), once(digest="other"))
    with pytest.raises(UnknownCoverage):
        await newsroom.store.head("y")


async def test_a_refused_draft_uses_no_key(newsroom: Newsroom) -> None:
    with pytest.raises(InvalidInput):
        await newsroom.desk.create(CoverageDraft(id="x", title="T", timezone="Nowhere"), once())
    assert (await newsroom.desk.create(CoverageDraft(id="y", title="T"), once(digest="other"))).replay is False


async def test_a_first_publish_with_a_key_begins_the_coverage_once(newsroom: Newsroom) -> None:
    await newsroom.create(starts_at="2026-11-24T00:00:00Z")
    publish = [newsroom.desk.publish("c", [EntryDraft(text="a"), EntryDraft(text="b")], once()) for _ in range(4)]
    written = await asyncio.gather(*publish)
    assert len({tuple(one.cursor for one in receipts) for receipts in written}) == 1
    assert (await newsroom.head()).revision == 2
    assert len((await newsroom.store.page("c")).entries) == 2


async def test_a_repeated_request_is_answered_also_when_the_log_no_longer_reaches_back(
    newsroom: Newsroom, each_store: StoreProcess
) -> None:
    await newsroom.begin("gone")
    desk = newsroom.desk
    drafts = [EntryDraft(id="a", text="first"), EntryDraft(id="b", text="first")]
    writes: list[Callable[[], Awaitable[list[Written]]]] = [
        lambda: desk.publish("c", drafts, Once("publish", "d")),
        lambda: one(desk.revise("c", "a", EntryPatch(text="second"), None, Once("revise", "d"))),
        lambda: one(desk.retract("c", "a", RetractionDraft(reason="wrong"), None, Once("retract", "d"))),
        lambda: one(desk.delete("c", "gone", "law", None, Once("delete", "d"))),
        lambda: one(desk.change("c", CoveragePatch(title="T2"), None, Once("change", "d"))),
    ]
    first = [await write() for write in writes]
    await newsroom.publish("last")
    with each_store.client() as keeper:
        keeper.xtrim(coverage_keys("c").log, maxlen=1, approximate=False)
    for write, then in zip(writes, first, strict=True):
        again = await write()
        assert [(w.data, w.cursor, w.replay) for w in again] == [(w.data, w.cursor, True) for w in then]
    # What was taken down since is said, and nothing more of it.
    await desk.delete("c", "b", "mistake")
    (_, b) = await writes[0]()
    assert json.loads(b.data) == {"id": "b", "reason": "mistake", "status": "deleted"}


async def one(writing: Awaitable[Written]) -> list[Written]:
    return [await writing]
