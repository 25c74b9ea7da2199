"""The page's own words, per language. The same files serve the script, so both say the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from feed_reader import STATIC

_FALLBACK = "en"
_WRITTEN_FROM_THE_RIGHT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ps", "sd", "ug", "ur", "yi"})
_SCRIPTS_FROM_THE_RIGHT = frozenset({"arab", "hebr", "syrc", "thaa", "nkoo", "adlm"})


@cache
def words_for(language: str) -> Mapping[str, Any]:
    """The words for a BCP 47 tag: of the tag, else of its language, else English; single gaps are filled in English."""
    words = dict(_read(_FALLBACK) or {})
    tag = language.lower()
    words.update(_read(tag) or _read(tag.split("-")[0]) or {})
    return words


@cache
def direction_of(language: str) -> str:
    """`rtl` or `ltr`. A script in the tag decides (``ku-Arab``), else the language does."""
    primary, *rest = language.lower().split("-")
    for part in rest:
        if len(part) == 4 and part.isalpha():
            return "rtl" if part in _SCRIPTS_FROM_THE_RIGHT else "ltr"
    return "rtl" if primary in _WRITTEN_FROM_THE_RIGHT else "ltr"


@cache
def languages() -> frozenset[str]:
    """Those that there are words for."""
    return frozenset(path.name.removesuffix(".json") for path in (STATIC / "words").iterdir())


def preferred(accepted: str) -> str:
    """The language that a reader likes best of those there are: `accepted` is an Accept-Language, RFC 9110 12.5.4."""
    wanted: list[tuple[float, str]] = []
    for part in accepted[:500].split(","):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight.strip() else 1.0
        except ValueError:
            continue
        language = tag.strip().lower().split("-")[0]
        if language in languages() and quality > 0:
            wanted.append((quality, language))
    return max(wanted, key=lambda one: one[0])[1] if wanted else _FALLBACK


def fill(pattern: str, **values: object) -> str:
    """Plain text with its {names} replaced; not `str.format`, which would reach into the values' attributes."""
    for name, value in values.items():
        pattern = pattern.replace("{" + name + "}", str(value))
    return pattern


def _read(tag: str) -> dict[str, Any] | None:
    if not tag.replace("-", "").isalnum():
        return None
    path = STATIC / "words" / f"{tag}.json"
    if not path.is_file():
        return None
    words: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return words
