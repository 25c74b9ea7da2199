"""Real live pages, where they are at hand: no word of them is lost. They are under copyright and no part of this."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from feed.content import blocks_from_html, blocks_from_text, clean_blocks, plain_text
from feed.model import Text

from .checker import check, words_of

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "real"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the pages are not part of the project")


class _Seen(HTMLParser):
    """The text that a browser shows."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in ("script", "style", "noscript", "template", "svg")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in ("script", "style", "noscript", "template", "svg")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words += re.findall(r"\w+", data)


def _html_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _html_in(inner)
    elif isinstance(value, str) and re.search(r"<[a-z]+[ >]", value) and not value.startswith(("{", "[")):
        yield value


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_no_word_of_a_real_page_is_lost(path: Path) -> None:
    bodies = set(_html_in(json.loads(path.read_text("utf-8"))))
    assert bodies
    for html in bodies:
        seen = _Seen()
        seen.feed(html)
        seen.close()
        blocks = blocks_from_html(html)
        check(blocks)
        assert clean_blocks(blocks) == blocks
        kept = re.findall(r"\w+", " ".join(words_of(blocks)))
        assert sorted(set(seen.words) - set(kept)) == [], html[:200]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_no_word_of_a_real_text_is_lost(path: Path) -> None:
    text = path.read_text("utf-8")
    (block,) = blocks_from_text(text)
    assert isinstance(block, Text)
    assert plain_text(block.html).split() == text.split()
