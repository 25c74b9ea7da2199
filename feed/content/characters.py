"""Characters that no page, feed or log should carry, and where words begin and end."""

from __future__ import annotations

import html
import re
from html.entities import html5

# C0, DEL and C1 have no meaning in HTML, and Atom (XML 1.0 section 2.2) cannot carry most of them at all; half a
# surrogate pair cannot be sent as UTF-8. Line and paragraph separators and the bidi marks are text, and stay.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SEPARATING = dict.fromkeys("\x0b\x0c\x1c\x1d\x1e\x1f\x85", " ") | {"\r": "\n"}

_REFERENCE = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);?")
# What editors leave in paragraphs that show nothing: white space, and characters without width.
_BLANK = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\u200c\u200d\u2060\ufeff"

# Python refuses to read numbers of more than 4300 digits; ten already name no character.
_OVERLONG = re.compile(r"&#(?:[xX]0*[0-9a-fA-F]{9,}|0*[0-9]{10,});?")


def without_controls(text: str) -> str:
    """Line ends become LF, separators of old a space; the other control characters go. Bidi characters stay."""
    if _UNWANTED.search(text) is None:
        return text
    return _UNWANTED.sub(_wanted, text.replace("\r\n", "\n"))


def _wanted(match: re.Match[str]) -> str:
    character = match[0]
    return "\ufffd" if "\ud800" <= character <= "\udfff" else _SEPARATING.get(character, "")


def text_of(source: str) -> str:
    """The text that HTML `source` without tags stands for."""
    return without_controls(html.unescape(_OVERLONG.sub("\ufffd", source))) if "&" in source else source


def attribute_of(source: str) -> str:
    """The value that an attribute's `source` stands for.

    Other than in text, ``&sect`` of ``?a=1&section=2`` is no reference (HTML section 13.2.5.73)."""
    if "&" not in source:
        return source
    return without_controls(_REFERENCE.sub(_referenced, _OVERLONG.sub("\ufffd", source)))


def _referenced(match: re.Match[str]) -> str:
    reference = match[0]
    if not reference.startswith("&#"):
        follower = match.string[match.end() : match.end() + 1]
        if reference[1:] not in html5 or (follower == "=" and not reference.endswith(";")):
            return reference
    return html.unescape(reference)


def one_line(text: str) -> str:
    """A line of plain words: runs of white space become one space."""
    return " ".join(without_controls(text).split())


def is_blank(text: str) -> bool:
    return not text.strip(_BLANK)
