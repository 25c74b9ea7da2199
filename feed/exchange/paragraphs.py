"""The lines of one entry in a live page's text: its headline, and its body as blocks.

Lists and quotes are found by their form. Items begin with a dash or a bullet. A quotation is a block quote when it
goes on over several paragraphs, all of them opened and only the last one closed. A paragraph with reporting in it
("…", she said) stays a paragraph, and so does a quotation of one paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, Literal

from msgspec import Struct

from .captions import Caption, captions_in
from .ledger import Ledger
from .plain import pieces_of

_BULLET = re.compile(r"[-*•·‣◦▪]\s+(?=\S)")
_NUMBER = re.compile(r"(\d{1,3})[.)]\s+(?=\S)", re.ASCII)
_RULE = re.compile(r"[\s\-–—_*=~.·•#|+/\\<>]+")
ADVERTISEMENT = re.compile(r"Advertisement|ADVERTISEMENT")
# A player stood here: "LISTEN: …", "Listen below:".
_PLAYER = re.compile(r"(?:LISTEN|WATCH|VIDEO|PODCAST):|(?:listen|watch)\b.{0,60}:$", re.IGNORECASE)
_NO_HEADLINE_END = re.compile(r"(?:[.,;:]|[.,!?]”)$")
_QUOTES = {"“": "”", "«": "»", "„": "“”"}
_HEADLINE = 200
# A block holds 200,000 characters of HTML. Escaped, a sign is up to five of them, and an item has a tag around it.
_HTML, _RUN, _PARAGRAPH = 150_000, 10_000, 20_000
_DEEPEST_LIST = 8


class Line(Struct, frozen=True, kw_only=True):
    """A line as it stood. `after_gap`: an empty line is above it; `joined`: a mark follows it on the same line."""

    number: int
    text: str
    indent: int = 0
    after_gap: bool = False
    joined: bool = False


class Body(Struct, frozen=True, kw_only=True):
    headline: str | None
    blocks: list[dict[str, Any]]


Pictures = dict[int, list[Caption]]


def headline_like(text: str) -> bool:
    if len(text) > _HEADLINE or _BULLET.match(text) or text.endswith("]"):
        return False
    return not _NO_HEADLINE_END.search(text) and _quotation(text) != "open"


def is_item(text: str) -> bool:
    return _BULLET.match(text) is not None


def item_text(text: str) -> str:
    return _BULLET.sub("", text, count=1)


def is_wordless(text: str) -> bool:
    return _RULE.fullmatch(text) is not None


def composed(lines: Sequence[Line], where: str, ledger: Ledger) -> Body:
    """Everything in `lines` comes back in the body, or is noted in `ledger`."""
    kept = [line for line in lines if not _dropped(line, where, ledger)]
    pictures = _pictures(kept)
    headline = _headline(kept, pictures, where, ledger)
    for line in kept:
        if _PLAYER.match(line.text):
            message = "the player that this speaks of is not in the text"
            ledger.left_out(where, message, line=line.number, excerpt=line.text)
    return Body(headline=headline, blocks=_Blocks(kept[headline is not None :], pictures, where, ledger).all())


def _dropped(line: Line, where: str, ledger: Ledger) -> bool:
    if ADVERTISEMENT.fullmatch(line.text):
        ledger.left_out(where, "a slot for an advertisement", line=line.number, excerpt=line.text)
    elif is_wordless(line.text):
        ledger.left_out(where, "a line without words", line=line.number, excerpt=line.text)
    else:
        return False
    return True


def _pictures(lines: Sequence[Line]) -> Pictures:
    """Captions by line. Pictures stand below an empty line, or before a mark; a second one right below the first."""
    # Where every paragraph is below an empty line, that tells nothing.
    spaced = len(lines) > 2 and sum(line.after_gap for line in lines[1:]) > len(lines[1:]) / 2
    pictures: Pictures = {}
    below_picture = False
    for line in lines:
        apart = line.joined or below_picture or (line.after_gap and not spaced)
        captions = captions_in(line.text, apart=apart)
        below_picture = bool(captions)
        if captions:
            pictures[line.number] = captions
    return pictures


def _headline(lines: Sequence[Line], pictures: Pictures, where: str, ledger: Ledger) -> str | None:
    if not lines or lines[0].number in pictures or is_item(lines[0].text):
        return None
    first = lines[0]
    if not headline_like(first.text):
        message = "no headline: the first line is long, or ends like a sentence, and was taken as text"
        ledger.assumed(where, message, line=first.number, excerpt=first.text)
        return None
    if len(lines) == 1:
        message = "no headline: the only line was taken as text"
        ledger.assumed(where, message, line=first.number, excerpt=first.text)
        return None
    return first.text


def _quotation(text: str) -> Literal["open", "closed"] | None:
    """What kind of quotation a paragraph is from its first sign on: closed at its very end, left open, or none."""
    opener = text[:1]
    if opener == '"':
        signs = text.count('"')
        return "open" if signs == 1 else "closed" if signs == 2 and text.rstrip(".,;!?").endswith('"') else None
    closers = _QUOTES.get(opener)
    if closers is None:
        return None
    depth = 0
    for at, sign in enumerate(text):
        if sign == opener:
            depth += 1
        elif sign in closers:
            depth -= 1
            if depth == 0:
                return None if text[at + 1 :].strip(" .,;!?") else "closed"
    return "open"


class _Blocks:
    """Takes lines from the top, and puts text together until a quote or a picture parts it."""

    def __init__(self, lines: Sequence[Line], pictures: Pictures, where: str, ledger: Ledger) -> None:
        self._lines = lines
        self._at = 0
        self._pictures = pictures
        self._where = where
        self._ledger = ledger
        self._blocks: list[dict[str, Any]] = []
        self._html: list[str] = []
        self._length = 0
        self._images = 0

    def all(self) -> list[dict[str, Any]]:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line.number in self._pictures:
                self._take_pictures()
            elif items := self._run(lambda line, _: is_item(line.text)):
                self._add_html(_list("ul", [(line.indent, item_text(line.text)) for line in items]))
            elif len(items := self._run(lambda line, nth: _number(line.text) == nth)) > 1:
                self._add_html(_list("ol", [(0, _NUMBER.sub("", line.text, count=1)) for line in items]))
            elif items:
                self._add_paragraph(items[0])
            else:
                self._take_quotation()
        self._flush()
        return self._blocks

    def _run(self, holds: Callable[[Line, int], bool]) -> list[Line]:
        """Takes the lines from here on for which `holds(line, nth)` is true, as far as one block can hold them."""
        taken: list[Line] = []
        length = 0
        while self._at < len(self._lines):
            line = self._lines[self._at]
            length += len(line.text)
            too_long = len(line.text) > _PARAGRAPH or (length > _RUN and taken)
            if line.number in self._pictures or too_long or not holds(line, len(taken) + 1):
                break
            taken.append(line)
            self._at += 1
        return taken

    def _take_pictures(self) -> None:
        images: list[dict[str, Any]] = []
        while self._at < len(self._lines) and (line := self._lines[self._at]).number in self._pictures:
            self._at += 1
            for caption in self._pictures[line.number]:
                self._images += 1
                where = f"{self._where}, image {self._images}"
                message = "the picture itself is not in the text; its caption and credit were kept"
                self._ledger.left_out(where, message, line=line.number, excerpt=line.text)
                images.append(caption.as_picture())
        self._flush()
        if len(images) == 1:
            self._blocks.append({"type": "image", **images[0]})
        else:
            self._blocks += [{"type": "gallery", "images": images[at : at + 100]} for at in range(0, len(images), 100)]

    def _take_quotation(self) -> None:
        opened = self._run(lambda line, _: _quotation(line.text) == "open")
        if not opened:
            self._add_paragraph(self._lines[self._at])
            self._at += 1
            return
        closing = self._run(lambda line, nth: nth == 1 and _quotation(line.text) == "closed")
        if closing:
            self._flush()
            html = "".join(_paragraph(line.text) for line in [*opened, *closing])
            self._blocks.append({"type": "quote", "html": html})
            return
        if len(opened) > 1:
            message = "a quotation over several paragraphs is not closed by itself, and was kept as paragraphs"
            self._ledger.assumed(self._where, message, line=opened[0].number, excerpt=opened[0].text)
        for line in opened:
            self._add_paragraph(line)

    def _add_paragraph(self, line: Line) -> None:
        pieces = list(pieces_of(line.text, _PARAGRAPH))
        if len(pieces) > 1:
            message = f"a paragraph of {len(line.text):,} characters was parted in {len(pieces)}"
            self._ledger.changed(self._where, message, line=line.number, excerpt=line.text)
        for piece in pieces:
            self._add_html(_paragraph(piece))

    def _add_html(self, html: str) -> None:
        if self._length + len(html) > _HTML:
            self._flush()
        self._html.append(html)
        self._length += len(html)

    def _flush(self) -> None:
        if self._html:
            self._blocks.append({"type": "text", "html": "".join(self._html)})
            self._html, self._length = [], 0


def _number(text: str) -> int | None:
    match = _NUMBER.match(text)
    return int(match[1]) if match else None


def _paragraph(text: str) -> str:
    return f"<p>{escape(text, quote=False)}</p>"


def _list(tag: str, items: Sequence[tuple[int, str]]) -> str:
    """`items` with their indents: a deeper one is nested in the one above it."""
    html: list[str] = []
    indents: list[int] = []
    for indent, text in items:
        while indents and indent < indents[-1]:
            indents.pop()
            html.append(f"</li></{tag}>")
        if not indents or (indent > indents[-1] and len(indents) < _DEEPEST_LIST):
            indents.append(indent)
            html.append(f"<{tag}>")
        else:
            html.append("</li>")
        html.append(f"<li>{escape(text, quote=False)}")
    return "".join(html) + f"</li></{tag}>" * len(indents)
