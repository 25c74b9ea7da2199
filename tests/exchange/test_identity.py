"""Ids of entries."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.exchange.identity import Identities, identifier
from feed.exchange.ledger import Ledger


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("update-2", "update-2"),
        ("urn:newsml:courier:7", "urn:newsml:courier:7"),
        (" 42 ", "42"),
        ("https://courier.example/live/flood#update-2", "update-2"),
        ("#update-2", "update-2"),
        ("https://courier.example/live/2026/update-2/", "update-2"),
    ],
)
def test_a_name_that_fits_is_kept(name: str, id_: str) -> None:
    assert identifier(name) == id_


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a b", "é", "x" * 121, "https://courier.example/?p=7", "http://[", "/a/b"]
)
def test_any_other_becomes_a_digest(name: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{20}", identifier(name))


def test_two_addresses_that_differ_in_their_query_have_two_ids() -> None:
    assert identifier("https://courier.example/live?p=1") != identifier("https://courier.example/live?p=2")


@given(st.lists(st.sampled_from(["a", "a-2", "a-3", "b", "é"]) | st.text(max_size=5), max_size=20))
def test_no_two_entries_share_an_id(names: list[str]) -> None:
    ledger = Ledger()
    identities = Identities(ledger)
    taken = [identities.take(name, "entry 1") for name in names]
    assert len(set(taken)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_.:\-]{1,128}", id_) for id_ in taken)
    assert len(ledger.notes()) == sum(identifier(name) != id_ for name, id_ in zip(names, taken, strict=True))
