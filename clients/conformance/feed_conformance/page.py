"""What a client shows, as cases write it: entries as `e1`, `e1 r2`, `e1 r3 retracted`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .log import Json, State


def entry(id_: str, revision: int = 1, status: str = "published") -> str:
    mark = "" if revision == 1 else f" r{revision}"
    return f"{id_}{mark}" + ("" if status == "published" else f" {status}")


def entries(shown: Iterable[Any]) -> list[str]:
    """From what an adapter says: [id, revision, status] each."""
    return [entry(*one) if isinstance(one, list) else str(one) for one in shown]


def page_of(state: State) -> Json:
    """Everything that a client with the whole page shows."""
    head = state.coverage
    return {
        "entries": [entry(one["id"], one["revision"], one["status"]) for one in state.newest_first()],
        "title": head["title"],
        "status": head["status"],
        "pin": head.get("pin"),
        "successor": head.get("successor"),
    }


def shown(said: Json) -> Json:
    page: Json = {key: said.get(key) for key in ("title", "status", "pin", "successor")}
    return {"entries": entries(said.get("entries") or []), **page}
