"""Follows a coverage in the terminal, and goes on where it was when it is started again.

python tail.py http://127.0.0.1:8000 eddersea-surge

FEED_TOKEN is used for private coverages. Ctrl-C leaves.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import textwrap
from contextlib import aclosing
from datetime import datetime
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

from feed_client import Block, Entry, FeedError, Image, Timeline, follow

MARGIN = " " * 9
BOLD, DIM, STRUCK = "1", "2", "9"


def paint(style: str, text: str) -> str:
    colourful = text and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return f"\x1b[{style}m{text}\x1b[0m" if colourful else text


def paragraphs(html: str) -> list[str]:
    """HTML as the server gives it, sanitised, in words."""
    broken = re.sub(r"<br>|</(?:p|ul|ol|h3|h4|tr|blockquote)>", "\n", html.replace("<li>", "\n• "))
    lines = unescape(re.sub(r"<[^>]*>", "", broken)).split("\n")
    return [line.strip() for line in lines if line.strip()]


def lines_of(block: Block) -> list[str]:
    if "html" in block:
        return paragraphs(block["html"]) + ([f"— {block['by']}"] if "by" in block else [])
    return [f"[{about(one)}]" for one in block.get("images", [block])]


def about(medium: Block | Image) -> str:
    """The first that is there."""
    told = map(medium.get, ("caption", "title", "alt", "credit", "url"))
    return str(next(filter(None, told), "image"))


def show(entry: Entry, note: str = "") -> None:
    time = datetime.fromisoformat(entry["display_at"]).astimezone().strftime("%H:%M")
    headline = entry.get("headline", "")
    notes = [f"Correction: {correction['note']}" for correction in entry.get("corrections", [])]
    if entry["status"] == "retracted":
        headline, texts = paint(STRUCK, headline), [f"Withdrawn: {entry['retraction']['reason']}"]
    else:
        headline, texts = paint(BOLD, headline), [line for block in entry.get("blocks", []) for line in lines_of(block)]
    told = [textwrap.indent(textwrap.fill(text, 80 - len(MARGIN)), MARGIN) for text in texts + notes]
    head = "  ".join(part for part in (headline, note) if part)
    print("\n".join([MARGIN + head, *told] if head else told).replace(MARGIN, f"  {time}  ", 1) + "\n")


def show_title(title: str, status: str = "") -> None:
    print(f"\n  {paint(BOLD, title)}{paint(DIM, status)}\n")


async def tail(url: str, coverage: str) -> None:
    kept = Path(f"{re.sub(r'[^0-9A-Za-z-]', '_', coverage)}.tail.json")
    timeline = Timeline()
    if kept.exists():
        timeline.apply(json.loads(kept.read_text()))
        show_title((timeline.coverage or {})["title"], "  goes on")
    following = follow(url, coverage, after=timeline.cursor, token=os.environ.get("FEED_TOKEN"))
    async with aclosing(following) as messages:
        async for message in messages:
            timeline.apply(message)
            match message["type"]:
                case "snapshot":
                    show_title(message["coverage"]["title"])
                    for entry in reversed(message["entries"]):
                        show(entry)
                case "entry.published":
                    show(message["entry"])
                case "entry.revised" | "entry.retracted":
                    show(message["entry"], "(withdrawn)" if message["type"] == "entry.retracted" else "(changed)")
                case "entry.deleted":
                    print(f"{MARGIN}{paint(DIM, 'An entry was taken down.')}\n")
            if timeline.cursor is not None:
                # Page and cursor belong together.
                kept.write_text(json.dumps(timeline.as_snapshot()))
    goes_on = f" It goes on: {urljoin(url, timeline.successor['url'])}" if timeline.successor else ""
    print(f"  Ended.{goes_on}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        asyncio.run(tail(sys.argv[1], sys.argv[2]))
    except FeedError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass
