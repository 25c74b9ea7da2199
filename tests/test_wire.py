"""JSON in and JSON out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.drafts import CoverageDraft, EntryDraft, RetractionDraft
from feed.errors import BodyTooLarge, FeedError, InvalidInput, MalformedBody
from feed.model import Coverage, Cursor, Entry, Event, Image, Moment, Quote, Text
from feed.wire import (
    auth_message,
    batch_receipt,
    changes_page,
    coverage_document,
    coverage_from_json,
    decode,
    decode_lines,
    deletion,
    encode,
    entries_page,
    entry_from_json,
    entry_receipt,
    error_message,
    event_message,
    hello_message,
    snapshot_message,
)

AT = Moment("2026-11-23T03:33:00.123Z")
CURSOR, PREV = Cursor(1_795_404_780_123, 1), Cursor(1_795_404_780_000, 0)


def an_entry(**fields: Any) -> Entry:
    return Entry(id="e", revision=1, status="published", display_at=AT, published_at=AT, updated_at=AT, **fields)


def a_coverage(**fields: Any) -> Coverage:
    return Coverage(
        id="c",
        title="T",
        status="live",
        visibility="public",
        revision=1,
        created_at=AT,
        updated_at=AT,
        language="en",
        **fields,
    )


def test_what_is_at_its_default_is_left_out() -> None:
    assert json.loads(encode(an_entry())) == {
        "id": "e",
        "revision": 1,
        "status": "published",
        "display_at": AT,
        "published_at": AT,
        "updated_at": AT,
    }
    assert json.loads(encode(a_coverage())) == {
        "id": "c",
        "title": "T",
        "status": "live",
        "visibility": "public",
        "revision": 1,
        "created_at": AT,
        "updated_at": AT,
        "language": "en",
    }


def test_entries_and_coverages_come_back_as_they_were() -> None:
    entry = an_entry(
        headline="“Grüße”",
        blocks=(Text(html="<p>x</p>"), Quote(html="<p>y</p>", by="z"), Image(url="/i.png", alt="")),
        key_event=True,
        kind="analysis",
        importance=3,
        labels=("a", "b"),
    )
    assert entry_from_json(encode(entry)) == entry
    coverage = a_coverage(key_points=("one", "two"), pin="e")
    assert coverage_from_json(encode(coverage)) == coverage


@pytest.mark.parametrize("type_", ["entry.published", "entry.revised", "entry.retracted"])
def test_an_event_of_an_entry_carries_it(type_: Any) -> None:
    event = Event(type=type_, cursor=CURSOR, prev=PREV, data=b'{"id":"e"}', entry="e")
    assert json.loads(event_message(event)) == {
        "type": type_,
        "cursor": "1795404780123-1",
        "prev": "1795404780000-0",
        "at": "2026-11-23T03:33:00.123Z",
        "entry": {"id": "e"},
    }


@pytest.mark.parametrize("type_", ["coverage.changed", "coverage.ended", "coverage.reopened"])
def test_an_event_of_the_coverage_carries_it(type_: Any) -> None:
    message = json.loads(event_message(Event(type=type_, cursor=CURSOR, prev=PREV, data=b'{"id":"c"}')))
    assert message["type"] == type_
    assert message["coverage"] == {"id": "c"}


def test_a_deletion_says_which_and_why_and_nothing_else() -> None:
    event = Event(type="entry.deleted", cursor=CURSOR, prev=PREV, data=b'{"id":"e","reason":"law"}', entry="e")
    message = json.loads(event_message(event))
    assert (message["id"], message["reason"]) == ("e", "law")
    assert message["entry"] == {"id": "e", "reason": "law"}
    assert set(message) == {"type", "cursor", "prev", "at", "id", "reason", "entry"}
    assert json.loads(deletion(b'{"id":"e"}')) == {"id": "e", "status": "deleted"}


def test_hello_says_where_the_reader_stands() -> None:
    assert json.loads(hello_message("c", "resumed", CURSOR, 20)) == {
        "type": "hello",
        "v": 1,
        "coverage": "c",
        "mode": "resumed",
        "cursor": "1795404780123-1",
        "heartbeat": 20,
    }
    assert json.loads(hello_message("c", "reset", CURSOR, 20, "behind"))["reason"] == "behind"


def test_pages_and_receipts_are_put_together_around_what_is_kept() -> None:
    snapshot = json.loads(snapshot_message(b'{"id":"c"}', [b'{"id":"b"}', b'{"id":"a"}'], CURSOR, "12-a"))
    assert snapshot == {
        "type": "snapshot",
        "coverage": {"id": "c"},
        "entries": [{"id": "b"}, {"id": "a"}],
        "cursor": "1795404780123-1",
        "next": "12-a",
    }
    assert json.loads(entries_page([], CURSOR, None)) == {"entries": [], "cursor": str(CURSOR), "next": None}
    page = changes_page([b'{"type":"x"}'], CURSOR, up_to_date=True, ended=False)
    assert json.loads(page) == {
        "events": [{"type": "x"}],
        "cursor": str(CURSOR),
        "up_to_date": True,
        "ended": False,
    }
    assert json.loads(coverage_document(b'{"id":"c"}', CURSOR)) == {"id": "c", "cursor": str(CURSOR)}
    durability = {"fsync": "always", "replicas": 0}
    receipt = {"entry": {"id": "e"}, "cursor": str(CURSOR)}
    assert json.loads(entry_receipt(b'{"id":"e"}', CURSOR, durability)) == receipt | {"durability": durability}
    batch = json.loads(batch_receipt([entry_receipt(b'{"id":"e"}', CURSOR)], durability))
    assert batch == {"receipts": [receipt], "durability": durability}


def test_errors_and_requests_for_a_token_are_messages() -> None:
    assert json.loads(error_message("x", "y", retryable=True, retry_after_ms=7)) == {
        "type": "error",
        "code": "x",
        "detail": "y",
        "retryable": True,
        "retry_after_ms": 7,
    }
    assert "retry_after_ms" not in json.loads(error_message("x", "y"))
    assert json.loads(auth_message(60_000)) == {"type": "auth", "within_ms": 60_000}


@pytest.mark.parametrize(
    ("text", "half", "place"),
    [
        (r"\ud800", r"\ud800", 10),
        (r"\ud800 and what follows", r"\ud800", 10),
        (r"x\uDC00", r"\uDC00", 11),
        (r"\ud83d\u0041", r"\ud83d", 10),
        (r"\ud83d\ud83d\ude00", r"\ud83d", 10),
        (r"\ude00\ud83d", r"\ude00", 10),
        (r"\\\ud800", r"\ud800", 12),
        (r"\ud83d\ude00\ud83d", r"\ud83d", 22),
        (r"\ud83d\n", r"\ud83d", 10),
    ],
)
def test_half_a_character_is_named(text: str, half: str, place: int) -> None:
    body = b'{"title":"%b"}' % text.encode()
    with pytest.raises(MalformedBody) as caught:
        decode(body, CoverageDraft)
    assert f"{half} at byte {place} is half of a character" in caught.value.detail
    with pytest.raises(InvalidInput) as refused:
        decode_lines(b'{"title":"a"}\n' + body, CoverageDraft, at_most=9)
    assert refused.value.extra["line"] == 2
    assert refused.value.detail.startswith(f"Line 2: The body is not valid JSON: {half} at byte {place} is half")


@pytest.mark.parametrize("cut", [r"\ud83d", r"\ud83d\\"[:-1], r"\ud83d\u", r"\ud83d\ude0", r"\\ud800", r"\ud8"])
def test_what_was_cut_is_not_taken_for_half_a_character(cut: str) -> None:
    with pytest.raises(MalformedBody) as caught:
        decode(b'{"title":"' + cut.encode(), CoverageDraft)
    assert "truncated" in caught.value.detail


def test_both_halves_are_a_character() -> None:
    assert decode(rb'{"title":"\ud83d\uDE00 \\ud800"}', CoverageDraft).title == "\U0001f600 \\ud800"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{}x", b"{'a':1}", b'{"text":"\xff"}', b'{"text":"\\ud800"}', b"\xef\xbb\xbf{}", b"NaN"]
)
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBody) as caught:
        decode(body, EntryDraft)
    assert caught.value.detail


def test_what_is_nested_without_end_is_refused() -> None:
    with pytest.raises(InvalidInput):
        decode(b"[" * 100_000, EntryDraft)
    with pytest.raises(MalformedBody, match="nested"):
        decode(b"[" * 100_000, list[Any])


def test_a_batch_is_one_value_a_line_and_empty_lines_count_only_as_lines() -> None:
    drafts = decode_lines(b'{"text":"a"}\n\n  \r\n{"text":"b"}\r\n', EntryDraft, at_most=2)
    assert [draft.text for draft in drafts] == ["a", "b"]
    with pytest.raises(InvalidInput) as caught:
        decode_lines(b'{"text":"a"}\n\n{"texxt":"b"}', EntryDraft, at_most=2)
    assert caught.value.extra["line"] == 3
    assert caught.value.field == "texxt"
    assert "text" in caught.value.extra["allowed"]
    assert caught.value.detail.startswith("Line 3: ")
    assert caught.value.status == 422


def test_a_line_that_is_no_json_is_a_fault_of_the_batch() -> None:
    with pytest.raises(InvalidInput) as caught:
        decode_lines(b'{"text":"a"}\n{', EntryDraft, at_most=9)
    assert (caught.value.status, caught.value.extra["line"]) == (422, 2)


def test_a_batch_has_at_least_one_line_and_not_too_many() -> None:
    for empty in (b"", b"\n", b" \r\n \n"):
        with pytest.raises(InvalidInput, match="no entry"):
            decode_lines(empty, EntryDraft, at_most=2)
    with pytest.raises(BodyTooLarge, match="More than 2") as caught:
        decode_lines(b'{"text":"a"}\n' * 3, EntryDraft, at_most=2)
    assert caught.value.extra["line"] == 3


def refusal(body: bytes, type_: type[Any]) -> FeedError | None:
    try:
        decode(body, type_)
    except FeedError as error:
        return error
    return None


@given(st.binary(max_size=200))
def test_any_bytes_are_a_draft_or_a_documented_error(body: bytes) -> None:
    for type_ in (EntryDraft, RetractionDraft):
        error = refusal(body, type_)
        assert error is None or error.status in (400, 422)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(EntryDraft.__struct_fields__) | st.text(max_size=5), _JSON, max_size=4))
def test_any_json_is_a_draft_or_an_error_that_names_the_field(document: dict[str, Any]) -> None:
    body = json.dumps(document)
    error = refusal(body.encode(), EntryDraft)
    if isinstance(error, MalformedBody):  # what Python writes and JSON does not know
        assert any(text in body for text in ("NaN", "Infinity", "\\ud"))
    elif error is not None:
        assert error.extra["field"] is not None
