"""Markdown: CommonMark with tables and strikethrough. HTML in it is text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from feed.errors import InvalidInput
from feed.model import Block

from .characters import without_controls
from .hypertext import blocks_from_html

# A character takes 20 µs at the worst, in a long run of "![" (markdown-it-py 4.3).
MAX_MARKDOWN = 50_000
# What is nested deeper markdown-it leaves out without a word. A list takes two levels, a quote one.
_MAX_NESTING = 20
_CONTAINERS = frozenset({"blockquote_open", "bullet_list_open", "ordered_list_open", "list_item_open"})


class _Renderer(RendererHTML):
    def s_open(self, *_: Any) -> str:
        # As GitHub's specification has it: what is struck out of an entry is a correction.
        return "<del>"

    def s_close(self, *_: Any) -> str:
        return "</del>"

    def image(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """``![alt](url "caption [credit]")``"""
        token = tokens[idx]
        address, caption = escape(str(token.attrs.get("src", ""))), escape(str(token.attrs.get("title", "")))
        alt = escape(self.renderInlineAsText(token.children or [], options, env))
        image = f'<img src="{address}" alt="{alt}">'
        return f"<figure>{image}<figcaption>{caption}</figcaption></figure>" if caption else image


# Bare addresses are no links: that would take another library, and ``<https://…>`` is one.
_PARSER = MarkdownIt("commonmark", {"html": False, "maxNesting": _MAX_NESTING}, renderer_cls=_Renderer)
_PARSER.enable(["table", "strikethrough"])


def blocks_from_markdown(markdown: str) -> tuple[Block, ...]:
    """As `blocks_from_html`, of which this is another notation. Raises InvalidInput."""
    if len(markdown) > MAX_MARKDOWN:
        raise InvalidInput(f"The Markdown is longer than {MAX_MARKDOWN:,} characters. Split it over several entries.")
    tokens = _PARSER.parse(without_controls(markdown))
    if any(token.level >= _MAX_NESTING - 1 and token.type in _CONTAINERS for token in tokens):
        raise InvalidInput(f"The Markdown is nested too deep: it may have {_MAX_NESTING // 2} lists in each other.")
    return blocks_from_html(_PARSER.renderer.render(tokens, _PARSER.options, {}))
