"""The body of an entry: a file's HTML as blocks, with a note on whatever readers cannot be given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import msgspec

from feed.content import blocks_from_html, blocks_from_text
from feed.content.address import link_address
from feed.content.characters import without_controls
from feed.content.media import audio_of, embed_of, image_of, video_of
from feed.content.tokens import What, tokens_of
from feed.errors import InvalidInput

from .fields import Fields
from .plain import html_of, is_html, pieces_of, plain_text

Block = dict[str, Any]

# Left out by the sanitiser with all that is in them.
_UNSEEN = re.compile(
    r"<(script|style|noscript|template|svg|math|object|embed|applet|canvas|input|frameset)(?=[\s/>])", re.IGNORECASE
)
_MOST_BLOCKS = 500
_MOST_HTML = 200_000
_LONGEST_TEXT = 20_000


def body_of(source: str, fields: Fields) -> list[Block]:
    """`source` is HTML, or plain text. Pictures, players and embeds in it become blocks in their place."""
    source = without_controls(source)
    html = source if is_html(source) else html_of(source)
    try:
        blocks = blocks_from_html(html, base_url=fields.base or None)
    except InvalidInput as error:
        fields.ledger.changed(fields.where, f"its HTML was taken as plain text: {error.detail}", excerpt=source)
        return joined([block for text in _plain_texts(source) for block in _built(blocks_from_text(text))])
    _note_unseen(html, fields)
    return _built(blocks)


def _built(blocks: tuple[object, ...]) -> list[Block]:
    built: list[Block] = msgspec.json.decode(msgspec.json.encode(blocks))
    return built


def _plain_texts(source: str) -> Iterator[str]:
    """The paragraphs of a body that is too much for HTML, none too long for a block of its own."""
    for paragraph in plain_text(source).split("\n"):
        yield from pieces_of(paragraph.strip(), _LONGEST_TEXT)


def _note_unseen(html: str, fields: Fields) -> None:
    ledger, where, base = fields.ledger, fields.where, fields.base or None
    for name in sorted({found[1].lower() for found in _UNSEEN.finditer(html)}):
        ledger.repeated("left_out", where, f"<{name}> elements")
    try:
        tokens = tokens_of(html)
    except InvalidInput:
        # Of so many tags only plain paragraphs and lists are taken, with nothing in them to note.
        return
    for token in tokens:
        if token.what is not What.START or token.value not in ("a", "img", "iframe", "video", "audio"):
            continue
        given = token.attributes()
        if token.value == "a" and given.get("href") and link_address(given["href"], base) is None:
            ledger.left_out(
                where, "a link has no address that can be followed; its text was kept", excerpt=given["href"]
            )
        elif token.value == "img" and ((image := image_of(given, base)) is None or not _has_address(image.block)):
            ledger.left_out(where, "a picture for counting visits, or without an address", excerpt=given.get("src", ""))
        elif token.value == "iframe" and embed_of(given, base) is None:
            ledger.left_out(where, "an embed has no address that can be shown", excerpt=given.get("src", ""))
        elif token.value in ("video", "audio") and given.get("src"):
            player = video_of if token.value == "video" else audio_of
            if player(given, (), base) is None:
                ledger.left_out(where, f"a {token.value} has no address that can be played", excerpt=given["src"])


def _has_address(block: object) -> bool:
    return getattr(block, "url", None) is not None


def shown(pictures: list[Block]) -> list[Block]:
    """Pictures as blocks: one by itself, several as a gallery."""
    if len(pictures) == 1:
        return [{"type": "image", **pictures[0]}]
    return [{"type": "gallery", "images": pictures[at : at + 100]} for at in range(0, len(pictures), 100)]


def joined(blocks: list[Block]) -> list[Block]:
    """Where a body comes in pieces: texts that touch become one block, and pictures that touch a gallery."""
    whole: list[Block] = []
    for kind, run in groupby(blocks, lambda block: str(block["type"])):
        pieces = list(run)
        if kind == "text":
            whole += _texts([piece["html"] for piece in pieces])
        elif kind == "image":
            whole += shown([{name: part for name, part in piece.items() if name != "type"} for piece in pieces])
        else:
            whole += pieces
    return whole


def _texts(pieces: list[str]) -> list[Block]:
    texts = [""]
    for html in pieces:
        if len(texts[-1]) + len(html) > _MOST_HTML:
            texts.append("")
        texts[-1] += html
    return [{"type": "text", "html": html} for html in texts if html]


def pictures_in(blocks: list[Block]) -> list[str]:
    """The addresses of all pictures that `blocks` show."""
    images = [image for block in blocks for image in block.get("images", [block] if block["type"] == "image" else [])]
    return [image["url"] for image in images if image.get("url")]


def bounded(blocks: list[Block], fields: Fields) -> list[Block]:
    for block in blocks[_MOST_BLOCKS:]:
        fields.ledger.left_out(fields.where, f"there are more than {_MOST_BLOCKS} blocks", excerpt=str(block))
    return blocks[:_MOST_BLOCKS]
