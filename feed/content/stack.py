"""The stack of open elements: where the next text, block or picture of a document goes.

It is simpler than a browser's: formatting does not outlive the block it was opened in, text that no paragraph holds
gets one, and depth and number of elements are bounded, so that time is linear in the input.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from feed.errors import InvalidInput

from .media import Media
from .tree import Node
from .vocabulary import CELLS

MAX_DEPTH = 100
MAX_ELEMENTS = 20_000
_SPACE = " \t\n"
_TABLE_INSIDES = frozenset({"table", "thead", "tbody", "tr"})
_PLACED = CELLS | _TABLE_INSIDES - {"table"}


@dataclass(slots=True, eq=False)
class Frame:
    """An open element. `node` is None when it has none of its own: its contents belong to the next one outwards.

    A `leaf` (the element that its text gets: p, h3, h4) has its nodes made when text comes, one after every picture.
    `inherited` is the language and direction it gives to what is in it, `formats` the number of formats around it."""

    name: str
    node: Node | None = None
    leaf: str = ""
    inherited: dict[str, str] = field(default_factory=dict)
    implied: bool = False
    formats: int = 0
    media: list[Media] = field(default_factory=list)
    caption: str = ""


@dataclass(slots=True, eq=False)
class Format:
    tag: str
    attributes: dict[str, str]


class Stack:
    """All is in `root` once `close_all()` was called. Every method raises InvalidInput beyond the bounds."""

    def __init__(self) -> None:
        self.root = Node("")
        self.frames = [Frame("", self.root)]
        self._formats: list[Format] = []
        # The open run of text, and the formatting elements open in it.
        self._run: Node | None = None
        self._path: list[tuple[Format, Node]] = []
        # Pictures in lists, tables and quotes wait for their end.
        self._held: list[Media] = []
        # The words of the open caption.
        self._caption: list[str] | None = None
        self._elements = 0

    # What comes in

    def add_text(self, text: str) -> None:
        if self._caption is not None:
            self._caption.append(text)
            return
        if self._run is None:
            if self.container().tag != "pre":
                text = text.lstrip(_SPACE)
            if not text:
                return
            self.enter_item()
            self._run = self._insert(Node(self.frames[-1].leaf, self._inherited()))
        self._innermost(self._run).children.append(text)

    def add_line_break(self) -> None:
        if self._caption is not None:
            self._caption.append(" ")
        elif self.container().tag == "pre":
            self.add_text("\n")
        elif self._run is not None:
            self._innermost(self._run).children.append(Node("br"))

    def add_media(self, media: Media) -> None:
        """It ends the run of text, not the paragraph: what follows is a paragraph of the same kind."""
        self.end_run()
        figure = self.find("figure")
        if figure is not None:
            self.frames[figure].media.append(media)
        if self.container() is self.root:
            self.root.children.append(media)
        else:
            self._held.append(media)

    def open_format(self, tag: str, attributes: dict[str, str]) -> None:
        self._formats.append(Format(tag, attributes))
        self._check_depth()

    def close_format(self, tag: str) -> None:
        # From within a cell nothing around the table is closed, but a link is, since links do not nest.
        lowest = 0 if tag == "a" else max((frame.formats for frame in self.frames if frame.name in CELLS), default=0)
        for index in range(len(self._formats) - 1, lowest - 1, -1):
            if self._formats[index].tag == tag:
                del self._formats[index]
                for frame in self.frames:
                    frame.formats -= frame.formats > index
                return

    # Elements

    def open_node(self, name: str, tag: str, attributes: dict[str, str], *, implied: bool = False) -> Frame:
        node = self._insert(Node(tag, self._inherited() | attributes))
        return self.open_frame(Frame(name, node, implied=implied))

    def open_frame(self, frame: Frame) -> Frame:
        self.end_run()
        frame.formats = len(self._formats)
        self.frames.append(frame)
        self._check_depth()
        return frame

    def open_caption(self) -> None:
        """Text up to the end of the figcaption is the figure's caption."""
        if self._caption is None:
            self._caption = []

    def close_to(self, height: int) -> None:
        """Leaves `height` elements open."""
        while len(self.frames) > height:
            self._close()

    def close_leaf(self) -> None:
        self.end_run()
        if self.frames[-1].leaf:
            self._close()

    def close_all(self) -> None:
        self.close_to(1)
        self.end_run()
        self._release()

    def end_run(self) -> None:
        self._run = None
        self._path.clear()
        if self._caption is not None:
            self._caption.append(" ")

    def enter_item(self, *, reopen: bool = False) -> None:
        """In a list only items may stand: what comes without one gets one; with `reopen` it joins the one before.

        A list that was only implied by its items ends instead."""
        container = self.container()
        if container.tag not in ("ul", "ol"):
            return
        last = container.children[-1] if container.children else None
        if reopen and isinstance(last, Node):
            self.open_frame(Frame("li", last, implied=True))
        elif self.frames[-1].implied:
            self._close()
        else:
            self.open_node("li", "li", {}, implied=True)

    def find(self, name: str, stop: frozenset[str] = frozenset()) -> int | None:
        """The place of the innermost open element of that name, not looking beyond those in `stop`."""
        for at in range(len(self.frames) - 1, 0, -1):
            if self.frames[at].name == name:
                return at
            if self.frames[at].name in stop:
                return None
        return None

    def container(self) -> Node:
        """The innermost open block."""
        return next(frame.node for frame in reversed(self.frames) if frame.node is not None)

    # Within

    def _close(self) -> None:
        self.end_run()
        frame = self.frames.pop()
        del self._formats[frame.formats :]
        if frame.name == "figcaption" and self._caption is not None:
            figure = self.find("figure")
            words, self._caption = " ".join("".join(self._caption).split()), None
            if figure is not None:
                self.frames[figure].caption += (" " if self.frames[figure].caption else "") + words
        elif frame.name == "figure":
            self._close_figure(frame)
        if frame.node is not None and self.container() is self.root:
            self._release()

    def _close_figure(self, figure: Frame) -> None:
        outer = self.find("figure")
        if outer is not None:
            self.frames[outer].media += figure.media
        if not figure.caption or any(media.take_caption(figure.caption) for media in reversed(figure.media)):
            return
        self.enter_item()
        words = Node("p", self._inherited(), [figure.caption])
        container = self.container()
        last = container.children[-1] if container.children else None
        if not figure.media and isinstance(last, Node) and last.tag == "blockquote":
            words.mark = "footer"
            last.children.append(words)
        else:
            self._insert(words)

    def _release(self) -> None:
        self.root.children += self._held
        self._held.clear()

    def _innermost(self, run: Node) -> Node:
        """The element in the run that has just the formats that are open now."""
        kept = 0
        for (given, _), wanted in zip(self._path, self._formats, strict=False):
            if given is not wanted:
                break
            kept += 1
        del self._path[kept:]
        node = self._path[-1][1] if self._path else run
        for wanted in self._formats[kept:]:
            inner = Node(wanted.tag, wanted.attributes)
            self._spend()
            node.children.append(inner)
            self._path.append((wanted, inner))
            node = inner
        return node

    def _insert(self, node: Node) -> Node:
        self._spend()
        if any(frame.name == "footer" for frame in self.frames):
            node.mark = "footer"
        container = self.container()
        if container.tag in _TABLE_INSIDES and node.tag not in _PLACED:
            # As in a browser: what is in a table but in no cell stands before it.
            nodes = (frame.node for frame in reversed(self.frames) if frame.node is not None)
            around = next(node for node in nodes if node.tag not in _TABLE_INSIDES)
            around.children.insert(-1, node)
        else:
            container.children.append(node)
        return node

    def _inherited(self) -> dict[str, str]:
        inherited: dict[str, str] = {}
        for frame in reversed(self.frames):
            inherited = frame.inherited | inherited
            if frame.node is not None:
                break
        return inherited

    def _check_depth(self) -> None:
        if len(self.frames) + len(self._formats) > MAX_DEPTH:
            raise InvalidInput(f"The HTML is nested more than {MAX_DEPTH} levels deep.")

    def _spend(self) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise InvalidInput(f"The HTML has more than {MAX_ELEMENTS:,} elements. Split it over several entries.")
