"""What a run will do, all of it from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from .injectors import FAULTS, MENDED_LAST, Fault


@dataclass(frozen=True, slots=True)
class Options:
    """`rate`: writes a second. A run has `rounds` at least, in each every fault once, by itself or together with
    another one in turns, and goes on for `minutes`.

    `haste`: how much of its time a fault is given.
    """

    seed: int = 7
    subscribers: int = 200
    rate: float = 20.0
    minutes: float = 0.0
    rounds: int = 3
    faults: tuple[str, ...] = tuple(FAULTS)
    pause_s: float = 1.0
    haste: float = 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """One fault of the plan, or two at once, those first that are mended last. `seed`: for what is left to chance."""

    faults: tuple[Fault, ...]
    lasts_s: float
    seed: str
    where: str = ""

    @property
    def name(self) -> str:
        return " + ".join(fault.name for fault in self.faults) + (f", {self.where}" if self.where else "")


def plan(options: Options, round_: int) -> list[Step]:
    """The same for the same seed. Every second round joins each fault with another one."""
    chance = Random(f"{options.seed}/{round_}")
    faults = _faults(options, of_primary=False)
    chance.shuffle(faults)
    return [_step([fault, *_another(fault, faults, round_, chance)], options, chance) for fault in faults]


def plan_failovers(options: Options, where: str) -> list[Step]:
    """For a store of several servers: each fault of its primary three times, in turns."""
    chance = Random(f"{options.seed}/{where}")
    return [_step([fault], options, chance, where) for fault in _faults(options, of_primary=True) * 3]


def _faults(options: Options, *, of_primary: bool) -> list[Fault]:
    return [FAULTS[name] for name in options.faults if (FAULTS[name].at == "primary") == of_primary]


def _another(fault: Fault, faults: list[Fault], round_: int, chance: Random) -> list[Fault]:
    others = [other for other in faults if other.at != fault.at]
    return [chance.choice(others)] if round_ % 2 == 0 and others else []


def _step(faults: list[Fault], options: Options, chance: Random, where: str = "") -> Step:
    faults.sort(key=lambda fault: MENDED_LAST.index(fault.at))
    lasts_s = max(chance.uniform(*fault.lasts_s) for fault in faults)
    return Step(tuple(faults), round(lasts_s * options.haste, 2), str(chance.random()), where)
