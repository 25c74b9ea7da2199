"""The cases, read from their files and checked for slips of the pen."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .log import Json

FOLDER = Path(__file__).resolve().parents[1] / "cases"

STEPS = {
    "newsroom",
    "client starts",
    "client connects",
    "client sends",
    "client closes",
    "client renews",
    "client stops",
    "client shows",
    "client keeps",
    "client has",
    "client delivers",
    "network opens",
    "network fails",
    "network refuses",
    "server sends",
    "server answers",
    "server closes",
    "server ends",
    "token",
    "chance",
    "time passes",
    "nothing happens for",
    "device sleeps",
    "clock jumps",
}
BESIDE = {"client", "on", "within"}
KEYS = {"name", "why", "log", "client", "steps", "playable", "needs"}


class CaseFault(Exception):
    """A case that says what no case can say."""


@dataclass(frozen=True)
class Case:
    """`subject` is the name of its file, which may give a `log` and a `client` for all that have none of their own.
    `playable`: a real server makes everything that it sends. `needs`: what not every client can see."""

    subject: str
    name: str
    why: str
    log: list[Json]
    client: Json
    steps: list[Json]
    playable: bool
    needs: list[str]

    def suits(self, transports: Collection[str], can: Collection[str]) -> bool:
        return self.transport in transports and set(self.needs) <= set(can)

    @property
    def transport(self) -> str:
        return str(self.client.get("transport", "websocket"))

    def __str__(self) -> str:
        return f"{self.subject}: {self.name}"


def read_cases(folder: Path = FOLDER) -> list[Case]:
    return [case for path in sorted(folder.glob("*.json")) for case in _read(path)]


def _read(path: Path) -> Iterator[Case]:
    document = json.loads(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for fields in document["cases"]:
        where = f"{path.name}: {fields.get('name')}"
        if unknown := fields.keys() - KEYS:
            raise CaseFault(f"{where}: unknown {sorted(unknown)}")
        if fields["name"] in names:
            raise CaseFault(f"{where}: there are two of this name")
        names.add(fields["name"])
        for step in fields["steps"]:
            what_of(step, where)
        yield Case(
            path.stem,
            fields["name"],
            fields["why"],
            fields.get("log", document.get("log", [])),
            fields.get("client", document.get("client", {})),
            fields["steps"],
            fields.get("playable", False),
            fields.get("needs", []),
        )


def what_of(step: Json, where: str = "") -> tuple[str, Any]:
    """The step's name and what it says."""
    kinds = [key for key in step if key in STEPS]
    if len(kinds) != 1 or step.keys() - {kinds[0]} - BESIDE:
        raise CaseFault(f"{where}: {step} is no step")
    return kinds[0], step[kinds[0]]
