"""Telling a file's format, and surviving any file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.drafts import CoverageDraft, EntryDraft
from feed.editing import new_entry
from feed.errors import ImportFormatError
from feed.exchange import FORMATS, export_json, read
from feed.wire import decode, encode

from . import test_atom, test_guardian, test_jsonfeed, test_own, test_rss, test_superdesk
from .samples import LIVE_BLOG, PAGE

FILES: dict[str, bytes] = {
    "livepage": PAGE.encode(),
    "jsonld": json.dumps(LIVE_BLOG).encode(),
    "feed": export_json(test_own.COVERAGE, test_own.ENTRIES),
    "jsonfeed": json.dumps(test_jsonfeed.FEED).encode(),
    "rss": test_rss.FEED.encode(),
    "atom": test_atom.FEED.encode(),
    "guardian": json.dumps(test_guardian.BLOG).encode(),
    "superdesk": json.dumps(test_superdesk.POSTS).encode(),
}


def test_every_format_has_a_file_here() -> None:
    assert set(FILES) == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_told_from_the_content(name: str) -> None:
    imported = read(FILES[name])
    assert imported.format == name
    assert imported == read(FILES[name], format=name)


@pytest.mark.parametrize("name", FORMATS)
def test_entries_are_in_the_order_that_readers_sort_by(name: str) -> None:
    order = [(entry["display_at"], entry["id"]) for entry in read(FILES[name]).entries]
    assert order == sorted(set(order))


@pytest.mark.parametrize("name", FORMATS)
def test_every_draft_is_one_that_is_published(name: str) -> None:
    imported = read(FILES[name])
    now = datetime(2026, 3, 13, tzinfo=UTC)
    for draft in imported.entries:
        entry = new_entry(decode(encode(draft), EntryDraft), now)
        assert entry.id == draft["id"]
        assert entry.display_at == draft["display_at"]
        assert len(entry.blocks) == len(draft["blocks"])
    assert decode(encode(imported.coverage), CoverageDraft).title == imported.coverage["title"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["livepage", "jsonld", "feed", "jsonfeed"])
def test_a_byte_order_mark_does_not_matter(name: str, encoding: str) -> None:
    assert read(FILES[name].decode().encode(encoding)).format == name


@pytest.mark.parametrize("head", ["", "<!-- a page -->\n", '<?xml version="1.0"?>\n', "<!DOCTYPE html>"])
def test_a_page_of_html_is_searched_for_linked_data(head: str) -> None:
    script = json.dumps(LIVE_BLOG).replace("</", r"<\/")
    page = f'{head}<html><script type="application/ld+json">{script}</script></html>'
    assert read(page.encode()).format == "jsonld"


def test_a_feed_is_known_behind_a_document_type_with_entities() -> None:
    feed = b"<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a 'b'>]><rss><channel><title>T</title></channel></rss>"
    with pytest.raises(ImportFormatError, match="Line 1: a document type is declared"):
        read(feed)


def test_a_plain_text_may_begin_with_a_bracket() -> None:
    assert read(b"[Live]\n- 12 Mar 2026 - 10:00(10:00 GMT)\nDam\nIt holds.\n").format == "livepage"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The file is empty"),
        (b"  \n", "The file is empty"),
        (b"Hello", "begins 'Hello', which is no format.*Allowed: feed, livepage, jsonld"),
        (b'{"a": 1}', r"JSON, an object with a, but neither.*Allowed"),
        (b"[1]", "JSON, a list, but neither"),
        (b"{", "Line 1 is not valid JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" + b"9" * 5_000 + b"]", "number too long"),
        (b"\x00\x01", "binary"),
        (b"<p>Hello</p>", "no schema.org LiveBlogPosting"),
        (b"\x89PNG\r\n\x1a\n", "neither UTF-8 nor|no format"),
    ],
)
def test_what_cannot_be_imported_is_refused_in_words(data: bytes, message: str) -> None:
    with pytest.raises(ImportFormatError, match=message):
        read(data)


def test_an_unknown_format_is_answered_with_those_there_are() -> None:
    with pytest.raises(ImportFormatError, match=r"no format 'word'\. Allowed: feed") as refused:
        read(b"", format="word")
    assert refused.value.extra["allowed"] == list(FORMATS)


def test_what_a_terminal_cannot_show_is_not_in_the_answer() -> None:
    with pytest.raises(ImportFormatError) as refused:
        read(json.dumps({"format": "feed-coverage", "version": "\ud800\x1b[2J"}).encode())
    assert refused.value.detail.isprintable()
    refused.value.detail.encode()


def survives(data: bytes, name: str | None) -> None:
    try:
        imported = read(data, format=name, name="file.txt")
    except ImportFormatError as error:
        error.detail.encode()
    else:
        json.dumps([imported.coverage, imported.entries, imported.ending]).encode()
        "".join(note.message + note.excerpt + note.where for note in imported.notes).encode()


NAMES = st.sampled_from([None, *FORMATS])


@given(st.binary(max_size=300), NAMES)
def test_any_bytes_are_read_or_refused(data: bytes, name: str | None) -> None:
    survives(data, name)


@given(st.text(max_size=300), NAMES)
def test_any_text_is_read_or_refused(text: str, name: str | None) -> None:
    survives(text.encode("utf-8", "surrogatepass"), name)


@given(st.data())
def test_any_damaged_file_is_read_or_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(FORMATS))
    whole = FILES[name]
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    survives(whole[:start] + data.draw(st.binary(max_size=8)) + whole[end:], data.draw(st.sampled_from([None, name])))


HOSTILE = [
    "http://[", "//", "<p>", "&#0;", "\ud800", "2026-03-12", "0001-01-01", "9999-12-31T23:59:59-12:00", "x" * 2_100,
]  # fmt: skip
SIMPLE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(HOSTILE)
KEYS = st.sampled_from(["@id", "@value", "name", "url", "type"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    SIMPLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_any_value_in_any_place_is_read_or_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["jsonld", "feed", "jsonfeed", "guardian", "superdesk"]))
    document = json.loads(FILES[name])
    node = document
    while isinstance(node, dict | list) and node:
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            node[key] = data.draw(VALUES)
            break
        node = node[key]
    survives(json.dumps(document).encode(), name)
