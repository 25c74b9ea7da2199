"""A channel: one coverage as a node follows it, on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from feed import channel as channel_module
from feed import window as window_module
from feed.channel import FURTHEST_BEHIND, Channel, Opening
from feed.errors import UnknownCoverage
from feed.model import Cursor
from feed.store.port import Changes
from feed.store.redis import RedisStore
from feed.window import WINDOW_BYTES, WINDOW_EVENTS

from .following import Log, Reader, decoded, types
from .running import StoreProcess


@pytest.fixture
def log(store: RedisStore, each_store: StoreProcess) -> Iterator[Log]:
    with each_store.client() as keeper:
        yield Log(store, keeper)


@pytest.fixture
async def channel(log: Log) -> Channel:
    await log.begin()
    return await log.channel()


def messages(frames: Any) -> list[Any]:
    return [decoded(frame.message) for frame in frames]


# ---------------------------------------------------------------- opening


async def test_a_new_reader_gets_the_page_as_it_stands(log: Log, channel: Channel) -> None:
    tip = await log.publish("a", "b", "c")
    await channel.catch_up()
    opening = await channel.open(None, 2)
    snapshot = decoded(opening.snapshot)
    assert (opening.mode, opening.cursor, types(opening), opening.ended) == ("snapshot", tip, [], False)
    assert [entry["id"] for entry in snapshot["entries"]] == ["c", "b"]
    assert snapshot["cursor"] == str(tip)
    assert snapshot["next"]
    assert snapshot["coverage"]["id"] == "c"


async def test_many_who_come_back_to_the_same_place_ask_the_store_once(log: Log, channel: Channel) -> None:
    place = channel.tip
    tip = await log.publish("a", "b")
    fresh = await log.channel()
    log._keeper.config_resetstat()
    openings = await asyncio.gather(*(fresh.open(place, 50) for _ in range(100)))
    assert {(opening.mode, opening.frames[-1].cursor) for opening in openings} == {("resumed", tip)}
    log.lose(tip)
    openings = await asyncio.gather(*(channel.open(tip, 50) for _ in range(100)))
    assert {(opening.mode, opening.reason) for opening in openings} == {("reset", "fork")}
    told: Any = log._keeper.info("commandstats")
    assert told["cmdstat_evalsha"]["calls"] == 3  # the changes, twice, and a page


async def test_a_returning_reader_gets_what_came_since_from_the_window(log: Log, channel: Channel) -> None:
    first = await log.publish("a")
    await log.publish("b", "c")
    await channel.catch_up()
    opening = await channel.open(first, 50)
    assert (opening.mode, opening.cursor, opening.snapshot) == ("resumed", first, None)
    assert [message["entry"]["id"] for message in messages(opening.frames)] == ["b", "c"]
    assert (await channel.open(channel.tip, 50)).frames == ()


async def test_a_returning_reader_gets_what_came_before_the_window_from_the_store(log: Log) -> None:
    created = await log.begin()
    await log.publish("a", "b")
    late = await log.channel()
    opening = await late.open(created, 50)
    assert (opening.mode, types(opening)) == ("resumed", ["entry.published"] * 2)


async def test_what_one_reader_asked_the_store_for_is_at_hand_for_the_next(log: Log) -> None:
    created = await log.begin()
    first = await log.publish("a", "b")
    await log.publish("c")
    late = await log.channel()
    assert late.open_now(created, 50) is None
    asked = await late.open(created, 50)
    for after, ids in ((created, ["a", "b", "c"]), (first, ["c"])):
        again = late.open_now(after, 50)
        assert again is not None
        assert [message["entry"]["id"] for message in messages(again.frames)] == ids
        assert all(frame in asked.frames for frame in again.frames)
    await log.publish("d")
    await late.catch_up()
    assert [message["entry"]["id"] for message in messages(late.after(created))] == ["a", "b", "c", "d"]
    await log.delete("b")
    await late.catch_up()
    assert types(await late.open(created, 50)).count("entry.deleted") == 2


async def test_what_was_asked_for_before_something_was_taken_down_is_not_kept(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = await log.begin()
    await log.publish("a", "b")
    late = await log.channel()
    asked = log.store.changes

    async def taken_down_meanwhile(coverage: str, after: Cursor, *, limit: int) -> Changes:
        monkeypatch.undo()
        answer = await asked(coverage, after, limit=limit)
        await log.delete("a")
        await late.catch_up()
        return answer

    monkeypatch.setattr(log.store, "changes", taken_down_meanwhile)
    await late.open(created, 50)
    assert late.open_now(created, 50) is None
    assert types(await late.open(created, 50)).count("entry.deleted") == 2


async def test_no_more_is_kept_of_it_than_there_is_room_for(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    created = await log.begin()
    cursors = [await log.publish(id_) for id_ in "abcde"]
    late = await log.channel()
    monkeypatch.setattr(window_module, "WINDOW_EVENTS", 2)
    assert len((await late.open(created, 50)).frames) == 5
    assert late.open_now(created, 50) is None
    at_hand = late.open_now(cursors[2], 50)
    assert at_hand is not None
    assert [message["entry"]["id"] for message in messages(at_hand.frames)] == ["d", "e"]


async def test_a_reader_that_is_further_than_this_node_is_taken_as_it_is(log: Log, channel: Channel) -> None:
    tip = await log.publish("a")
    assert channel.tip < tip
    opening = await channel.open(tip, 50)
    assert (opening.mode, opening.frames) == ("resumed", [])
    await channel.catch_up()
    assert channel.after(tip) == ()


@pytest.mark.parametrize(("ms", "reason"), [(-5, "trimmed"), (60_000, "fork")])
async def test_a_cursor_that_is_not_in_the_log_is_reset_with_its_reason(log: Log, ms: int, reason: str) -> None:
    created = await log.begin()
    tip = await log.publish("a")
    channel = await log.channel()
    opening = await channel.open(Cursor(created.ms + ms, 0), 50)
    assert (opening.mode, opening.reason, opening.cursor) == ("reset", reason, tip)
    assert [entry["id"] for entry in decoded(opening.snapshot)["entries"]] == ["a"]


async def test_a_cursor_that_was_trimmed_away_is_reset(log: Log, channel: Channel) -> None:
    first = await log.publish("a")
    await log.publish("b", "c")
    log.trim(1)
    opening = await (await log.channel()).open(first, 50)
    assert (opening.mode, opening.reason) == ("reset", "trimmed")


async def test_one_that_is_too_far_behind_is_reset(log: Log) -> None:
    created = await log.begin()
    for start in range(0, FURTHEST_BEHIND + 1, 500):
        count = min(500, FURTHEST_BEHIND + 1 - start)
        await log.publish(*(f"e{start + number}" for number in range(count)))
    channel = await log.channel()
    opening = await channel.open(created, 1)
    assert (opening.mode, opening.reason) == ("reset", "behind")
    changes = await log.store.changes("c", created, limit=1)
    opening = await channel.open(changes.events[0].cursor, 1)
    assert (opening.mode, len(opening.frames)) == ("resumed", FURTHEST_BEHIND)


async def test_what_the_window_has_no_room_for_is_too_far_behind(log: Log) -> None:
    created = await log.begin()
    count = WINDOW_BYTES // 195_000 + 1
    first, *_ = [await log.publish(f"e{number}", text="x" * 195_000) for number in range(count)]
    late = await log.channel()
    assert (await late.open(first, 50)).mode == "resumed"
    assert late.open_now(first, 50) is not None
    opening = await late.open(created, 1)
    assert (opening.mode, opening.reason) == ("reset", "behind")


async def test_the_page_is_read_once_for_all_who_ask_at_the_same_time(log: Log, channel: Channel) -> None:
    await log.publish("a")
    await channel.catch_up()
    snapshots = await asyncio.gather(*(channel.snapshot(50) for _ in range(20)))
    assert len({id(snapshot) for snapshot in snapshots}) == 1
    assert await channel.snapshot(50) is snapshots[0]
    await log.publish("b")
    await channel.catch_up()
    assert await channel.snapshot(50) is not snapshots[0]


async def test_a_reader_that_gives_up_waiting_takes_the_page_from_nobody(log: Log, channel: Channel) -> None:
    waiting = [asyncio.ensure_future(channel.snapshot(50)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    assert (await waiting[1]) is (await waiting[2])


async def test_pages_of_many_lengths_are_not_all_kept(log: Log, channel: Channel) -> None:
    await log.publish("a")
    await channel.catch_up()
    for limit in range(1, 60):
        assert len(decoded((await channel.snapshot(limit)).message)["entries"]) == 1
    assert len(channel._snapshots) < 20


async def test_pages_that_are_very_long_are_not_all_kept(
    log: Log, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.publish("a", text="x" * 1_000)
    await channel.catch_up()
    length = len((await channel.snapshot(1)).message)
    monkeypatch.setattr(channel_module, "KEPT_BYTES", 3 * length)
    for limit in range(1, 12):
        await channel.snapshot(limit)
        assert sum(len(one.message) for one in channel._snapshots.values()) <= 3 * length


# ---------------------------------------------------------------- the end


async def test_of_an_ended_coverage_the_end_is_delivered_after_the_page(log: Log, channel: Channel) -> None:
    before = await log.publish("a")
    end = await log.end()
    await channel.catch_up()
    for opening in (await channel.open(None, 50), await (await log.channel()).open(None, 50)):
        (ended,) = messages(opening.frames)
        assert (opening.cursor, ended["prev"], ended["cursor"]) == (before, str(before), str(end))
        assert ended["type"] == "coverage.ended"
        assert decoded(opening.snapshot)["cursor"] == str(before)
        assert not opening.ended


async def test_who_has_the_end_already_is_told_so(log: Log, channel: Channel) -> None:
    end = await log.end()
    await channel.catch_up()
    for one in (channel, await log.channel()):
        opening = await one.open(end, 50)
        assert (opening.mode, opening.frames, opening.ended) == ("resumed", (), True)
    await log.reopen()
    await channel.catch_up()
    assert not (await channel.open(channel.tip, 50)).ended


async def test_a_correction_after_the_end_comes_with_the_end_again(log: Log, channel: Channel) -> None:
    await log.publish("a")
    end = await log.end()
    await log.revise("a", "y")
    await channel.catch_up()
    assert types(await channel.open(end, 50)) == ["entry.revised", "coverage.ended"]
    assert channel.ended


# ---------------------------------------------------------------- following


async def test_events_are_taken_over_once_each_in_their_order(log: Log, channel: Channel) -> None:
    start = channel.tip
    await log.publish(*(f"e{number}" for number in range(20)))
    read = await asyncio.gather(channel.catch_up(), channel.catch_up())
    assert sum(read) == 20
    frames = channel.after(start)
    assert frames is not None
    assert [frame.prev for frame in frames] == [start, *(frame.cursor for frame in frames[:-1])]
    assert channel.tip == await log.tip()


async def test_the_window_holds_so_many_events_and_no_more(log: Log, channel: Channel) -> None:
    start = channel.tip
    for batch in range(3):
        await log.publish(*(f"e{batch}-{number}" for number in range(500)))
        await channel.catch_up()
    assert channel.after(start) is None
    assert not channel.covers(start)
    oldest = next(iter(channel._window))
    assert len(channel._window) == WINDOW_EVENTS
    assert channel.covers(oldest.prev)
    assert len(channel.after(oldest.prev) or ()) == WINDOW_EVENTS


async def test_the_window_holds_so_many_bytes_and_no_more(
    log: Log, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window_module, "WINDOW_BYTES", 10_000)
    for number in range(8):
        await log.publish(f"e{number}", text="x" * 3_000)
        await channel.catch_up()
    kept = sum(len(frame.message) for frame in channel._window)
    assert kept == channel._window.bytes <= 10_000
    await log.publish("huge", text="x" * 20_000)
    await channel.catch_up()
    assert [frame.entry for frame in channel._window] == ["huge"]


async def test_what_was_taken_down_is_not_replayed_from_the_window(log: Log, channel: Channel) -> None:
    start = channel.tip
    await log.publish("a", "b", text="secret")
    await channel.catch_up()
    await log.revise("a", "secret")
    await channel.catch_up()
    await log.delete("a")
    await channel.catch_up()
    frames = channel.after(start) or ()
    assert [frame.type for frame in frames] == ["entry.deleted", "entry.published", "entry.deleted", "entry.deleted"]
    assert [frame.message.count(b"secret") for frame in frames] == [0, 1, 0, 0]
    assert sum(len(frame.message) for frame in channel._window) == channel._window.bytes


async def test_who_waits_is_woken_by_what_is_new(log: Log, channel: Channel) -> None:
    waiting = asyncio.ensure_future(channel.wait())
    await log.publish("a")
    await channel.catch_up()
    await asyncio.wait_for(waiting, 5)


# ---------------------------------------------------------------- readers that are written to


async def test_readers_at_the_tip_get_every_message_in_one_write(log: Log, channel: Channel) -> None:
    plain, other = Reader(), Reader()
    for reader in (plain, other):
        channel.join(reader, channel.tip)
    await log.publish("a", "b")
    await channel.catch_up()
    assert len(plain.got) == 1
    assert plain.got == other.got
    assert plain.got[0].count(b'"entry.published"') == 2
    channel.part(other)
    await log.publish("c")
    await channel.catch_up()
    assert (len(plain.got), len(other.got)) == (2, 1)


async def test_a_reader_that_is_further_than_this_node_looks_for_itself(log: Log, channel: Channel) -> None:
    tip = await log.publish("a")
    reader = Reader()
    channel.join(reader, tip)
    await channel.catch_up()
    assert (reader.got, reader.called) == ([], [None])


async def test_at_the_end_every_reader_looks_for_itself(log: Log, channel: Channel) -> None:
    reader = Reader()
    channel.join(reader, channel.tip)
    end = await log.end()
    await channel.catch_up()
    assert (len(reader.got), reader.called) == (1, [end])
    assert len(channel.fanout) == 0


async def test_nothing_that_comes_with_privacy_is_written_to_who_showed_no_token(log: Log, channel: Channel) -> None:
    await log.publish("a")
    await channel.catch_up()
    reader, stands = Reader(), channel.tip
    channel.join(reader, stands)
    await log.change(visibility="private", title="Secret")
    await log.publish("secret")
    await channel.catch_up()
    assert (reader.got, reader.called) == ([], [stands])
    assert channel.private


async def test_a_page_tells_the_channel_of_privacy_before_the_follower_does(log: Log, channel: Channel) -> None:
    await log.change(visibility="private")
    await channel.open(None, 50)
    assert channel.private
    await channel.catch_up()
    await log.change(visibility="public")
    await channel.catch_up()
    assert not channel.private


# ---------------------------------------------------------------- a log that is not what it was


@pytest.mark.parametrize("deflate", [False, True])
async def test_who_was_written_an_entry_by_halves_is_sent_away_and_nobody_else_misses_it(
    log: Log, channel: Channel, deflate: bool
) -> None:
    start = channel.tip
    written, starved, ahead = Reader(), Reader(deflate=deflate), Reader()

    def write(_: bytes) -> None:
        raise MemoryError

    starved.write = write
    for reader in (written, starved):
        channel.join(reader, start)
    tip = await log.publish("a", "b")
    channel.join(ahead, tip)
    with pytest.raises(MemoryError):
        await channel.catch_up()
    assert (written.failed, starved.failed, len(channel.fanout)) == (True, True, 0)
    assert ahead.called == [None]
    # Who comes back, or waited with a position of its own, finds each event once.
    await channel.catch_up()
    opening = await channel.open(start, 50)
    assert (opening.mode, types(opening)) == ("resumed", ["entry.published", "entry.published"])
    assert [frame.entry for frame in channel.after(start) or ()] == ["a", "b"]
    last = await log.publish("c")
    await channel.catch_up()
    assert [frame.entry for frame in channel.after(start) or ()] == ["a", "b", "c"]
    assert channel.tip == last


async def test_a_fork_goes_back_to_what_is_still_there(log: Log, channel: Channel) -> None:
    first = await log.publish("a")
    lost = [await log.publish("b"), await log.publish("c")]
    await channel.catch_up()
    reader = Reader()
    channel.join(reader, channel.tip)
    log.lose(*lost)
    await log.publish("d")
    await channel.catch_up()
    assert channel.forks == 1
    assert reader.called == [lost[-1]]
    assert [message["entry"]["id"] for message in messages(channel.after(first))] == ["d"]
    for cursor in lost:
        opening = await channel.open(cursor, 50)
        assert (opening.mode, opening.reason) == ("reset", "fork")
    assert (await channel.open(first, 50)).mode == "resumed"


async def test_a_fork_before_the_window_begins_anew_from_the_head(log: Log) -> None:
    created = await log.begin()
    end = await log.end()
    channel = await log.channel()
    assert channel.ended
    log.lose(end)
    await log.change(visibility="private")
    await channel.catch_up()
    assert (channel.forks, channel.private) == (1, True)
    assert channel.tip == await log.tip() > created


async def test_a_page_beyond_the_tip_that_a_failover_took_back_is_not_given_out_again(
    log: Log, channel: Channel
) -> None:
    kept = await log.publish("a")
    await channel.catch_up()
    lost = await log.publish("lost")
    reader = Reader()
    opening = await channel.open(None, 50)
    channel.join(reader, opening.cursor)
    assert opening.cursor == lost
    log.lose(lost)
    await channel.catch_up(after_fault=True)
    assert (channel.tip, channel.forks, reader.called) == (kept, 1, [None])
    reset = await channel.continue_from(lost, 50)
    assert isinstance(reset, Opening)
    assert (reset.mode, reset.reason, reset.cursor) == ("reset", "fork", kept)
    assert (await channel.open(None, 50)).cursor == kept


async def test_what_comes_after_a_page_that_a_failover_took_back_shows_that_it_did(log: Log, channel: Channel) -> None:
    await log.publish("a")
    await channel.catch_up()
    lost = await log.publish("lost")
    await channel.open(None, 50)
    log.lose(lost)
    await log.publish("b")
    await channel.catch_up()
    assert channel.forks == 1


async def test_a_page_beyond_the_tip_is_as_good_as_any_while_the_log_has_its_place(log: Log, channel: Channel) -> None:
    await log.publish("a")
    await channel.open(None, 50)
    await log.publish("b")
    await channel.catch_up(after_fault=True)
    await channel.catch_up()
    assert channel.forks == 0


async def test_a_coverage_that_the_store_lost_is_found_out_and_followed_when_it_is_made_again(
    log: Log, channel: Channel
) -> None:
    stands = await log.publish("a")
    await channel.catch_up()
    reader = Reader()
    channel.join(reader, stands)
    log.lose_all()
    with pytest.raises(UnknownCoverage):
        await channel.catch_up()
    channel.lose()
    assert reader.called == [stands]
    with pytest.raises(UnknownCoverage):
        await channel.continue_from(stands, 50)
    await log.begin()
    tip = await log.publish("new")
    await channel.catch_up()
    assert channel.tip == tip
    opening = await channel.open(stands, 50)
    assert opening.mode == "reset"
    assert [entry["id"] for entry in decoded(opening.snapshot)["entries"]] == ["new"]
