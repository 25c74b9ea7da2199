"""What was expected beside what is, in words."""

from __future__ import annotations

import json
from typing import Any

from .client import Failure
from .log import Json, name_of


def compare(expected: Json, actual: Json) -> None:
    wrong = [key for key in expected if expected[key] != actual.get(key)]
    if wrong:
        lines = [f"{key}: expected {short(expected[key])}, but it is {short(actual.get(key))}" for key in wrong]
        raise Failure("\n    ".join(lines))


def short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 600 else f"{text[:600]} … ({len(text)} characters)"


def readable(said: Any) -> str:
    if isinstance(said, dict):
        said = {key: name_of(value) for key, value in said.items()}
    return short(said)
