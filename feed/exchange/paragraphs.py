"""The lines of one entry in a live page's text: its headline, and its body as blocks.

Lists and quotes are found by their form. Items begin with a dash or a bullet. A quotation is a block quote when it
goes on over several paragraphs, all of them opened and only the last one closed. A paragraph with reporting in it
("…", she said) stays a paragraph, and so does a quotation of one paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any, Literal

from msgspec import Struct

from .captions import Caption, captions_in
from .ledger import Ledger

_BULLET = re.compile(r"[-*•·‣◦▪]\s+(?=\S)")
_NUMBER = re.compile(r"(\d{1,3})[.)]\s+(?=\S)", re.ASCII)
_RULE = re.compile(r"[\s\-–—_*=~.·•#|+/\\<>]+")
ADVERTISEMENT = re.compile(r"Advertisement|ADVERTISEMENT")
# A player stood here: "LISTEN: …", "Listen below:".
_PLAYER = re.compile(r"(?:LISTEN|WATCH|VIDEO|PODCAST):|(?:listen|watch)\b.{0,60}:$", re.IGNORECASE)
_NO_HEADLINE_END = re.compile(r"(?:[.,;:]|[.,!?]”)$")
_QUOTES = {"“": "”", "«": "»", "„": "“”"}
_HEADLINE = 200
_HTML = 200_000
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
    blocks = _Blocks(pictures, where, ledger)
    rest = kept if headline is None else kept[1:]
    while rest:
        rest = rest[blocks.take(rest) :]
    return Body(headline=headline, blocks=blocks.finished())


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

    def __init__(self, pictures: Pictures, where: str, ledger: Ledger) -> None:
        self._pictures = pictures
        self._where = where
        self._ledger = ledger
        self._blocks: list[dict[str, Any]] = []
        self._html: list[str] = []
        self._images = 0

    def take(self, lines: Sequence[Line]) -> int:
        """How many of `lines` went into the next list, quote, gallery or paragraph."""
        first = lines[0]
        if first.number in self._pictures:
            return self._take_pictures(lines)
        if is_item(first.text):
            items = _while(lines, lambda line, _: is_item(line.text) and line.number not in self._pictures)
            self._add_html(_list("ul", [(line.indent, item_text(line.text)) for line in items]))
            return len(items)
        if _number(first.text) == 1:
            items = _while(lines, lambda line, at: _number(line.text) == at + 1 and line.number not in self._pictures)
            if len(items) > 1:
                self._add_html(_list("ol", [(0, _NUMBER.sub("", line.text, count=1)) for line in items]))
                return len(items)
        return self._take_quotation(lines) or self._take_paragraph(first)

    def finished(self) -> list[dict[str, Any]]:
        self._flush()
        return self._blocks

    def _take_pictures(self, lines: Sequence[Line]) -> int:
        shown = _while(lines, lambda line, _: line.number in self._pictures)
        images: list[dict[str, Any]] = []
        for line in shown:
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
        return len(shown)

    def _take_quotation(self, lines: Sequence[Line]) -> int:
        opened = _while(lines, lambda line, _: _quotation(line.text) == "open" and line.number not in self._pictures)
        if not opened:
            return 0
        closing = lines[len(opened) : len(opened) + 1]
        if closing and _quotation(closing[0].text) == "closed" and closing[0].number not in self._pictures:
            self._flush()
            html = "".join(_paragraph(line.text) for line in [*opened, *closing])
            self._blocks.append({"type": "quote", "html": html})
            return len(opened) + 1
        if len(opened) > 1:
            message = "a quotation over several paragraphs is not closed by itself, and was kept as paragraphs"
            self._ledger.assumed(self._where, message, line=opened[0].number, excerpt=opened[0].text)
        for line in opened:
            self._take_paragraph(line)
        return len(opened)

    def _take_paragraph(self, line: Line) -> int:
        self._add_html(_paragraph(line.text))
        return 1

    def _add_html(self, html: str) -> None:
        if sum(map(len, self._html)) + len(html) > _HTML:
            self._flush()
        self._html.append(html)

    def _flush(self) -> None:
        if self._html:
            self._blocks.append({"type": "text", "html": "".join(self._html)})
            self._html = []


def _while(lines: Sequence[Line], holds: Any) -> list[Line]:
    taken: list[Line] = []
    for at, line in enumerate(lines):
        if not holds(line, at):
            break
        taken.append(line)
    return taken


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
