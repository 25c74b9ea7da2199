"""Sanitised HTML as lines of a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import zip_longest
from urllib.parse import urljoin

from rich.console import Console, ConsoleOptions, RenderResult
from rich.style import Style
from rich.text import Text

# Terminals obey control characters, and direction overrides make text lie. Line ends and tabs are kept.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SPACE = re.compile(r"\s+")

_STYLES = {
    "a": Style(underline=True, color="cyan"),
    "em": Style(italic=True),
    "cite": Style(italic=True),
    "strong": Style(bold=True),
    "del": Style(strike=True, color="red"),
    "s": Style(strike=True),
    "ins": Style(underline=True, color="green"),
    "code": Style(color="magenta"),
    "pre": Style(color="magenta"),
    "h3": Style(bold=True),
    "h4": Style(bold=True),
    "th": Style(bold=True),
}
_PARAGRAPHS = frozenset({"p", "h3", "h4", "li", "ul", "ol", "blockquote", "pre", "table"})


def clean(text: str) -> str:
    """Text that cannot do anything to a terminal but be shown."""
    return _CONTROL.sub("", text)


def address(server: str, url: str) -> str:
    """`url` as it is opened from anywhere. What is none stays as it is: older servers took anything for one."""
    try:
        return urljoin(server, clean(url))
    except ValueError:
        return clean(url)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """`mark` stands before its first line, `bars` are quotes around it, `depth` counts the lists.

    `joined`: no empty line before it.
    """

    text: Text
    mark: str = ""
    depth: int = 0
    bars: int = 0
    joined: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lead = "│ " * self.bars
        margin = "  " * max(0, self.depth - (1 if self.mark else 0))
        indent = len(lead) + len(margin) + len(self.mark)
        width = max(10, options.max_width - indent)
        for number, line in enumerate(self.text.wrap(console, width)):
            line.rstrip()
            mark = self.mark if number == 0 else " " * len(self.mark)
            yield Text().append(lead, "dim").append(margin + mark).append_text(line)


def paragraphs(html: str) -> list[Paragraph]:
    """The HTML of a text or quote block, paragraph by paragraph."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.flush()
    return reader.found


def inline(html: str) -> Text:
    """Inline HTML, as in a summary, in one line."""
    return Text(" ").join(paragraph.text for paragraph in paragraphs(html))


def stacked(items: list[Paragraph]) -> Iterator[Paragraph | Text]:
    """With an empty line between paragraphs, none within a list, a quote or a row of pictures."""
    for number, item in enumerate(items):
        above = items[number - 1]
        listed = item.mark and above.mark and bool(item.depth) == bool(above.depth)
        if number and not (item.joined or listed or (item.bars and above.bars)):
            yield Text("")
        yield item


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Paragraph] = []
        self._text = Text()
        self._styles: list[tuple[str, Style]] = []
        self._lists: list[int | None] = []
        self._mark = ""
        self._bars = 0
        self._rows: list[list[Text]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in _PARAGRAPHS and not (tag == "p" and self._mark and not self._text.plain.strip()):
            self.flush()
        match tag:
            case "br":
                self._text.append("\n")
            case "ul" | "ol":
                self._lists.append(0 if tag == "ol" else None)
            case "li":
                self._mark = "• "
                if self._lists and (number := self._lists[-1]) is not None:
                    self._lists[-1] = number + 1
                    self._mark = f"{number + 1}. "
            case "blockquote":
                self._bars += 1
            case "tr":
                self._rows.append([])
            case "td" | "th":
                self._text = Text()
        if tag in _STYLES:
            style = _STYLES[tag]
            address = clean(dict(attributes).get("href") or "") if tag == "a" else ""
            if address.startswith(("http://", "https://")):
                style += Style(link=address)
            self._styles.append((tag, style))

    def handle_endtag(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self.flush()
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
        if tag == "blockquote":
            self._bars = max(0, self._bars - 1)
        if tag in ("td", "th") and self._rows:
            self._rows[-1].append(self._text)
            self._text = Text()
        if tag == "table":
            self._flush_table()
        for index in range(len(self._styles) - 1, -1, -1):
            if self._styles[index][0] == tag:
                del self._styles[index]
                break

    def handle_data(self, data: str) -> None:
        data = clean(data)
        if not any(tag == "pre" for tag, _ in self._styles):
            data = _SPACE.sub(" ", data)
            if not self._text.plain or self._text.plain[-1].isspace():
                data = data.lstrip()
        self._text.append(data, Style.combine([Style.null(), *(style for _, style in self._styles)]))

    def flush(self) -> None:
        text, self._text = self._text, Text()
        text.rstrip()
        if text.plain.strip():
            self.found.append(Paragraph(text, self._mark, len(self._lists), self._bars))
            self._mark = ""

    def _flush_table(self) -> None:
        rows, self._rows = [row for row in self._rows if row], []
        widths = [max(cell.cell_len for cell in column if cell) for column in zip_longest(*rows)]
        for number, row in enumerate(rows):
            line = Text()
            for cell, width in zip(row, widths, strict=False):
                line.append_text(cell).append(" " * (width - cell.cell_len + 3))
            line.rstrip()
            self.found.append(Paragraph(line, "", len(self._lists), self._bars, joined=number > 0))
