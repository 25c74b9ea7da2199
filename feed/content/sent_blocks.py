"""Blocks that a producer sends as such."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from msgspec.structs import replace

from feed.errors import InvalidInput
from feed.model import Audio, Block, Embed, Gallery, Image, Link, Picture, Quote, Text, Video

from .address import web_address
from .blocks import blocks_of, is_empty
from .characters import without_controls
from .hypertext import blocks_from_html
from .media import MAX_URL, line_of
from .parser import tree_of
from .sanitiser import sanitised
from .tokens import tokens_of
from .tree import Node, html_of

_AnyPicture = TypeVar("_AnyPicture", bound=Picture)


def clean_blocks(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The same blocks with their HTML sanitised, lines of words on one line, and addresses that lead somewhere.

    What is empty then is dropped. A Text may become several blocks, as with `blocks_from_html`; media in a Quote follow
    it. Cleaning clean blocks changes nothing. Raises InvalidInput, also for an address that no page may lead to."""
    return tuple(clean for block in blocks for clean in _cleaned(block))


def _cleaned(block: Block) -> Iterator[Block]:
    match block:
        case Text():
            yield from blocks_from_html(block.html)
        case Quote():
            yield from _quote(block)
        case Image():
            if not is_empty(image := _picture(block)):
                yield image
        case Gallery():
            pictures = tuple(clean for picture in block.images if not is_empty(clean := _picture(picture)))
            if pictures:
                yield Gallery(images=pictures)
        case Video():
            poster = None if block.poster is None else clean_address(block.poster)
            yield replace(
                block,
                url=clean_address(block.url),
                title=_line(block.title),
                poster=poster,
                caption=_line(block.caption),
                credit=_line(block.credit),
            )
        case Audio():
            yield replace(
                block,
                url=clean_address(block.url),
                title=_line(block.title),
                caption=_line(block.caption),
                credit=_line(block.credit),
            )
        case Embed():
            yield replace(block, url=clean_address(block.url), provider=_line(block.provider), title=_line(block.title))
        case Link():
            url = clean_address(block.url)
            yield replace(block, url=url, title=_line(block.title) or url, summary=_line(block.summary))


def _quote(quote: Quote) -> Iterator[Block]:
    root = tree_of(tokens_of(without_controls(quote.html)), quoted=True)
    if html := html_of(root.nodes()):
        yield Quote(html=sanitised(html), by=_line(quote.by))
    yield from blocks_of(Node("", children=[child for child in root.children if not isinstance(child, Node)]))


def _picture(picture: _AnyPicture) -> _AnyPicture:
    return replace(
        picture,
        url=None if picture.url is None else clean_address(picture.url),
        alt=_line(picture.alt) or "",
        caption=_line(picture.caption),
        credit=_line(picture.credit),
    )


def _line(words: str | None) -> str | None:
    return None if words is None else line_of(words, "line of words in a block")


def clean_address(url: str) -> str:
    """As `web_address`, but raises InvalidInput."""
    address = web_address(url)
    if address is None or len(address) > MAX_URL:
        raise InvalidInput(f"{url[:100]!r} is no address that a page may lead to. Send an http or https URL.")
    return address
