"""HTML from a producer."""

from __future__ import annotations

from collections.abc import Iterator

from feed.model import Block, Text

from .blocks import blocks_of
from .characters import without_controls
from .media import Media
from .parser import tree_of
from .sanitiser import sanitised_if_simple, sanitised_inline, sanitised_inline_if_simple
from .tokens import Token, What, tokens_of
from .tree import Node, inline_html_of


def blocks_from_html(html: str, *, base_url: str | None = None) -> tuple[Block, ...]:
    """The blocks of a fragment or a whole document, in reading order; none when there is nothing to see.

    `base_url` is the address of the page it comes from, for relative addresses in it.

    Pictures, players and embeds in a paragraph part it; those in a list, a table or a quote follow it. Quotes in lists,
    tables and quotes stay where they are, others become blocks. Raises InvalidInput."""
    html = without_controls(html)
    if (simple := sanitised_if_simple(html)) is not None:
        return (Text(html=simple),)
    return blocks_of(tree_of(tokens_of(html), base_url))


def clean_inline(html: str) -> str:
    """One line of HTML with nothing but ``a em strong del ins s sub sup code cite br``, as in a summary or a key point.

    Blocks become lines of it, and of pictures and players the words stay. Raises InvalidInput."""
    html = without_controls(html)
    if (simple := sanitised_inline_if_simple(html)) is not None:
        return simple
    return inline_html_from_tree(html)


def inline_html_from_tree(html: str) -> str:
    # In one line there is no white space to keep.
    tokens = [Token(t.what, "div") if t.value == "pre" and t.what is not What.TEXT else t for t in tokens_of(html)]
    return sanitised_inline("<br>".join(filter(None, _lines(tree_of(tokens)))))


def _lines(node: Node) -> Iterator[str]:
    for child in node.children:
        if isinstance(child, Media):
            words = (getattr(child.block, name, None) for name in ("alt", "title", "caption", "credit"))
            yield from (inline_html_of(Node("", children=[line])) for line in words if line)
        elif isinstance(child, Node):
            if child.tag in ("", "p", "h3", "h4"):
                yield "" if child.is_blank() else inline_html_of(child)
            else:
                yield from _lines(child)
