"""The store, on real Valkey and real Redis."""

from __future__ import annotations

import asyncio
import gc
import re
import signal
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Any

import pytest
import redis

from feed.errors import (
    CoverageEnded,
    CoverageExists,
    CursorLost,
    EntryDeleted,
    EntryExists,
    FeedError,
    KeyReused,
    MalformedCursor,
    RevisionConflict,
    SettingsError,
    StoreUnavailable,
    UnknownCoverage,
    UnknownEntry,
    UnknownToken,
)
from feed.model import Cursor, Status
from feed.store.connect import CONNECTIONS
from feed.store.keys import coverage_keys, news_keys
from feed.store.port import Announcement, Head, Once, Publish, Remove, Replace, Scheduled
from feed.store.redis import MOST_BYTES, RedisStore
from tests.running import StoreProcess, running_store
from tests.topology import running_cluster

PROBED = {next(iter(news_keys()))}


def head(revision: int = 0, status: Status = "live", data: bytes = b'{"id":"c"}', created_ms: int = 5) -> Head:
    type_ = "coverage.ended" if status == "ended" else "coverage.changed"
    return Head(type_, data, revision, status, created_ms)  # type: ignore[arg-type]


def entry(id_: str, display_ms: int = 1, revision: int = 1) -> Publish:
    return Publish(id_, display_ms, body(id_, revision))


def body(id_: str, revision: int = 1) -> bytes:
    return b'{"id":"%b","revision":%d}' % (id_.encode(), revision)


async def with_entries(store: RedisStore, *ids: str) -> None:
    await store.append("c", [head()])
    for at, id_ in enumerate(ids):
        await store.append("c", [entry(id_, at)])


async def types_after(store: RedisStore, cursor: Cursor) -> list[str]:
    return [event.type for event in (await store.changes("c", cursor, limit=100)).events]


async def test_events_are_chained_by_the_cursor_before_them(store: RedisStore) -> None:
    created = await store.append("c", [head()])
    published = await store.append("c", [entry("a"), entry("b")])
    changes = await store.changes("c", created.cursors[0], limit=10)
    assert [event.cursor for event in changes.events] == list(published.cursors)
    assert [event.prev for event in changes.events] == [created.cursors[0], published.cursors[0]]
    assert [event.data for event in changes.events] == [body("a"), body("b")]
    assert changes.complete
    assert not changes.ended


async def test_a_page_holds_the_newest_by_display_time_then_id_and_says_where_the_next_begins(
    store: RedisStore,
) -> None:
    await store.append("c", [head()])
    await store.append("c", [entry("b", 7), entry("a", 7), entry("old", 1), entry("c", 7), entry("new", 9)])
    seen: list[bytes] = []
    before = None
    for _ in range(3):
        page = await store.page("c", before=before, limit=2)
        seen += page.entries
        before = page.following
    assert seen == [body(id_) for id_ in ("new", "c", "b", "a", "old")]
    assert before is None


async def test_a_page_can_begin_with_an_entry(store: RedisStore) -> None:
    await with_entries(store, "a", "b", "c")
    page = await store.page_with("c", "b", limit=1)
    assert page.entries == (body("b"),)
    assert page.following is not None


async def test_a_revision_replaces_and_the_one_before_is_kept(store: RedisStore) -> None:
    await with_entries(store, "a")
    await store.append("c", [Replace("entry.revised", "a", 1, body("a", 2), 1)])
    assert await store.entry("c", "a") == body("a", 2)
    assert await store.revisions("c", "a") == [body("a", 1), body("a", 2)]


async def test_what_is_taken_down_is_in_no_page_no_history_and_no_replay(store: RedisStore) -> None:
    created = (await store.append("c", [head()])).cursors[0]
    await store.append("c", [entry("a"), entry("b")])
    await store.append("c", [Remove("a", b'{"id":"a","reason":"law"}', 1)])
    assert (await store.page("c")).entries == (body("b"),)
    events = (await store.changes("c", created, limit=10)).events
    assert [(event.type, event.data) for event in events] == [
        ("entry.deleted", b'{"id":"a","reason":"law"}'),
        ("entry.published", body("b")),
        ("entry.deleted", b'{"id":"a","reason":"law"}'),
    ]
    for refused in (store.entry("c", "a"), store.revisions("c", "a"), store.append("c", [entry("a")])):
        with pytest.raises((EntryDeleted, EntryExists)):
            await refused


