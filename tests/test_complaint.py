"""What is wrong with a producer's input, in words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from feed.complaint import explain
from feed.drafts import CoverageDraft, CoveragePatch, Ending, EntryDraft, EntryPatch, TokenDraft
from feed.errors import InvalidInput
from feed.wire import decode

ENTRY_FIELDS = sorted(EntryDraft.__struct_fields__)


def complaint(type_: Any, body: str) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        decode(body.encode(), type_)
    assert caught.value.status == 422
    return caught.value


@pytest.mark.parametrize(
    ("type_", "body", "field", "allowed"),
    [
        (EntryDraft, '{"titel":"x"}', "titel", ENTRY_FIELDS),
        (Ending, '{"entry":{"titel":"x"}}', "entry.titel", ENTRY_FIELDS),
        (EntryPatch, '{"id":"x"}', "id", sorted(EntryPatch.__struct_fields__)),
        (CoveragePatch, '{"id":"x"}', "id", sorted(CoveragePatch.__struct_fields__)),
        (
            EntryDraft,
            '{"images":[{"alt":"x"},{"source":"x"}]}',
            "images[1].source",
            ["alt", "caption", "credit", "height", "url", "width"],
        ),
        (EntryDraft, '{"verification":{"state":"x"}}', "verification.state", ["by", "note", "status"]),
        (EntryDraft, '{"authors":[{"nom":"x"}]}', "authors[0].nom", ["avatar", "name", "tagline", "url"]),
        (EntryDraft, '{"a`b":1}', "a`b", ENTRY_FIELDS),
        (EntryDraft, '{"a.b":1}', "a.b", ENTRY_FIELDS),
    ],
)
def test_a_field_that_there_is_not_is_named_with_those_that_there_are(
    type_: Any, body: str, field: str, allowed: list[str]
) -> None:
    error = complaint(type_, body)
    assert error.field == field
    assert error.extra["allowed"] == allowed
    assert ", ".join(allowed) in error.detail


@pytest.mark.parametrize(
    ("type_", "body", "field"),
    [
        (CoverageDraft, "{}", "title"),
        (EntryDraft, '{"authors":[{"name":"a"},{"tagline":"x"}]}', "authors[1].name"),
        (EntryDraft, '{"blocks":[{"type":"text"}]}', "blocks[0].html"),
        (EntryDraft, '{"blocks":[{"html":"x"}]}', "blocks[0].type"),
        (Ending, '{"successor":{"title":"x"}}', "successor.url"),
    ],
)
def test_a_field_that_is_missing_is_named(type_: Any, body: str, field: str) -> None:
    error = complaint(type_, body)
    assert error.field == field
    assert "missing" in error.detail


@pytest.mark.parametrize(
    ("type_", "body", "field", "allowed"),
    [
        (EntryDraft, '{"kind":"x"}', "kind", ["analysis", "summary", "update", "wrap"]),
        (EntryDraft, '{"importance":4}', "importance", [1, 2, 3]),
        (EntryDraft, '{"verification":{"status":"sure"}}', "verification.status", ["claim", "confirmed", "unverified"]),
        (
            EntryDraft,
            '{"blocks":[{"type":"text","html":""},{"type":"poll"}]}',
            "blocks[1].type",
            ["audio", "embed", "gallery", "image", "link", "quote", "text", "video"],
        ),
        (CoverageDraft, '{"title":"x","visibility":"secret"}', "visibility", ["private", "public", "unlisted"]),
        (
            EntryDraft,
            '{"links":[{"url":"/a","title":"b","kind":"film"}]}',
            "links[0].kind",
            ["podcast", "report", "story", "video"],
        ),
    ],
)
def test_a_value_that_there_is_not_is_answered_with_those_that_there_are(
    type_: Any, body: str, field: str, allowed: list[Any]
) -> None:
    error = complaint(type_, body)
    assert error.field == field
    assert error.extra["allowed"] == allowed


@pytest.mark.parametrize(
    ("type_", "body", "field", "words"),
    [
        (EntryDraft, '{"text":5}', "text", "expected text"),
        (EntryDraft, '{"key_event":"yes"}', "key_event", "expected bool"),
        (
            EntryDraft,
            '{"blocks":[{"type":"gallery","images":[{"alt":3}]}]}',
            "blocks[0].images[0].alt",
            "expected text",
        ),
        (EntryDraft, '{"blocks":[{"type":"gallery","images":[]}]}', "blocks[0].images", "length >= 1"),
        (EntryDraft, '{"images":[{"url":"javascript:x"}]}', "images[0].url", "http or https"),
        (EntryDraft, '{"id":"a b"}', "id", "letters, digits"),
        (EntryDraft, '{"id":".."}', "id", "not dots alone"),
        (EntryDraft, '{"language":"?"}', "language", "such as en"),
        (EntryDraft, '{"display_at":"2026-01-01T00:00:00"}', "display_at", "with its zone"),
        (EntryDraft, '{"display_at":"yesterday"}', "display_at", "2026-11-23T09:30:00Z"),
        (EntryDraft, '{"display_at":5}', "display_at", "2026-11-23T09:30:00Z, got int"),
        (EntryDraft, "[]", "body", "expected object"),
        (EntryDraft, "null", "body", "expected object"),
        (CoverageDraft, '{"title":""}', "title", "length >= 1"),
        (CoverageDraft, '{"title":"x","id":"-a"}', "id", "beginning with a letter"),
        (CoverageDraft, '{"title":"x","timezone":"a b"}', "timezone", "Europe/Paris"),
        (CoverageDraft, '{"title":"x","key_points":["a",""]}', "key_points[1]", "length >= 1"),
        (CoveragePatch, '{"title":null}', "title", "expected text, got null"),
        (TokenDraft, '{"scopes":["root"]}', "scopes[0]", "publish:<coverage pattern>"),
        (TokenDraft, '{"scopes":[]}', "scopes", "length >= 1"),
        (TokenDraft, '{"scopes":["admin"],"expires_in_s":0}', "expires_in_s", ">= 1"),
    ],
)
def test_what_does_not_fit_is_said_in_words_at_its_place(type_: Any, body: str, field: str, words: str) -> None:
    error = complaint(type_, body)
    assert error.field == field
    assert words in error.detail
    assert "`" not in error.detail
    assert "regex" not in error.detail


def test_every_pattern_of_a_draft_has_words() -> None:
    """A pattern is for programs: no draft may be refused with one."""

    def patterns(node: Any) -> set[str]:
        if isinstance(node, dict):
            own = {node["pattern"]} if isinstance(node.get("pattern"), str) else set()
            return own.union(*map(patterns, node.values()))
        return set().union(*map(patterns, node)) if isinstance(node, list) else set()

    for type_ in (EntryDraft, EntryPatch, CoverageDraft, CoveragePatch, Ending, TokenDraft):
        for pattern in patterns(msgspec.json.schema(type_)):
            error = explain(f"Expected `str` matching regex {pattern!r} - at `$.field`", type_)
            assert "regex" not in error.detail, pattern
