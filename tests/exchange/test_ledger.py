"""The book of notes."""

from __future__ import annotations

from feed.exchange.ledger import Ledger


def test_notes_come_in_the_order_of_the_file() -> None:
    ledger = Ledger()
    ledger.left_out("page", "last")
    ledger.assumed("entry 2", "second", line=9)
    ledger.changed("entry 1", "first", line=3)
    assert [note.message for note in ledger.notes()] == ["first", "second", "last"]


def test_what_is_true_of_many_entries_is_one_note() -> None:
    ledger = Ledger()
    for where in ("entry 3", "entry 1", "page head", "entry 2", "entry 7", "entry 7"):
        ledger.repeated("left_out", where, "same")
    (note,) = ledger.notes()
    assert note.where == "page head, entries 1-3, 7"


def test_many_places_are_counted() -> None:
    ledger = Ledger()
    for number in range(20):
        ledger.repeated("left_out", f"field {number}", "same")
    assert ledger.notes()[0].where.endswith("field 11, 8 more")


def test_excerpts_are_short_and_on_one_line() -> None:
    ledger = Ledger()
    ledger.left_out("page", "x", excerpt="a\n\x1b[2Jb " * 100)
    excerpt = ledger.notes()[0].excerpt
    assert len(excerpt) == 201
    assert excerpt.isprintable()
