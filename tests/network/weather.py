"""A bad network: what befalls each connection, drawn from a seed and the connection's number."""

from __future__ import annotations

import asyncio
from random import Random

from .link import Link, Trouble, Way

KINDS = ("cut", "cut", "cut within", "stall", "stall one way", "stall and cut", "trickle", "delay")


class Weather:
    """A `fate` for a network. `calm_s`: how long nothing happens to a connection, from and to."""

    def __init__(self, seed: int, calm_s: tuple[float, float] = (0.5, 8.0), trouble_s: float = 2.0) -> None:
        self._seed = seed
        self._calm_s = calm_s
        self._trouble_s = trouble_s
        self.over = False

    async def __call__(self, link: Link) -> None:
        chance = Random(f"{self._seed}/{link.number}")
        while True:
            await asyncio.sleep(chance.uniform(*self._calm_s))
            if self.over:
                return
            await self._befall(link, chance.choice(KINDS), chance)

    async def _befall(self, link: Link, kind: str, chance: Random) -> None:
        lasting = chance.uniform(0.05, self._trouble_s)
        match kind:
            case "cut":
                link.cut("rst" if chance.random() < 0.5 else "fin")
            case "cut within":
                link.cut_within(chance.randrange(200))
            case "stall" | "stall one way" | "stall and cut":
                ways = (chance.choice((Way.UP, Way.DOWN)),) if kind == "stall one way" else tuple(Way)
                link.counts.stalled += 1
                await self._trouble(link, Trouble(stalled=True), ways, lasting)
                if kind == "stall and cut":
                    link.cut("rst")
            case "trickle":
                trouble = Trouble(piece=chance.randrange(1, 200), pause_s=chance.uniform(0.001, 0.02))
                await self._trouble(link, trouble, tuple(Way), lasting)
            case "delay":
                link.counts.delayed += 1
                await self._trouble(link, Trouble(delay_s=chance.uniform(0.05, 0.5)), tuple(Way), lasting)

    @staticmethod
    async def _trouble(link: Link, trouble: Trouble, ways: tuple[Way, ...], lasting_s: float) -> None:
        for way in ways:
            link.set(way, trouble)
        await asyncio.sleep(lasting_s)
        for way in ways:
            link.set(way, Trouble())