async def test_the_end_is_the_last_event_also_after_corrections(store: RedisStore) -> None:
    await with_entries(store, "a")
    ended = await store.append("c", [entry("goodbye"), head(1, "ended", b'{"id":"c","title":"was"}')])
    assert await types_after(store, ended.cursors[0]) == ["coverage.ended"]
    await store.append("c", [Replace("entry.revised", "a", 1, body("a", 2), 1)])
    assert await types_after(store, ended.cursors[1]) == ["entry.revised", "coverage.ended"]
    page = await store.page("c")
    last = (await store.changes("c", ended.cursors[1], limit=10)).events[-1]
    assert (page.cursor, page.end) == (last.cursor, last.prev)
    assert last.data == b'{"id":"c","title":"was"}'


@pytest.mark.parametrize(
    ("operations", "error"),
    [
        ([head()], CoverageExists),
        ([entry("a")], EntryExists),
        ([entry("x"), entry("x")], EntryExists),
        ([head(7)], RevisionConflict),
        ([Replace("entry.revised", "a", 1, b"{}", 9)], RevisionConflict),
        ([Replace("entry.revised", "no", 1, b"{}", 1)], UnknownEntry),
        ([Remove("no", b"{}", 1)], UnknownEntry),
        ([entry("fine"), entry("a")], EntryExists),
    ],
)
async def test_a_refused_change_leaves_no_trace(
    store: RedisStore, operations: Sequence[Publish | Replace | Remove | Head], error: type[FeedError]
) -> None:
    await with_entries(store, "a")
    before = await store.page("c")
    with pytest.raises(error):
        await store.append("c", operations)
    assert await store.page("c") == before


async def test_nothing_is_published_into_what_is_unknown_or_ended_or_not_begun(store: RedisStore) -> None:
    with pytest.raises(UnknownCoverage):
        await store.append("c", [entry("a")])
    await store.append("c", [head(status="scheduled")])
    with pytest.raises(Scheduled):
        await store.append("c", [entry("a")])
    await store.append("c", [head(1, "live"), entry("a")])
    await store.append("c", [head(2, "ended")])
    with pytest.raises(CoverageEnded):
        await store.append("c", [entry("b")])


async def test_a_repeated_request_has_one_effect_and_the_same_answer(store: RedisStore) -> None:
    await store.append("c", [head()])
    once = Once("key", "digest")
    first = await store.append("c", [entry("a"), entry("b")], once)
    again = await store.append("c", [entry("a"), entry("b")], once)
    assert (first.replay, again.replay) == (False, True)
    assert again.cursors == first.cursors
    assert await store.replayed("c", once) == again
    assert [event.data for event in await store.events_at("c", again.cursors) if event] == [body("a"), body("b")]
    with pytest.raises(KeyReused):
        await store.append("c", [entry("z")], Once("key", "another"))
    with pytest.raises(KeyReused):
        await store.replayed("c", Once("key", "another"))
    assert await store.replayed("c", Once("unused", "x")) is None


async def test_many_at_once_with_one_key_have_one_effect(store: RedisStore) -> None:
    await store.append("c", [head()])
    done = await asyncio.gather(*(store.append("c", [entry("a")], Once("k", "d")) for _ in range(20)))
    assert sum(not one.replay for one in done) == 1
    assert len({one.cursors for one in done}) == 1


async def test_a_key_belongs_to_the_first_coverage_id_it_was_given(store: RedisStore) -> None:
    assert await store.reserved(Once("k", "d")) is None
    assert await store.reserve(Once("k", "d"), "first") == "first"
    assert await store.reserved(Once("k", "d")) == "first"
    assert await store.reserve(Once("k", "d"), "second") == "first"


async def test_a_cursor_that_is_not_in_the_log_was_trimmed_or_lost(store: RedisStore) -> None:
    await with_entries(store, "a", "b")
    tip = (await store.head("c")).cursor
    for cursor, reason in ((Cursor(1, 1), "trimmed"), (Cursor(tip.ms + 1, 0), "fork"), (Cursor(tip.ms, 99), "fork")):
        with pytest.raises(CursorLost) as lost:
            await store.changes("c", cursor, limit=10)
        assert lost.value.reason == reason


async def test_after_trimming_the_page_is_whole_and_an_old_cursor_is_told(
    store: RedisStore, each_store: StoreProcess
) -> None:
    await with_entries(store, *(f"e{at}" for at in range(5)))
    first = (await store.page("c")).cursor
    await store.append("c", [entry("last", 100)])
    with each_store.client() as client:
        client.xtrim(coverage_keys("c").log, maxlen=1, approximate=False)
    assert len((await store.page("c")).entries) == 6
    with pytest.raises(CursorLost, match="older than the log"):
        await store.changes("c", first, limit=10)


