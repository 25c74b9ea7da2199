"""Plain text out of what may be HTML, and HTML out of plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from feed.content import plain_text as words_in
from feed.content.characters import text_of
from feed.errors import InvalidInput

_TAG = re.compile(r"</?[a-zA-Z][^<>]*+>|<!--")
_ENTITY = re.compile(r"&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_GAP = re.compile(r"\n[^\S\n]*+(?:\n[^\S\n]*+)+")


def is_html(text: str) -> bool:
    return _TAG.search(text) is not None


def plain_text(text: str) -> str:
    """`text` with markup taken away and entities resolved; a text without either comes back as it is."""
    if not is_html(text):
        return text_of(text) if _ENTITY.search(text) else text
    try:
        return words_in(text)
    except InvalidInput:  # more tags than any text has
        return text


def html_of(text: str) -> str:
    """Paragraphs: parted by empty lines, or where there is none, one on each line."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if _ENTITY.search(text):
        text = text_of(text)
    parts = _GAP.split(text) if _GAP.search(text) else text.split("\n")
    return "".join(
        f"<p>{escape(part.strip(), quote=False).replace(chr(10), '<br>')}</p>" for part in parts if part.strip()
    )


def pieces_of(text: str, longest: int) -> Iterator[str]:
    """`text` in pieces of at most `longest` characters, parted between words where there are any."""
    start = 0
    while len(text) - start > longest:
        end = text.rfind(" ", start, start + longest) + 1 or start + longest
        yield text[start:end]
        start = end
    yield text[start:]


def inline_html(text: str) -> str:
    """For a place that takes inline HTML: HTML passes (the server sanitises it), plain text is escaped."""
    return text if is_html(text) else escape(plain_text(text), quote=False)
