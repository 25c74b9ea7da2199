"""The plain text of sanitised HTML, for search engines and link previews."""

from __future__ import annotations

from html.parser import HTMLParser

from feed.model import Entry, Quote, Text

_BREAKS = frozenset({"p", "br", "li", "ul", "ol", "blockquote", "h3", "h4", "tr", "pre", "table"})
# What was struck is shown to readers as struck; quoted without its line it would be the error again.
_STRUCK = frozenset({"del", "s"})


def plain_text(html: str) -> str:
    """One line per paragraph or list item; struck text is left out."""
    reader = _PlainText()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return "\n".join(line for line in lines if line)


def plain_body(entry: Entry) -> str:
    return "\n".join(
        text for block in entry.blocks if isinstance(block, Text | Quote) and (text := plain_text(block.html))
    )


def excerpt(text: str, length: int = 200) -> str:
    """At most `length` characters of one line, cut between words."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(",;:–- ") + "…"


class _PlainText(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._struck = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._struck += tag in _STRUCK
        if tag in _BREAKS:
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._struck -= tag in _STRUCK and self._struck > 0
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._struck:
            self.parts.append(data)