async def test_changes_come_in_portions(store: RedisStore) -> None:
    created = (await store.append("c", [head()])).cursors[0]
    cursors = (await store.append("c", [entry(f"e{at}") for at in range(5)])).cursors
    some = await store.changes("c", created, limit=3)
    assert ([event.cursor for event in some.events], some.complete) == (list(cursors[:3]), False)
    rest = await store.changes("c", cursors[2], limit=2)
    assert ([event.cursor for event in rest.events], rest.complete) == (list(cursors[3:]), True)


async def test_what_is_very_long_comes_in_smaller_pages(store: RedisStore) -> None:
    long = b'"%b"' % (b"x" * (MOST_BYTES * 2 // 5))
    ids = [f"e{at}" for at in range(5)]
    created = (await store.append("c", [head()])).cursors[0]
    for at, id_ in enumerate(ids):
        await store.append("c", [Publish(id_, at, long if at else long * 3)])
    pages, before = list[int](), None
    while not pages or before is not None:
        page = await store.page("c", before=before, limit=500)
        pages.append(len(page.entries))
        before = page.following
    # One that is longer than a page is a page of its own.
    assert pages == [2, 2, 1]
    seen, parts, after, complete = list[str | None](), list[int](), created, False
    while not complete:
        changes = await store.changes("c", after, limit=500)
        seen += [event.entry for event in changes.events]
        parts.append(len(changes.events))
        after, complete = changes.events[-1].cursor, changes.complete
        assert not changes.ended
    assert seen == ids
    assert parts == [1, 3, 1]


async def test_a_place_in_the_timeline_that_is_none_of_ours_is_refused(store: RedisStore) -> None:
    await with_entries(store, "a")
    for before in ("", "x", "12", "-a", "1e5-a", "99999999999999999999-a"):
        with pytest.raises(MalformedCursor):
            await store.page("c", before=before)


async def test_coverages_are_listed_newest_first_by_status(store: RedisStore) -> None:
    for at, status in enumerate(("live", "ended", "scheduled", "live")):
        await store.append(f"c{at}", [head(0, status, b'"c%d"' % at, created_ms=at)])  # type: ignore[arg-type]
    assert await store.coverages(["live", "ended"], before=None, limit=10) == [b'"c3"', b'"c1"', b'"c0"']
    assert await store.coverages(["live", "ended"], before="3-c3", limit=1) == [b'"c1"']
    await store.append("c0", [head(1, "ended", b'"c0"', created_ms=0)])
    assert await store.coverages(["live"], before=None, limit=10) == [b'"c3"']


async def followed(store: RedisStore, tips: Mapping[str, str], wanted: int) -> list[Announcement]:
    found: list[Announcement] = []
    async with asyncio.timeout(10), aclosing(store.follow(tips)) as news:
        async for announcements in news:
            found += announcements
            if len(found) >= wanted:
                break
    return found


async def test_what_is_appended_is_announced_also_of_a_coverage_that_is_new(store: RedisStore) -> None:
    tips = await store.tips()
    following = asyncio.create_task(followed(store, tips, 3))
    first = await store.append("one", [head()])
    second = await store.append("two", [head(), entry("a")])
    await store.probe("nonce")
    assert sorted(await following, key=lambda item: item.coverage) == [
        Announcement("", Cursor(0, 0), probe="nonce"),
        Announcement("one", first.cursors[-1]),
        Announcement("two", second.cursors[-1]),
    ]


async def test_facts_name_the_store_and_how_it_keeps_data(store: RedisStore) -> None:
    facts = await store.facts()
    assert facts.name in ("valkey", "redis")
    assert int(facts.version.partition(".")[0]) >= 7
    assert (facts.fsync, facts.append_only) == ("always", True)


async def test_tokens_are_kept(store: RedisStore) -> None:
    await store.save_token("t", b"1")
    assert (await store.token("t"), await store.tokens(), await store.token("no")) == (b"1", [b"1"], None)
    assert await store.tokens_named(["no", "t"]) == [None, b"1"]
    assert await store.delete_token("t") is False
    with pytest.raises(UnknownToken):
        await store.delete_token("t")


async def test_tokens_are_written_once_for_each_key(store: RedisStore) -> None:
    once = Once("key", "digest")
    assert [await store.save_token(token, token.encode(), once) for token in "tu"] == [None, b"t"]
    assert await store.tokens() == [b"t"]
    assert [await store.delete_token("t", Once("other", "d")) for _ in range(2)] == [False, True]
    for write in (store.save_token("v", b"v", Once("key", "e")), store.delete_token("t", Once("key", "e"))):
        with pytest.raises(KeyReused):
            await write
    # What was made, and revoked since, stays revoked.
    assert (await store.save_token("t", b"t", once), await store.tokens()) == (b"t", [])


async def test_a_store_that_is_away_or_stands_still_or_is_full_is_unavailable() -> None:
    with running_store("valkey") as process:
        store = RedisStore.open(process.url)
        try:
            await store.append("c", [head()])
            with process.client() as client:
                client.config_set("maxmemory", "1")
            with pytest.raises(StoreUnavailable, match="out of memory"):
                await store.append("c", [entry("a")])
            with process.client() as client:
                client.config_set("maxmemory", "0")
            process.signal(signal.SIGSTOP)
            with pytest.raises(StoreUnavailable):
                await store.append("c", [entry("b")])
            process.kill()
            with pytest.raises(StoreUnavailable):
                await store.page("c")
            process.start()
            # Whether "b" was taken is unknown to who sent it; what is there is whole.
            assert (await store.append("c", [entry("d")])).cursors
        finally:
            await store.close()


async def test_more_at_once_than_there_are_connections_take_turns(store: RedisStore) -> None:
    await store.append("c", [head()])
    pages = await asyncio.gather(*(store.page("c") for _ in range(5 * CONNECTIONS)))
    assert len(pages) == 5 * CONNECTIONS


async def test_data_of_another_layout_is_refused() -> None:
    with running_store("valkey") as process:
        with process.client() as client:
            client.hset("feed:layout", "shards", 8)
        store = RedisStore.open(process.url)
        with pytest.raises(SettingsError, match="8 shards"):
            await store.tips()
        await store.close()


async def check_that_a_slot_can_move(store: RedisStore, url: str, used: set[str]) -> None:
    name = next(name for name in map(str, range(1000)) if coverage_keys(name).news not in {*used, *PROBED})
    ports = [int(port) for port in re.findall(r":([0-9]+)", url)]
    nodes: list[Any] = [redis.Redis(port=port, decode_responses=True) for port in ports]
    ids = [node.execute_command("CLUSTER MYID") for node in nodes]
    slot = nodes[0].execute_command("CLUSTER KEYSLOT", coverage_keys(name).head)
    source = slot // -(-16384 // len(nodes))
    target = (source + 1) % len(nodes)
    nodes[target].execute_command("CLUSTER SETSLOT", slot, "IMPORTING", ids[source])
    nodes[source].execute_command("CLUSTER SETSLOT", slot, "MIGRATING", ids[target])
    with pytest.raises(StoreUnavailable, match="rearranged"):
        await store.append(name, [head()])
    for node in (nodes[target], nodes[source]):
        node.execute_command("CLUSTER SETSLOT", slot, "NODE", ids[target])
    # What is known of the slots is not right any more, for writing and for reading.
    assert (await store.append(name, [head(), entry("a")], Once("k", "d"))).durability.replicas == 0
    assert (await store.page(name)).entries == (body("a"),)
    for node in nodes:
        node.close()


async def check_that_a_fault_is_told_of_once(store: RedisStore, url: str) -> None:
    """All shards of a node hear of it, and one of them says so."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    with redis.Redis(port=int(url.rpartition(":")[2]), decode_responses=True) as node:
        following = asyncio.create_task(followed(store, await store.tips(), 1))
        async with asyncio.timeout(10):
            while node.info("clients")["blocked_clients"] < 10:
                await asyncio.sleep(0.01)
        node.execute_command("CLIENT KILL TYPE normal SKIPME yes")
        await asyncio.wait([following])
        assert isinstance(following.exception(), StoreUnavailable)
    del following
    await asyncio.sleep(0)
    gc.collect()
    assert complaints == []


async def test_everything_works_in_a_cluster() -> None:
    with running_cluster() as (url, _):
        store = RedisStore.open(url)
        try:
            tips = await store.tips()
            names = [f"c{at}" for at in range(12)]
            following = asyncio.create_task(followed(store, tips, len(names)))
            for name in names:
                await store.append(name, [head(data=b'"%b"' % name.encode()), entry("a")], Once("k", "d"))
                await store.append(name, [entry("b", 2)])
            assert {item.coverage for item in await following} <= set(names)
            for name in names:
                page = await store.page(name)
                assert page.entries == (body("b"), body("a"))
                assert await store.revisions(name, "a") == [body("a")]
                assert (await store.replayed(name, Once("k", "d"))) is not None
                events = await store.events_at(name, [page.cursor])
                assert events[0] is not None
                assert events[0].entry == "b"
            assert len(await store.coverages(["live"], before=None, limit=50)) == len(names)
            assert (await store.facts()).name == "valkey"
            await check_that_a_slot_can_move(store, url, {coverage_keys(name).news for name in names})
            await check_that_a_fault_is_told_of_once(store, url)
        finally:
            await store.close()
