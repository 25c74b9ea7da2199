"""Tokens of HTML, in time linear in its length.

The sanitiser has a whole parser, but no limits: 0.5 MB of ``<div>`` keep it busy for 33 s (nh3 0.3.8). So the input is
taken apart here first, counted, and reaches the sanitiser only when it is put together again, well formed. Nothing
rests on this reading being the browser's own: what it takes for text is escaped.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import regex

from feed.errors import InvalidInput

from .characters import attribute_of, text_of
from .vocabulary import UNSEEN_TEXT

MAX_TAGS = 20_000

# Every part either never goes back (possessive) or runs to the end of the input once and for all.
_TOKEN = regex.compile(
    r"""
      (?P<text> (?: [^<]++ | < (?![A-Za-z!/?]) )++ )
    | <!-- (?: -?> | .*? (?: --!?> | \Z ) )
    | < (?P<close> /? ) (?P<name> [A-Za-z] [^ \t\n/>]*+ )
      (?P<rest> (?: [^>=]++ | = [ \t\n]*+ (?: "[^"]*+" | '[^']*+' | [^ \t\n>"'] [^ \t\n>]*+ )?+ )*+ )
      (?P<end> > | \Z )
    | < [!?/] [^>]*+ (?: > | \Z )
    """,
    regex.VERBOSE | regex.DOTALL,
)
_ATTRIBUTE = regex.compile(
    r"""([^ \t\n/>=]++) (?: [ \t\n]*+ = [ \t\n]*+ (?: "([^"]*+)" | '([^']*+)' | ([^ \t\n>"'] [^ \t\n>]*+) ) )?""",
    regex.VERBOSE,
)

# Their contents are characters, not tags, up to the end tag of the same name.
_RAW = UNSEEN_TEXT | {"iframe", "textarea"}
_RAW_END = {name: regex.compile(rf"</{name}(?=[ \t\n/>])", regex.IGNORECASE) for name in _RAW}


class What(IntEnum):
    TEXT = 0
    START = 1
    END = 2


class Token(NamedTuple):
    """`value` is the text, or the tag's name in lower case; `rest` the source of a start tag's attributes."""

    what: What
    value: str
    rest: str = ""

    def attributes(self) -> dict[str, str]:
        """By name in lower case; of two with one name the first counts."""
        found: dict[str, str] = {}
        for name, double, single, bare in _ATTRIBUTE.findall(self.rest):
            found.setdefault(name.lower(), attribute_of(double or single or bare))
        return found


def tokens_of(html: str) -> list[Token]:
    """`html` is without control characters. Comments, scripts, styles and the like are left out.

    Raises InvalidInput for more than `MAX_TAGS` tags."""
    tokens: list[Token] = []
    endless: set[str] = set()
    tags = position = 0
    while found := _TOKEN.match(html, position):
        position = found.end()
        text, close, name, rest, end = found.groups()
        if name is None:
            if text is not None:
                tokens.append(Token(What.TEXT, text_of(text)))
            continue
        if not end:
            # No ">" comes after: somebody wrote "a <b", which is no tag.
            tokens.append(Token(What.TEXT, text_of(found[0])))
            break
        tags += 1
        if tags > MAX_TAGS:
            raise InvalidInput(f"The HTML has more than {MAX_TAGS:,} tags. Split it over several entries.")
        name = name.lower()
        if close:
            tokens.append(Token(What.END, name))
            continue
        if name not in UNSEEN_TEXT:
            tokens.append(Token(What.START, name, rest))
        if name in _RAW and name not in endless:
            last = _RAW_END[name].search(html, position)
            if last is not None:
                if name == "textarea":
                    tokens.append(Token(What.TEXT, text_of(html[position : last.start()])))
                position = last.start()
            elif name in ("script", "style"):
                # The rest is a program that was cut off, as it is for a browser.
                break
            else:
                endless.add(name)
    return tokens
