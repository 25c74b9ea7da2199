"""The parser: tokens into a tree. What each element of a producer's HTML becomes is decided here."""

from __future__ import annotations

import re

from .address import link_address
from .characters import one_line
from .media import audio_of, embed_of, image_of, video_of, whole
from .sanitiser import may_be_linked
from .stack import Frame, Stack
from .tokens import Token, What
from .tree import Node
from .vocabulary import BLOCKS, CELLS, FORMATS, LEAVES, LISTS, SCOPES, SECTIONS, TABLE_PARTS, UNSEEN

# Sites that draw their own emoji send them as pictures; their text is the emoji.
_DRAWN = re.compile(r"\b(?:emoji|wp-smiley)\b", re.IGNORECASE)
_POST = re.compile(
    r"\b(?:twitter-tweet|twitter-video|bluesky-embed|instagram-media|mastodon-embed|text-post-media|tiktok-embed)\b"
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)
_DIRECTIONS = ("ltr", "rtl", "auto")
# Beyond these an end tag does not look for its start tag.
_TABLE = frozenset({"table"})
_BORDERS = CELLS | _TABLE
_ITEM_BORDERS = _BORDERS | LISTS.keys() | {"blockquote"}


def tree_of(tokens: list[Token], base_url: str | None = None, *, quoted: bool = False) -> Node:
    """The root, with blocks and media as children. `quoted` when all of it is the inside of a quote.

    Raises InvalidInput for what is beyond the bounds of `Stack`."""
    return _Parser(tokens, base_url, quoted).parse()


