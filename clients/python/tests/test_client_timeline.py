"""The timeline alone: whatever comes in whatever order, the page is the same."""

from __future__ import annotations

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from feed_client.message import Json, Message
from feed_client.timeline import Timeline, place


def entry(id_: str, revision: int = 1, minute: int = 0, **fields: Any) -> Json:
    at = f"2026-11-23T03:{minute:02d}:00.000Z"
    return {"id": id_, "revision": revision, "status": "published", "display_at": at, **fields}


def coverage(revision: int, status: str = "live", **fields: Any) -> Json:
    return {"id": "c", "title": f"Title {revision}", "status": status, "revision": revision, **fields}


def message(type_: str, cursor: int, **fields: Any) -> Message:
    return cast(Message, {"type": type_, "cursor": f"{cursor}-0", "prev": f"{cursor - 1}-0", **fields})


def snapshot(cursor: int, entries: list[Json], next_: str | None = None, head: Json | None = None) -> Message:
    return cast(
        Message,
        {
            "type": "snapshot",
            "cursor": f"{cursor}-0",
            "entries": entries,
            "coverage": head or coverage(1),
            "next": next_,
        },
    )


def ids(timeline: Timeline) -> list[str]:
    return [entry["id"] for entry in timeline.entries]


def test_entries_stand_newest_first_by_display_time_then_id() -> None:
    timeline = Timeline()
    timeline.apply(snapshot(0, []))
    for n, new in enumerate([entry("a", minute=5), entry("c", minute=3), entry("b", minute=5)], 1):
        timeline.apply(message("entry.published", n, entry=new))
    assert ids(timeline) == ["b", "a", "c"]


def test_a_revision_replaces_the_entry_and_can_move_it() -> None:
    timeline = Timeline()
    timeline.apply(snapshot(0, [entry("b", minute=2), entry("a", minute=1)]))
    assert timeline.apply(message("entry.revised", 1, entry=entry("a", 2, 9, headline="New")))
    assert ids(timeline) == ["a", "b"]
    assert timeline.entries[0]["headline"] == "New"


def test_a_retraction_stays_in_its_place() -> None:
    timeline = Timeline()
    timeline.apply(snapshot(0, [entry("b", minute=2), entry("a", minute=1)]))
    timeline.apply(message("entry.retracted", 1, entry=entry("a", 2, 1, status="retracted")))
    assert ids(timeline) == ["b", "a"]
    assert timeline.entries[1]["status"] == "retracted"


def test_a_deletion_holds_even_when_it_comes_before_the_entry() -> None:
    timeline = Timeline()
    timeline.apply(snapshot(0, []))
    timeline.apply(message("entry.deleted", 2, id="a", reason="Wrong person"))
    assert not timeline.apply(message("entry.published", 1, entry=entry("a")))
    assert ids(timeline) == []
    assert timeline.was_deleted("a")
    assert timeline.cursor == "2-0"


def test_the_same_change_twice_changes_nothing() -> None:
    timeline = Timeline()
    timeline.apply(snapshot(0, []))
    assert timeline.apply(message("entry.published", 1, entry=entry("a")))
    timeline.apply(message("entry.published", 2, entry=entry("b")))
    assert not timeline.apply(message("entry.published", 1, entry=entry("a")))
    assert timeline.cursor == "2-0"


def test_the_end_brings_the_successor_and_reopening_takes_it_away() -> None:
    timeline = Timeline()
    timeline.apply(snapshot(0, []))
    there = {"title": "Part two", "url": "https://live.example/c/two"}
    timeline.apply(message("coverage.ended", 1, coverage=coverage(2, "ended", successor=there)))
    assert (timeline.ended, timeline.successor) == (True, there)
    timeline.apply(message("coverage.reopened", 2, coverage=coverage(3)))
    assert (timeline.ended, timeline.successor) == (False, None)


def test_the_pinned_entry_is_found() -> None:
    timeline = Timeline()
    timeline.apply(snapshot(0, [entry("a")]))
    assert timeline.pinned is None
    timeline.apply(message("coverage.changed", 1, coverage=coverage(2, pin="a")))
    assert timeline.pinned == entry("a")


def test_a_snapshot_starts_over() -> None:
    timeline = Timeline()
    timeline.apply(snapshot(0, [entry("a")]))
    timeline.apply(message("entry.deleted", 1, id="a"))
    timeline.apply(snapshot(7, [entry("a"), entry("b")]))
    assert sorted(ids(timeline)) == ["a", "b"]
    assert timeline.cursor == "7-0"


