"""Fields of a draft out of loosely typed values: wherever a file may give a text, an object or a list of either."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from feed.content.address import web_address
from feed.content.characters import without_controls
from feed.model import Moment

from .ledger import Ledger
from .moments import moment_of
from .plain import plain_text

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)

HEADLINE, LINE, TITLE, SUMMARY, LABEL, NAME, ADDRESS = 1_000, 2_000, 500, 5_000, 100, 200, 2_000
LISTED = 50


def items_of(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def words_of(value: Any) -> str:
    """The text in a value: a text, a number, or what JSON-LD wraps around one. Empty where there is none."""
    for _ in range(5):
        if isinstance(value, list) and value:
            value = value[0]
        elif isinstance(value, dict):
            value = value.get("@value")
        else:
            break
    if isinstance(value, str):
        return without_controls(value).strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value) if abs(value) < 1e18 else ""
    return ""


def as_count(value: Any) -> int | None:
    """Pixels, as in 640, "640" or "640px"."""
    if isinstance(value, dict):
        value = value.get("value")
    digits = re.match(r"\s*(\d{1,9})(?!\d)", str(value), re.ASCII) if isinstance(value, str | int | float) else None
    count = int(digits[1]) if digits else 0
    return count if 1 <= count <= 100_000 else None


class Fields:
    """For one place in the file, such as one entry. `base` is the address that relative ones start from."""

    def __init__(self, ledger: Ledger, where: str, *, base: str = "") -> None:
        self.ledger = ledger
        self.where = where
        self.base = base

    def line(self, value: Any, what: str, limit: int = LINE) -> str | None:
        """Plain text on one line, markup and entities resolved."""
        text = " ".join(plain_text(words_of(value)).split())
        if len(text) > limit:
            self.ledger.changed(self.where, f"the {what} was cut after {limit} characters", excerpt=text)
            text = text[: limit - 1] + "…"
        return text or None

    def url(self, value: Any, what: str) -> str | None:
        """An http or https address; anything else is noted and left out."""
        given = words_of(value)
        if not given:
            return None
        url = web_address(given, self.base or None)
        if url is not None and len(url) <= ADDRESS and _has_host(url):
            return url
        self.ledger.left_out(
            self.where, f"the address of the {what} is not a full http or https address", excerpt=given
        )
        return None

    def moment(self, value: Any, what: str) -> Moment | None:
        if value is None or value == "":
            return None
        reading = moment_of(value if isinstance(value, int | float) else words_of(value))
        if reading is None:
            self.ledger.left_out(self.where, f"the {what} is no time that can be read", excerpt=words_of(value))
            return None
        if reading.assumption:
            self.ledger.repeated("assumed", self.where, reading.assumption)
        return reading.moment

    def language(self, value: Any) -> str | None:
        given = words_of(value.get("alternateName") or value.get("name") if isinstance(value, dict) else value)
        tag = given.replace("_", "-")
        if tag and len(tag) <= 35 and _LANGUAGE.fullmatch(tag):
            return tag
        if given:
            self.ledger.left_out(self.where, "the language is not given as a tag such as en or pt-BR", excerpt=given)
        return None

    def labels(self, values: Iterable[Any]) -> list[str]:
        labels: list[str] = []
        for value in values:
            label = " ".join(plain_text(words_of(value)).split())
            if len(label) > LABEL:
                self.ledger.left_out(self.where, f"a label is longer than {LABEL} characters", excerpt=label)
            elif label and label not in labels:
                labels.append(label)
        return self.first(labels, LISTED, "labels")

    def author(self, name: Any, *, tagline: Any = None, url: Any = None, avatar: Any = None) -> dict[str, str] | None:
        known = self.line(name, "name of an author", NAME)
        if known is None:
            return None
        author = {
            "name": known,
            "tagline": self.line(tagline, "tagline of an author"),
            "url": self.url(url, "author's page"),
            "avatar": self.url(avatar, "author's portrait"),
        }
        return {field: value for field, value in author.items() if value is not None}

    def picture(
        self,
        url: Any,
        *,
        alt: Any = None,
        caption: Any = None,
        credit: Any = None,
        width: Any = None,
        height: Any = None,
    ) -> dict[str, Any] | None:
        """None where there is neither an address nor any word about the picture."""
        picture: dict[str, Any] = {
            "url": self.url(url, "picture"),
            "alt": self.line(alt, "description of a picture") or "",
            "caption": self.line(caption, "caption"),
            "credit": self.line(credit, "credit"),
            "width": as_count(width),
            "height": as_count(height),
        }
        if not any(picture[field] for field in ("url", "alt", "caption", "credit")):
            return None
        return {field: value for field, value in picture.items() if value is not None}

    def first(self, values: list[Any], limit: int, what: str) -> list[Any]:
        for value in values[limit:]:
            self.ledger.left_out(self.where, f"there are more than {limit} {what}", excerpt=str(value))
        return values[:limit]


def _has_host(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False


def given(**fields: Any) -> dict[str, Any]:
    """The fields that have something to say."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}
