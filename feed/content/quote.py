"""A quote's source: who said it, and where to read on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from feed.model import Link

from .address import web_address
from .characters import one_line
from .media import MAX_LINE, MAX_URL
from .tree import Node

# An en dash or two hyphens are typed for the em dash that leads a name.
_DASH = re.compile(r"(?:[—―]|--|–(?=\s))[—―–\-]*\s*")


def source_of(quote: Node) -> tuple[list[Node], str | None, list[Link]]:
    """What is said, who said it, and the links in that: they lead to where it was said.

    The source is a <footer>, a <cite> with a line of its own, or a last line that begins with a dash, unless the line
    before does, too: then two are talking. In a post of another site its last link is the post itself."""
    lines = [node for node in quote.nodes() if not node.is_blank()]
    said, source = _parted(lines)
    if not said or not source:
        return lines, None, []
    anchors = [anchor for node in source for anchor in _anchors(node)]
    post = anchors[-1] if anchors and quote.mark == "post" else None
    by = _words(source, leaving_out=post)
    if not by:
        by, post = _words(source), None
    if not by or len(by) > MAX_LINE:
        return lines, None, []
    links = []
    for anchor in [post] if post else anchors:
        address, title = web_address(anchor.attributes["href"]), _words([anchor])
        if post:
            title = by if not title or web_address(title) else f"{by}, {title}"
        if address and title and len(address) <= MAX_URL and len(title) <= MAX_LINE:
            links.append(Link(url=address, title=title))
    return said, by, links


def _parted(lines: list[Node]) -> tuple[list[Node], list[Node]]:
    footers = len(lines)
    while footers and lines[footers - 1].mark == "footer":
        footers -= 1
    if footers < len(lines) or not lines or lines[-1].tag not in ("", "p"):
        return lines[:footers], lines[footers:]
    last = lines[-1]
    cut = max((at + 1 for at, child in enumerate(last.children) if _is(child, "br")), default=0)
    source = Node(last.tag, last.attributes, last.children[cut:])
    said = lines[:-1] + ([Node(last.tag, last.attributes, last.children[:cut])] if cut else [])
    dashed = _DASH.match(_text(source)) is not None
    alone = all(_is(child, "cite") or (isinstance(child, str) and not child.strip()) for child in source.children)
    if not said or source.is_blank() or not (alone or (dashed and not _DASH.match(_text(said[-1]).split("\n")[-1]))):
        return lines, []
    return said, [source]


def _is(child: object, tag: str) -> bool:
    return isinstance(child, Node) and child.tag == tag


def _text(node: Node) -> str:
    return "".join(node.strings()).strip()


def _words(nodes: list[Node], leaving_out: Node | None = None) -> str:
    words = one_line(" ".join("".join(_strings(node, leaving_out)) for node in nodes))
    dash = _DASH.match(words)
    return words[dash.end() :] if dash else words


def _strings(node: Node, leaving_out: Node | None) -> Iterator[str]:
    for child in node.children:
        if isinstance(child, str):
            yield child
        elif isinstance(child, Node) and child is not leaving_out:
            yield from _strings(child, leaving_out) if child.tag != "br" else " "


def _anchors(node: Node) -> Iterator[Node]:
    for child in node.children:
        if isinstance(child, Node):
            if child.tag == "a":
                yield child
            else:
                yield from _anchors(child)