def test_types_it_does_not_know_only_move_the_cursor() -> None:
    timeline = Timeline()
    timeline.apply(snapshot(0, []))
    assert not timeline.apply(message("entry.applauded", 1))
    assert not timeline.apply(cast(Message, {"type": "audience", "count": 3}))
    assert timeline.cursor == "1-0"


def test_changes_below_the_window_are_shown_when_the_page_between_is_there() -> None:
    timeline = Timeline()
    timeline.apply(snapshot(0, [entry("d", minute=9), entry("c", minute=8)], next_="there"))
    timeline.apply(message("entry.published", 1, entry=entry("late", minute=1)))
    assert ids(timeline) == ["d", "c"]
    timeline.add_page({"entries": [entry("b", minute=5)], "next": "more"})
    assert ids(timeline) == ["d", "c", "b"]
    timeline.add_page({"entries": [entry("a", minute=0)], "next": None})
    assert ids(timeline) == ["d", "c", "b", "late", "a"]


def test_a_timeline_can_be_kept_and_taken_up_again() -> None:
    timeline = Timeline()
    timeline.apply(snapshot(0, [entry("d", minute=9), entry("c", minute=8)], next_="there"))
    timeline.apply(message("entry.published", 1, entry=entry("e", minute=10)))
    again = Timeline()
    again.apply(timeline.as_snapshot())
    assert (again.entries, again.coverage, again.cursor, again.next) == (
        timeline.entries,
        timeline.coverage,
        timeline.cursor,
        timeline.next,
    )


def histories() -> st.SearchStrategy[list[Message]]:
    """Logs as a server writes them: revisions count up, nothing follows a deletion, the head has its own count."""
    steps = st.lists(st.tuples(st.sampled_from("prxdch"), st.integers(0, 4), st.integers(0, 9)), max_size=25)
    return steps.map(_history)


def _history(steps: list[tuple[str, int, int]]) -> list[Message]:
    log: list[Message] = []
    revisions: dict[str, int] = {}
    gone: set[str] = set()
    head = 1
    for what, number, minute in steps:
        id_, cursor = f"e{number}", len(log) + 1
        if what in "ch":
            head += 1
            type_ = "coverage.ended" if what == "c" else "coverage.changed"
            log.append(message(type_, cursor, coverage=coverage(head, "ended" if what == "c" else "live")))
        elif what == "p" and id_ not in revisions:
            revisions[id_] = 1
            log.append(message("entry.published", cursor, entry=entry(id_, 1, minute)))
        elif id_ in revisions and id_ not in gone and what in "rx":
            revisions[id_] += 1
            type_ = "entry.revised" if what == "r" else "entry.retracted"
            log.append(message(type_, cursor, entry=entry(id_, revisions[id_], minute)))
        elif id_ in revisions and id_ not in gone and what == "d":
            gone.add(id_)
            log.append(message("entry.deleted", cursor, id=id_))
    return log


def fold(messages: list[Message], head: Json | None = None) -> Timeline:
    timeline = Timeline()
    timeline.apply(snapshot(0, [], head=head))
    for one in messages:
        timeline.apply(one)
    return timeline


@given(st.data(), histories())
def test_any_order_and_any_repeats_give_the_same_page(data: st.DataObject, log: list[Message]) -> None:
    mixed = data.draw(st.permutations(log + [one for one in log if data.draw(st.booleans())]))
    straight, other = fold(log), fold(mixed)
    assert other.entries == straight.entries
    assert other.coverage == straight.coverage
    assert other.cursor == straight.cursor


@given(st.data(), histories())
def test_a_snapshot_anywhere_and_the_rest_give_the_same_page(data: st.DataObject, log: list[Message]) -> None:
    cut = data.draw(st.integers(0, len(log)))
    limit = data.draw(st.integers(1, 5))
    full, at_cut = fold(log), fold(log[:cut])
    page, rest = at_cut.entries[:limit], at_cut.entries[limit:]
    late = Timeline()
    late.apply(snapshot(cut, page, next_="more" if rest else None, head=at_cut.coverage))
    for one in log[cut:]:
        late.apply(one)
    # What is shown has no hole: it is the head of the whole page …
    assert late.entries == full.entries[: len(late.entries)]
    # … and the older page, fetched at any time, completes it.
    if rest:
        late.add_page({"entries": rest, "next": None})
    assert late.entries == full.entries
    assert late.entries == sorted(late.entries, key=place, reverse=True)
    assert late.cursor == full.cursor
