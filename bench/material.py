"""What is published and read: entries of a made-up night, and the very bytes that Feed's readers get of them."""

from __future__ import annotations

import json
import random
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .machine import BenchError

# Where the load client puts the time and a number; as wide as what it puts there.
TIME, NUMBER = "9" * 19, "8" * 9
HEADLINE = f'"t":{TIME} "s":{NUMBER} the third gate is closed and the pumps are running'
REPLAYED = 50

WORDS: list[str] = re.findall(
    r"\w+",
    "water gate river level wind harbour street evening council engineer pump barrier tide crew hour morning "
    "report road bridge boat station light roof wall night rain bank school hall volunteer driver radio "
    "officer north south east west lower upper first second third last early late slowly quickly again still "
    "already almost about after before since while until where people families neighbours and the of to in on "
    "at from with for by as that it is was are were has have had will would could closed open moved risen "
    "fallen expected measured reported confirmed",
)


def draft(paragraphs: int, headline: str, chance: random.Random) -> dict[str, Any]:
    """An entry as a producer sends it; about 0.4 KB and 0.45 KB more for each paragraph."""
    text = "".join(f"<p>{_sentences(chance)}</p>" for _ in range(paragraphs))
    return {
        "headline": headline,
        "html": text,
        "labels": ["barrier", "lower town"],
        "authors": [{"name": "Ines Varga", "tagline": "at the control room"}],
        "importance": 2,
        "images": [
            {
                "url": "https://media.example.org/night/gate-3.webp",
                "alt": "The third gate",
                "width": 1280,
                "height": 720,
            }
        ],
    }


def _sentences(chance: random.Random) -> str:
    sentences = (" ".join(_word(chance) for _ in range(13)).capitalize() + "." for _ in range(6))
    return " ".join(sentences)


def _word(chance: random.Random) -> str:
    # A few words make up most of a text, as in any language.
    return WORDS[min(int(chance.paretovariate(0.6)) - 1, len(WORDS) - 1)]


def page(size: int = REPLAYED) -> list[dict[str, Any]]:
    """Different entries, so that compressing a page of them is the work that it is in life."""
    chance = random.Random(7)  # noqa: S311 - the same page in every run
    return [draft(1, f"{_sentences(chance)[:60]} {at}", chance) for at in range(size)]


@dataclass(frozen=True)
class Material:
    """Files in `folder`. `large` are entries of 12 KB, which fill the buffers of a reader that has stopped sooner."""

    folder: Path

    def draft(self, *, large: bool = False) -> Path:
        """Template of what is posted to Feed."""
        return self.folder / ("draft-large.json" if large else "draft.json")

    def message(self, *, large: bool = False) -> Path:
        """Template of what is posted to all others: the message that Feed makes of that entry."""
        return self.folder / ("message-large.json" if large else "message.json")

    @property
    def snapshot(self) -> Path:
        """The message with the newest 50 entries."""
        return self.folder / "snapshot.json"

    @property
    def deflated(self) -> Path:
        return self.folder / "snapshot.deflated"

    def replayed(self) -> list[bytes]:
        """The snapshot's entries as one message each, oldest first."""
        entries = json.loads(self.snapshot.read_bytes())["entries"]
        return [_compact({"type": "entry.published", "entry": entry}) for entry in reversed(entries)]

    def write_drafts(self) -> None:
        for large in (False, True):
            chance = random.Random(11)  # noqa: S311
            self.draft(large=large).write_bytes(_template(_compact(draft(24 if large else 1, HEADLINE, chance))))

    def samples(self) -> list[bytes]:
        """Two entries, the second a large one, from which Feed makes the messages."""
        return [_without_marks(self.draft(large=large)) for large in (False, True)]

    def keep(self, messages: Sequence[bytes]) -> None:
        """What a reader of Feed got: a snapshot, then `samples`. Raises BenchError where it was not that."""
        snapshot = next(message for message in messages if message.startswith(b'{"type":"snapshot"'))
        published = [message for message in messages if message.startswith(b'{"type":"entry.published"')]
        if len(published) != 2:
            raise BenchError(f"Feed sent {len(published)} messages for two entries.")
        self.snapshot.write_bytes(snapshot)
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        self.deflated.write_bytes((packer.compress(snapshot) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4])
        for large, message in zip((False, True), published, strict=True):
            self.message(large=large).write_bytes(_template(message))

    def described(self) -> dict[str, int]:
        """Bytes of a message, a large one, a snapshot and a compressed one."""
        files = {
            "message": self.message(),
            "large_message": self.message(large=True),
            "snapshot": self.snapshot,
            "snapshot_deflated": self.deflated,
        }
        return {name: file.stat().st_size for name, file in files.items()}


def _compact(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _template(message: bytes) -> bytes:
    marked, times = re.subn(TIME.encode(), b"@T@", message)
    marked, numbers = re.subn(NUMBER.encode(), b"@S@", marked)
    if (times, numbers) != (1, 1):
        raise BenchError(f"The marks came out {times} and {numbers} times, not once, in: {message[:300]!r}")
    return marked


def _without_marks(template: Path) -> bytes:
    return template.read_bytes().replace(b"@T@", TIME.encode()).replace(b"@S@", NUMBER.encode())
