"""Follows a coverage in the terminal, and goes on where it was when it is started again.

python tail.py http://127.0.0.1:8000 budget
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from contextlib import aclosing
from html import unescape
from pathlib import Path
from typing import Any

from feed_client import FeedError, Timeline, follow

KEPT = Path("tail.json")


def text_of(entry: dict[str, Any]) -> str:
    html = " ".join(block.get("html", "") for block in entry.get("blocks", []))
    body = " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
    return ": ".join(part for part in (entry.get("headline"), body) if part)


def show(entry: dict[str, Any], mark: str = "") -> None:
    print(f"{entry['display_at'][11:16]}  {mark}{text_of(entry)}")


async def tail(url: str, coverage: str) -> None:
    timeline = Timeline()
    if KEPT.exists():
        timeline.apply(json.loads(KEPT.read_text()))
    async with aclosing(follow(url, coverage, after=timeline.cursor)) as messages:
        async for message in messages:
            timeline.apply(message)
            match message["type"]:
                case "snapshot":
                    print(f"\n{message['coverage']['title']}\n")
                    for entry in reversed(message["entries"]):
                        show(entry)
                case "entry.published":
                    show(message["entry"])
                case "entry.revised":
                    show(message["entry"], "(changed) ")
                case "entry.retracted":
                    show(message["entry"], f"(withdrawn: {message['entry']['retraction']['reason']}) ")
                case "entry.deleted":
                    print(f"       {message['id']} was taken down.")
            if timeline.cursor is not None:
                # Page and cursor belong together.
                KEPT.write_text(json.dumps(timeline.as_snapshot()))
    print("\nEnded." + (f" It goes on at {timeline.successor['url']}" if timeline.successor else ""))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        asyncio.run(tail(sys.argv[1], sys.argv[2]))
    except FeedError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass
