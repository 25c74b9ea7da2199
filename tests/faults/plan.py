"""What a run will do, all of it from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from .injectors import FAULTS, Fault


@dataclass(frozen=True, slots=True)
class Options:
    """`rate`: writes a second. A run has `rounds` at least, each with every fault once, and goes on for `minutes`."""

    seed: int = 7
    subscribers: int = 200
    rate: float = 20.0
    minutes: float = 0.0
    rounds: int = 3
    faults: tuple[str, ...] = tuple(FAULTS)
    pause_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """A fault of the plan. `seed` decides what there is to decide in it."""

    fault: Fault
    lasts_s: float
    seed: str


def plan(options: Options, round_: int) -> list[Step]:
    """The same for the same seed."""
    chance = Random(f"{options.seed}/{round_}")
    names = list(options.faults)
    chance.shuffle(names)
    return [
        Step(FAULTS[name], round(chance.uniform(*FAULTS[name].lasts_s), 2), f"{options.seed}/{round_}/{name}")
        for name in names
    ]
