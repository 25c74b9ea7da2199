"""How an import is cut into requests, and where it goes."""

from __future__ import annotations

from typing import Any

import pytest
from feed_client.requests import encode
from hypothesis import given
from hypothesis import strategies as st

from feed.cli.delivery import BATCH, BATCH_BYTES, batches, coverage_id
from feed.cli.tokens import seconds
from feed.exchange import Imported


@given(st.lists(st.integers(0, 300_000), max_size=250))
def test_batches_hold_every_entry_once_in_order_and_are_small_enough(lengths: list[int]) -> None:
    drafts: list[dict[str, Any]] = [{"id": f"e{n}", "text": "x" * length} for n, length in enumerate(lengths)]
    cut = list(batches(drafts))
    assert [draft for batch in cut for draft in batch] == drafts
    for batch in cut:
        assert len(batch) <= BATCH
        assert len(batch) == 1 or sum(len(encode(draft)) for draft in batch) <= BATCH_BYTES


@pytest.mark.parametrize("title", ["Budget day", "  Ünïcode – and „quotes“  ", "Երևան", "", "a" * 500])
def test_a_page_always_goes_to_the_same_valid_place(title: str) -> None:
    entries = [{"id": "first", "display_at": "2026-11-23T03:33:00.000Z"}]
    imported = Imported(format="feed", coverage={"title": title}, entries=entries)
    id_ = coverage_id(imported)
    assert id_ == coverage_id(imported)
    assert len(id_) <= 100
    assert id_[0].isalnum()
    assert id_.isascii()


def test_another_page_of_the_same_title_goes_elsewhere() -> None:
    pages = [
        Imported(format="feed", coverage={"title": "Live"}, entries=[{"id": id_, "display_at": ""}])
        for id_ in ("a", "b")
    ]
    assert coverage_id(pages[0]) != coverage_id(pages[1])


@pytest.mark.parametrize(("text", "expected"), [("90", 90), ("15m", 900), ("12h", 43_200), ("30d", 2_592_000)])
def test_a_length_of_time_in_seconds(text: str, expected: int) -> None:
    assert seconds(text) == expected
