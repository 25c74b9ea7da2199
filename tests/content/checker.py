"""What may be in a block, written down a second time, and read with another parser than the one that made it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any

import msgspec

from feed.model import Block

INLINE = {"a", "br", "cite", "code", "del", "em", "ins", "s", "strong", "sub", "sup"}
BLOCKS = {"p", "ul", "ol", "li", "blockquote", "h3", "h4", "table", "thead", "tbody", "tr", "th", "td", "pre"}
ALLOWED = INLINE | BLOCKS
ATTRIBUTES = {
    "a": {"href", "title", "rel"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
}
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
WEB = re.compile(r"https?://[^\s/\\?#\x00-\x20][^\s\x00-\x20]*|/(?![/\\])[^\s\x00-\x20]*")
_DECODER = msgspec.json.Decoder(tuple[Block, ...])


class _Reader(HTMLParser):
    def __init__(self, allowed: set[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.allowed = allowed
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.allowed, tag
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), attrs
        for name, value in attrs:
            assert name in ATTRIBUTES.get(tag, set()) | {"lang", "dir"}, (tag, name)
            assert value is not None
            assert not CONTROLS.search(value), value
            if name == "href":
                assert WEB.fullmatch(value) or re.fullmatch(r"(mailto|tel):[^\s\x00-\x20]*", value), value
            elif name == "rel":
                assert value == "noopener noreferrer"
            elif name == "dir":
                assert value in ("ltr", "rtl", "auto")
            elif name != "title":
                assert re.fullmatch(r"[A-Za-z0-9-]+", value), value
        if tag == "a":
            assert {"href", "rel"} <= set(names), attrs
            assert "a" not in self.open, "links do not nest"
        if tag in BLOCKS:
            assert not {"p", "h3", "h4", "pre"} & set(self.open), f"{tag} in {self.open}"
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> without a start"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert not CONTROLS.search(data), data
        self.words += data.split()

    def _never(self, *given: Any) -> None:
        raise AssertionError(given)

    handle_startendtag = handle_comment = handle_decl = handle_pi = unknown_decl = _never  # type: ignore[assignment]


def words_of_html(html: str, allowed: set[str] = ALLOWED) -> list[str]:
    """Fails for anything that is not in the subset, not well formed or not nested as HTML allows."""
    reader = _Reader(allowed)
    reader.feed(html)
    reader.close()
    assert not reader.open, f"left open: {reader.open}"
    return reader.words


def check(blocks: Iterable[Block]) -> None:
    """Fails for anything that readers should not be sent."""
    blocks = tuple(blocks)
    assert _DECODER.decode(msgspec.json.encode(blocks)) == blocks
    for block in msgspec.to_builtins(blocks):
        assert block["type"] not in ("text", "quote") or words_of_html(block["html"]), "empty"
        for part in [block, *block.get("images", [])]:
            for name, value in part.items():
                assert not isinstance(value, str) or not CONTROLS.search(value), (name, value)
                assert name not in ("url", "poster") or WEB.fullmatch(value), value


def words_of(blocks: Iterable[Block]) -> list[str]:
    """All words a reader sees, of captions and sources, too."""
    words: list[str] = []
    for block in msgspec.to_builtins(tuple(blocks)):
        for part in [block, *block.get("images", [])]:
            if "html" in part:
                words += words_of_html(part["html"])
            for name in ("alt", "by", "title", "caption", "credit", "summary", "url"):
                words += part.get(name, "").split()
    return words
