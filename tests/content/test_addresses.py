"""No address is kept in which a parser finds no host: whoever opens it later, a browser or a program, would fail."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feed.content import blocks_from_html
from feed.content.address import web_address
from feed.drafts import CoveragePatch, EntryDraft
from feed.editing import edited_coverage, new_entry
from feed.errors import InvalidInput
from feed.model import Text
from feed.pages import render_coverage
from feed.wire import decode, encode
from tests.pages.feeds import WRITERS, a_feed
from tests.pages.samples import NOW, coverage, view

from .addresses import FINE, HOSTLESS

PIECES = [
    "http://",
    "https://",
    "//",
    "/",
    "[",
    "]",
    "::1",
    "@",
    ":",
    "\\",
    "%",
    "%2e",
    ".",
    "xn--",
    "℀",
    "１",
    "0x",
    "。",
]
ADDRESSES = (
    st.text(st.characters(codec="utf-8"), max_size=30).map("https://{}".format)
    | st.lists(st.sampled_from([*PIECES, "a", "b.example", "65536", "1.2", "?x", "#y", ".mp4", " "]), max_size=8).map(
        lambda pieces: "https://" + "".join(pieces)
    )
    | st.text(max_size=40)
    | st.sampled_from([*FINE, *HOSTLESS])
)


def places(address: str) -> list[dict[str, Any]]:
    """An entry for each field that holds one."""
    blocks: list[dict[str, Any]] = [
        {"type": "image", "url": address},
        {"type": "gallery", "images": [{"url": address}, {"url": address}]},
        {"type": "video", "url": address, "poster": "/p"},
        {"type": "video", "url": "/v.mp4", "poster": address},
        {"type": "audio", "url": address},
        {"type": "embed", "url": address},
        {"type": "link", "url": address, "title": "t"},
    ]
    return [
        *({"blocks": [block]} for block in blocks),
        {"text": "x", "images": [{"url": address}]},
        {"text": "x", "links": [{"url": address, "title": "t"}]},
        {"text": "x", "authors": [{"name": "n", "url": address}]},
        {"text": "x", "authors": [{"name": "n", "avatar": address}]},
    ]


@pytest.mark.parametrize("address", FINE)
def test_an_address_that_leads_somewhere_is_kept(address: str) -> None:
    assert web_address(address) == address.replace(" ", "%20")


@pytest.mark.parametrize("address", HOSTLESS)
def test_an_address_without_a_host_is_none(address: str) -> None:
    assert web_address(address) is None
    assert web_address(address, "https://a.example/live/1") is None
    (block,) = blocks_from_html(f'<p><a href="{address}">x</a></p>')
    assert block == Text(html="<p>x</p>")


@pytest.mark.parametrize("fields", places("https://[::1/x"))
def test_it_is_refused_wherever_it_is_sent(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        new_entry(decode(encode(fields), EntryDraft), NOW)
    assert caught.value.field in ("blocks", "images[0].url", "links[0].url", "authors[0].url", "authors[0].avatar")


@settings(max_examples=300)
@given(ADDRESSES)
@example("https://a\\b/")
def test_what_is_kept_can_be_parsed(address: str) -> None:
    for base in (None, "https://a.example/x"):
        if (kept := web_address(address, base)) is not None:
            parts = urlsplit(urljoin("https://live.example/", kept))
            assert parts.hostname
            assert parts.port is None or 0 <= parts.port <= 65535
            assert web_address(kept) == kept


@settings(max_examples=60)
@given(ADDRESSES)
def test_whatever_is_sent_as_an_address_is_refused_or_can_be_shown(address: str) -> None:
    kept = []
    for fields in places(address):
        try:
            kept.append(new_entry(decode(encode(fields), EntryDraft), NOW))
        except InvalidInput:
            continue
    head = coverage()
    for fields in ({"image": {"url": address}}, {"links": [{"url": address, "title": "t"}]}):
        try:
            head = edited_coverage(head, decode(encode(fields), CoveragePatch))
        except InvalidInput:
            continue
    render_coverage(view(coverage=head, entries=kept))
    for entry in kept:
        render_coverage(view(coverage=coverage(image=None), entries=[entry], focus=entry.id))
    for write in WRITERS.values():
        assert write(a_feed(head, kept))
