"""An entry as it stands in a terminal: its time at the left, its text beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from .prose import Paragraph, address, clean, paragraphs, stacked

# Longer lines are hard to read, however wide the window is.
MEASURE = 92
TIME_WIDTH = 11
_STRUCK = Style(strike=True, dim=True)
_SIGNS = {"story": "→", "report": "→", "video": "▶", "podcast": "♪"}
_VERIFICATION = {"confirmed": "green", "unverified": "yellow", "claim": "yellow"}


def local(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone()


def time_of(moment: str) -> Text:
    """The reader's own time and, where that is another, GMT, as on the page."""
    here, there = local(moment), datetime.fromisoformat(moment)
    text = Text(f"{here:%H:%M}", "bold cyan")
    if here.utcoffset() != there.utcoffset():
        text.append(f"\n{there:%H:%M} GMT", "not bold dim")
    return text


def entry_view(entry: Mapping[str, Any], server: str, *, mark: str | None = None, pinned: bool = False) -> Table:
    """`mark` says what has just happened to it, as in ``edited``; addresses on the `server` are made whole."""
    grid = Table.grid(padding=0)
    grid.add_column(width=TIME_WIDTH)
    grid.add_column(max_width=MEASURE)
    grid.add_row(time_of(entry["display_at"]), Group(*_lines(entry, server, mark, pinned)))
    return grid


def _lines(entry: Mapping[str, Any], server: str, mark: str | None, pinned: bool) -> Iterator[RenderableType]:
    retracted = entry.get("status") == "retracted"
    if tags := _tags(entry, mark, pinned):
        yield tags
    if headline := entry.get("headline"):
        # As a span: a style of the whole line would strike through the rest of the line too.
        yield Text.assemble((clean(headline), _STRUCK if retracted else "bold"))
    if retracted:
        reason = clean((entry.get("retraction") or {}).get("reason", ""))
        yield Text.assemble(("Withdrawn", "bold red"), (f": {reason}" if reason else "", "red"))
    for line in stacked(_body(entry.get("blocks", []), server)):
        if retracted:
            # It stays readable, but nobody may take it for what is known.
            (line.text if isinstance(line, Paragraph) else line).stylize(_STRUCK)
        yield line
    for correction in entry.get("corrections", []):
        yield Text.assemble(("Correction", "bold yellow"), (f": {clean(correction['note'])}", "yellow"))
    names = ", ".join(author["name"] for author in entry.get("authors", []))
    labels = "  ".join(f"#{label}" for label in entry.get("labels", []))
    if names or labels:
        yield Text(clean("   ".join(part for part in (names, labels) if part)), "dim")


def _tags(entry: Mapping[str, Any], mark: str | None, pinned: bool) -> Text | None:
    tags = [
        (mark, "bold yellow"),
        ("pinned" if pinned else None, "bold cyan"),
        ("key event" if entry.get("key_event") else None, "bold red"),
        (None if entry.get("kind", "update") == "update" else entry["kind"], "bold magenta"),
    ]
    if verification := entry.get("verification"):
        status, by = verification["status"], verification.get("by")
        tags.append((f"{status} by {by}" if by else status, _VERIFICATION.get(status, "")))
    shown = [Text(clean(words), style) for words, style in tags if words]
    return Text("  ·  ", "dim").join(shown) if shown else None


def _body(blocks: list[Mapping[str, Any]], server: str) -> list[Paragraph]:
    return [paragraph for block in blocks for paragraph in _block(block, server)]


def _block(block: Mapping[str, Any], server: str) -> Iterator[Paragraph]:
    match block["type"]:
        case "text":
            yield from paragraphs(block["html"])
        case "quote":
            for paragraph in paragraphs(block["html"]):
                yield Paragraph(paragraph.text, paragraph.mark, paragraph.depth, paragraph.bars + 1)
            if by := block.get("by"):
                yield Paragraph(Text(f"— {clean(by)}", "dim"), bars=1)
        case "image":
            yield _picture(block, server, "▣ ")
        case "gallery":
            for number, image in enumerate(block["images"], 1):
                yield _picture(image, server, f"▣ {number}/{len(block['images'])} ")
        case "video":
            yield _elsewhere(block, server, "▶ ")
        case "audio":
            yield _elsewhere(block, server, "♪ ")
        case "embed":
            yield _elsewhere(block, server, "◇ ", block.get("provider"))
        case "link":
            yield _elsewhere(block, server, f"{_SIGNS.get(block.get('kind', 'story'), '→')} ")


def _picture(image: Mapping[str, Any], server: str, sign: str) -> Paragraph:
    words = image.get("caption") or image.get("alt") or image.get("url") or "picture"
    text = Text.assemble((clean(words), "italic"))
    if url := image.get("url"):
        text.stylize(Style(link=address(server, url)))
    if credit := image.get("credit"):
        text.append(f"  [{clean(credit.strip('[] '))}]", "dim")
    return Paragraph(text, sign)


def _elsewhere(block: Mapping[str, Any], server: str, sign: str, what: str | None = None) -> Paragraph:
    """Something to see, hear or read at its own address, which is shown because not every terminal has links."""
    title = block.get("title") or block.get("caption") or what
    url = address(server, block["url"])
    text = Text.assemble((f"{clean(title)}  ", "cyan")) if title else Text()
    text.append(url, Style(dim=bool(title), underline=True, link=url))
    return Paragraph(text, sign)
