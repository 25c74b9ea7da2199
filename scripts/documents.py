"""Writes what is made from the code and kept beside the clients: clients/asyncapi.json."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from feed.api.messages import asyncapi
from feed.wire import encode

ROOT = Path(__file__).resolve().parents[1]


def messages() -> str:
    return json.dumps(json.loads(encode(asyncapi())), indent=1, ensure_ascii=False) + "\n"


DOCUMENTS: dict[str, Callable[[], str]] = {"clients/asyncapi.json": messages}


if __name__ == "__main__":
    for path, make in DOCUMENTS.items():
        (ROOT / path).write_text(make())
