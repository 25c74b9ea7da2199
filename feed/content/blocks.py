"""Blocks: what the tree of an entry's HTML comes to."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import asdict

from feed.model import Block, Gallery, Image, Picture, Quote, Text

from .media import Media
from .quote import source_of
from .sanitiser import sanitised
from .tree import Node, html_of

MAX_IMAGES = 100


def blocks_of(root: Node) -> tuple[Block, ...]:
    """Everything in reading order: text in as few blocks as can be, pictures that touch as a gallery."""
    blocks: list[Block] = []
    texts: list[Node] = []
    pictures: list[Image] = []

    def end_texts() -> None:
        if html := html_of(texts):
            end_pictures()
            blocks.append(Text(html=sanitised(html)))
        texts.clear()

    def end_pictures() -> None:
        blocks.extend(_pictures(pictures))
        pictures.clear()

    for child in root.children:
        if isinstance(child, Media):
            end_texts()
            if not isinstance(child.block, Image):
                end_pictures()
                blocks.append(child.block)
            elif not is_empty(child.block):
                pictures.append(child.block)
        elif isinstance(child, Node) and child.tag == "blockquote":
            end_texts()
            said, by, links = source_of(child)
            if html := html_of(said):
                end_pictures()
                blocks.append(Quote(html=sanitised(html), by=by))
                blocks.extend(links)
        elif isinstance(child, Node):
            texts.append(child)
    end_texts()
    end_pictures()
    return tuple(blocks)


def is_empty(picture: Picture) -> bool:
    return not (picture.url or picture.alt or picture.caption or picture.credit)


def _pictures(pictures: list[Image]) -> Iterator[Block]:
    if len(pictures) == 1:
        yield pictures[0]
        return
    for first in range(0, len(pictures), MAX_IMAGES):
        yield Gallery(images=tuple(Picture(**asdict(image)) for image in pictures[first : first + MAX_IMAGES]))