class _Parser:
    def __init__(self, tokens: list[Token], base_url: str | None, quoted: bool) -> None:
        self._tokens = tokens
        self._at = 0
        self._base_url = base_url
        self._quoted = quoted
        self._stack = Stack()
        self._endless: set[str] = set()

    def parse(self) -> Node:
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            if token.what is What.TEXT:
                self._stack.add_text(token.value)
            elif token.what is What.START:
                self._start(token)
            else:
                self._end(token.value)
        self._stack.close_all()
        return self._stack.root

    def _start(self, token: Token) -> None:
        name = token.value
        if name in FORMATS:
            self._format(name, token)
        elif name == "br":
            self._stack.add_line_break()
        elif name in BLOCKS:
            self._stack.close_leaf()
            self._block(name, token)
        elif name in ("img", "amp-img", "image"):
            self._image(token)
        elif name in ("video", "audio"):
            self._player(name, token)
        elif name == "iframe":
            if (embed := embed_of(token.attributes(), self._base_url)) is not None:
                self._stack.add_media(embed)
        elif name in UNSEEN:
            end = None if token.rest.endswith("/") else self._end_of(name)
            self._at = end or self._at
        elif name == "q":
            self._stack.add_text("“")

    def _end(self, name: str) -> None:
        if name in FORMATS:
            self._stack.close_format(FORMATS[name])
        elif name == "br":
            self._stack.add_line_break()
        elif name == "q":
            self._stack.add_text("”")
        elif name in BLOCKS:
            self._stack.close_leaf()
            stop = _TABLE if name in TABLE_PARTS else _ITEM_BORDERS if name == "li" else _BORDERS
            at = self._stack.find(name, stop)
            if at is not None:
                self._stack.close_to(at)

    # Text

    def _format(self, name: str, token: Token) -> None:
        attributes = _direction(token)
        if name == "a":
            self._stack.close_format("a")
            given = token.attributes()
            address = link_address(given.get("href", ""), self._base_url)
            if address is None or not may_be_linked(address):
                return
            title = one_line(given.get("title", ""))
            attributes = {"href": address} | ({"title": title} if title else {}) | attributes
        self._stack.open_format(FORMATS[name], attributes)

    # Blocks

    def _block(self, name: str, token: Token) -> None:
        stack = self._stack
        if name in SCOPES or name in ("p", "hr"):
            # These may stand in preformatted text, where they begin a line.
            in_pre = stack.container().tag == "pre"
            if stack.frames[-1].implied and stack.frames[-1].name == "ul":
                stack.close_to(len(stack.frames) - 1)
            if name in SCOPES and name != "option":
                stack.open_frame(Frame(name, inherited=_direction(token)))
                if name == "figcaption" and stack.find("figure") is not None:
                    stack.open_caption()
            elif name == "p" and not in_pre:
                self._leaf(name, token)
            return
        if (pre := stack.find("pre")) is not None:
            stack.close_to(pre)
        if name == "li":
            self._item(token)
        elif name in TABLE_PARTS:
            self._table_part(name, token)
        elif name in LEAVES and name != "pre":
            self._leaf(name, token)
        else:
            stack.enter_item(reopen=name in LISTS)
            if name in LISTS:
                start = whole(token.attributes().get("start", ""), -(10**6), 10**6) if name == "ol" else None
                attributes = {} if start is None else {"start": str(start)}
                stack.open_node(name, LISTS[name], attributes | _direction(token))
            elif name == "blockquote":
                self._quote(token)
            else:
                stack.open_node(name, name, _direction(token))

    def _leaf(self, name: str, token: Token) -> None:
        self._stack.enter_item()
        self._stack.open_frame(Frame(name, leaf=LEAVES[name], inherited=_direction(token)))

    def _item(self, token: Token) -> None:
        at = self._stack.find("li", _ITEM_BORDERS)
        if at is not None:
            self._stack.close_to(at)
        if self._stack.container().tag not in ("ul", "ol"):
            self._stack.open_node("ul", "ul", {}, implied=True)
        self._stack.open_node("li", "li", _direction(token))

    def _quote(self, token: Token) -> None:
        outermost = self._stack.container() is self._stack.root and not self._quoted
        frame = self._stack.open_node("blockquote", "blockquote", _direction(token))
        if outermost and frame.node is not None:
            # A quote block holds what is in the element, so that has to say the language.
            frame.inherited, frame.node.attributes = frame.node.attributes, {}
            if token.rest and _POST.search(token.attributes().get("class", "")):
                frame.node.mark = "post"

    def _table_part(self, name: str, token: Token) -> None:
        stack = self._stack
        table = stack.find("table")
        if table is None:
            return
        direction = _direction(token)
        if name == "caption":
            stack.close_to(table + 1)
            stack.open_frame(Frame(name, inherited=direction))
            return
        if name in SECTIONS:
            stack.close_to(table + 1)
            stack.open_node(name, SECTIONS[name], direction)
            return
        section = next((at for at, frame in enumerate(stack.frames) if at > table and frame.name in SECTIONS), None)
        if section is None:
            stack.close_to(table + 1)
            stack.open_node("tbody", "tbody", {})
            section = table + 1
        row = stack.find("tr", _TABLE)
        if name == "tr" or row is None:
            stack.close_to(section + 1)
            stack.open_node("tr", "tr", direction if name == "tr" else {})
        else:
            stack.close_to(row + 1)
        if name in CELLS:
            given = token.attributes()
            spans = {span: whole(given.get(span, ""), 2, 1000) for span in ("colspan", "rowspan")}
            stack.open_node(name, name, {span: str(n) for span, n in spans.items() if n is not None} | direction)

    # Media

    def _image(self, token: Token) -> None:
        given = token.attributes()
        if _DRAWN.search(given.get("class", "")) and given.get("alt"):
            self._stack.add_text(given["alt"])
        elif (image := image_of(given, self._base_url)) is not None:
            self._stack.add_media(image)

    def _player(self, name: str, token: Token) -> None:
        """What is in the element is only for browsers that cannot play it, unless we cannot either."""
        end = self._end_of(name)
        inside = self._tokens[self._at : end] if end is not None else []
        sources = [child.attributes().get("src", "") for child in inside if child[:2] == (What.START, "source")]
        of = video_of if name == "video" else audio_of
        media = of(token.attributes(), sources, self._base_url)
        if media is not None:
            self._stack.add_media(media)
            self._at = end or self._at

    def _end_of(self, name: str) -> int | None:
        """The place after the matching end tag; None when there is none, and then nor is there for any later one."""
        if name in self._endless:
            return None
        depth = 1
        for at in range(self._at, len(self._tokens)):
            token = self._tokens[at]
            if token.value == name and token.what is not What.TEXT:
                depth += 1 if token.what is What.START else -1
                if depth == 0:
                    return at + 1
        self._endless.add(name)
        return None


def _direction(token: Token) -> dict[str, str]:
    if not token.rest:
        return {}
    given = token.attributes()
    found = {}
    if _LANGUAGE.fullmatch(given.get("lang", "")):
        found["lang"] = given["lang"]
    if given.get("dir", "").lower() in _DIRECTIONS:
        found["dir"] = given["dir"].lower()
    return found
