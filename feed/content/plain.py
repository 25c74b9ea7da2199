"""Plain text, to and from HTML."""

from __future__ import annotations

import re
from html import escape

from feed.model import Block, Text

from .characters import is_blank, one_line, without_controls
from .sanitiser import sanitised
from .tokens import What, tokens_of
from .vocabulary import BLOCKS, CELLS

_SPACES = re.compile(r"\s+")
_PARAGRAPHS = re.compile(r"\n(?:[ \t]*\n)+")


def blocks_from_text(text: str) -> tuple[Block, ...]:
    """Blank lines part paragraphs, other line ends stay line ends. Nothing in `text` is markup.

    Raises InvalidInput when it is too long for one block."""
    paragraphs = []
    for paragraph in _PARAGRAPHS.split(without_controls(text)):
        if not is_blank(paragraph):
            lines = [escape(line.strip(" \t"), quote=False) for line in paragraph.strip(" \t\n").split("\n")]
            paragraphs.append("<p>" + "<br>".join(lines) + "</p>")
    return (Text(html=sanitised("".join(paragraphs))),) if paragraphs else ()


def plain_text(html: str) -> str:
    """The words of sanitised `html`, as in feeds and metadata: a line for each block, nothing escaped, no markup."""
    parts = []
    for token in tokens_of(without_controls(html)):
        if token.what is What.TEXT:
            parts.append(_SPACES.sub(" ", token.value))
        elif token.value in CELLS:
            parts.append(" ")
        elif token.value in BLOCKS or token.value == "br":
            parts.append("\n")
    return "\n".join(filter(None, map(one_line, "".join(parts).split("\n"))))
