"""Media: pictures, players and embeds of other sites, as HTML has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from msgspec.structs import replace

from feed.errors import InvalidInput
from feed.model import Audio, Embed, Image, Video

from .address import web_address
from .characters import one_line

MAX_LINE = 2_000
MAX_URL = 2_000
_MAX_PIXELS = 100_000
# Scripts that load pictures late keep the address somewhere else.
_SOURCES = ("src", "data-src", "data-original", "data-lazy-src")
_CREDIT = re.compile(r"(.*?) ?\[([^\[\]]+)\]", re.DOTALL)
_DENSITY = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?[wx]", re.ASCII)

Attributes = Mapping[str, str]


@dataclass(slots=True, eq=False)
class Media:
    """A block that is complete when the figure around it has ended."""

    block: Image | Video | Audio | Embed

    def take_caption(self, words: str) -> bool:
        """False when there is a caption already."""
        block = self.block
        if isinstance(block, Embed):
            if block.title is not None:
                return False
            self.block = replace(block, title=line_of(words, "caption"))
            return True
        if block.caption is not None or block.credit is not None:
            return False
        caption, credit = caption_and_credit(words)
        self.block = replace(block, caption=caption, credit=credit)
        return True


def line_of(words: str, what: str) -> str | None:
    """One line, None when empty. Raises InvalidInput for more than `MAX_LINE` characters."""
    line = one_line(words)
    if len(line) > MAX_LINE:
        raise InvalidInput(f"The {what} is longer than {MAX_LINE:,} characters: “{line[:60]}…”.")
    return line or None


def media_address(value: str, base_url: str | None) -> str | None:
    address = web_address(value, base_url)
    return address if address is not None and len(address) <= MAX_URL else None


def caption_and_credit(words: str) -> tuple[str | None, str | None]:
    """As in ``A tent camp at dusk [Mira Lind/Agency]``."""
    line = line_of(words, "caption")
    if line is None or (found := _CREDIT.fullmatch(line)) is None:
        return line, None
    return found[1] or None, found[2].strip() or None


def image_of(given: Attributes, base_url: str | None) -> Media | None:
    """None for a tracking pixel. Without an address that can be kept only the words are carried over."""
    width, height = whole(given.get("width", ""), 0, _MAX_PIXELS), whole(given.get("height", ""), 0, _MAX_PIXELS)
    if width is not None and height is not None and width <= 1 and height <= 1:
        return None
    candidates = [given.get(name, "") for name in _SOURCES]
    candidates += [_largest(given.get("srcset", "")), _largest(given.get("data-srcset", ""))]
    url = _first_address(candidates, base_url)
    alt = line_of(given.get("alt", ""), "alternative text of an image") or ""
    return Media(Image(url=url, alt=alt, width=width or None, height=height or None))


def video_of(given: Attributes, sources: Iterable[str], base_url: str | None) -> Media | None:
    """None when it has no address that can be kept. `sources` are those of its <source> elements."""
    url = _first_address([given.get("src", ""), given.get("data-src", ""), *sources], base_url)
    if url is None:
        return None
    return Media(Video(url=url, title=_title(given), poster=media_address(given.get("poster", ""), base_url)))


def audio_of(given: Attributes, sources: Iterable[str], base_url: str | None) -> Media | None:
    url = _first_address([given.get("src", ""), given.get("data-src", ""), *sources], base_url)
    return None if url is None else Media(Audio(url=url, title=_title(given)))


def embed_of(given: Attributes, base_url: str | None) -> Media | None:
    url = _first_address([given.get("src", ""), given.get("data-src", "")], base_url)
    if url is None:
        return None
    return Media(Embed(url=url, provider=urlsplit(url).hostname, title=_title(given)))


def whole(digits: str, least: int, most: int) -> int | None:
    """An integer of HTML within the bounds, None for anything else."""
    digits = digits.strip()
    if len(digits) > 10 or not re.fullmatch(r"[+-]?[0-9]+", digits, re.ASCII):
        return None
    number = int(digits)
    return number if least <= number <= most else None


def _title(given: Attributes) -> str | None:
    return line_of(given.get("title", ""), "title")


def _first_address(candidates: Iterable[str], base_url: str | None) -> str | None:
    addresses = (media_address(candidate, base_url) for candidate in candidates if candidate.strip())
    return next((address for address in addresses if address is not None), None)


def _largest(srcset: str) -> str:
    best, size = "", -1.0
    for candidate in re.split(r",[ \t\n]", srcset):
        address, *densities = candidate.split() or [""]
        density = densities[0] if densities and _DENSITY.fullmatch(densities[0]) else "1x"
        if address and float(density[:-1]) > size:
            best, size = address, float(density[:-1])
    return best
