"""Captions of pictures with their credit in brackets: ``A market in the old town [File: Ana Roe/Agency]``."""

from __future__ import annotations

import re
from typing import Any

_LONGEST = 2_000
_CREDIT = re.compile(r"\[([^\[\]]{1,200})\]")
# What tells a credit from a word that a desk put into a quotation, such as "[the minister]".
_AGENCY = re.compile(
    r"/|^(?:File|Photo|Image|Courtesy|Handout|Screengrab|Screenshot|Illustration|Map)\b|\b(?:via|AFP|AP|EPA|Reuters|"
    r"Getty|DPA|ANSA|Xinhua|Anadolu|PA Media|Al Jazeera)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?…][”’\"'»)]*$")


class Caption:
    def __init__(self, text: str, credit: str) -> None:
        self.text = text
        self.credit = credit

    def as_picture(self) -> dict[str, Any]:
        """A picture of which only the words are known."""
        picture = {"alt": "", "caption": self.text, "credit": self.credit}
        return {name: value for name, value in picture.items() if value or name == "alt"}


def captions_in(line: str, *, apart: bool) -> list[Caption]:
    """The captions that `line` consists of; none when it is a paragraph.

    `apart` says that it stands where pictures stand: then any bracket at its end is a credit. Elsewhere the bracket
    must read like one, and what comes before must not be a sentence.
    """
    if not line.endswith("]") or len(line) > _LONGEST:
        return []
    brackets = list(_CREDIT.finditer(line))
    if not brackets or brackets[-1].end() != len(line):
        return []
    last = brackets[-1]
    if not apart and (not _is_credit(last[1]) or _SENTENCE_END.search(line[: last.start()].rstrip())):
        return []
    if _within_quotation(line[: last.start()]):
        return []
    captions: list[Caption] = []
    start = 0
    for bracket in brackets:
        if bracket is last or ("/" in bracket[1] and _is_credit(bracket[1])):
            captions.append(Caption(line[start : bracket.start()].strip(), bracket[1].strip()))
            start = bracket.end()
    return captions


def _is_credit(text: str) -> bool:
    return _AGENCY.search(text) is not None


def _within_quotation(before: str) -> bool:
    return before.count("“") > before.count("”")
