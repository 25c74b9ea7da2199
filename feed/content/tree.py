"""The tree of an entry's HTML: only elements that readers get, nested as HTML allows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from .characters import is_blank
from .media import Media
from .vocabulary import CELLS

_LAST_BREAKS = re.compile(r"(?:[ \t\n]|<br>)+\Z")
# One order whatever the producer's, so that the same content is the same text.
_ORDER = ("href", "title", "start", "colspan", "rowspan", "lang", "dir")


@dataclass(slots=True, eq=False)
class Node:
    """`tag` is "" for a run of text that stands in a block without an element of its own.

    `mark` tells a quote where its source is named: "footer" is text in one, "post" a quoted post of another site."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node | Media | str] = field(default_factory=list)
    mark: str = ""

    def nodes(self) -> list[Node]:
        return [child for child in self.children if isinstance(child, Node)]

    def strings(self) -> Iterator[str]:
        """All text, in order; a line break is a newline."""
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif isinstance(child, Node):
                yield from ("\n",) if child.tag == "br" else child.strings()

    def is_blank(self) -> bool:
        return all(is_blank(string) for string in self.strings())


def html_of(nodes: list[Node], *, paragraphs: bool = True) -> str:
    """The HTML of blocks beside each other, "" when there is nothing to see.

    Runs of text become paragraphs, or without `paragraphs` (in items and cells) only those that need to: two runs that
    touch would be one."""
    written = [(node, html) for node in nodes if (html := _block(node))]
    bare = [not paragraphs and not node.tag and not node.attributes for node, _ in written]
    touching = {index + side for index, pair in enumerate(pairwise(bare)) if all(pair) for side in (0, 1)}
    return "".join(
        html if node.tag or (bare[index] and index not in touching) else _element("p", node.attributes, html)
        for index, (node, html) in enumerate(written)
    )


def inline_html_of(node: Node) -> str:
    """The HTML of what is in a run, a paragraph or a heading; line breaks at the end break nothing and are left out."""
    html = "".join(_inline(child) for child in node.children)
    return _LAST_BREAKS.sub("", html) if html.endswith((" ", "\n", "\t", "<br>")) else html


def _inline(child: Node | Media | str) -> str:
    if isinstance(child, str):
        return _escaped(child)
    if isinstance(child, Media):
        return ""
    if child.tag == "br":
        return "<br>"
    inner = "".join(_inline(inside) for inside in child.children)
    return _element(child.tag, child.attributes, inner) if inner else ""


def _block(node: Node) -> str:
    tag = node.tag
    if tag in ("", "p", "h3", "h4"):
        inner = "" if node.is_blank() else inline_html_of(node)
        return _element(tag, node.attributes, inner) if tag and inner else inner
    if tag in CELLS:
        return _element(tag, node.attributes, html_of(node.nodes(), paragraphs=False))
    if tag == "table" and node.is_blank():
        return ""
    if tag == "li":
        inner = html_of(node.nodes(), paragraphs=False)
    elif tag == "pre":
        # A parser drops the first newline in it, so there must be none to drop.
        runs = ["".join(_inline(child) for child in run.children).removesuffix("\n") for run in node.nodes()]
        inner = "" if node.is_blank() else "\n".join(runs).strip("\n")
    elif tag == "blockquote":
        inner = html_of(node.nodes())
    else:
        inner = "".join(_block(child) for child in node.nodes())
    return _element(tag, node.attributes, inner) if inner else ""


def _element(tag: str, attributes: dict[str, str], inner: str) -> str:
    given = (
        "".join(f' {name}="{_quoted(attributes[name])}"' for name in _ORDER if name in attributes) if attributes else ""
    )
    return f"<{tag}{given}>{inner}</{tag}>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\xa0", "&nbsp;")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', "&quot;")
