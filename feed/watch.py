"""The watch over tokens that open connections live by: a revoked one closes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from .errors import StoreUnavailable
from .tokens import Bearer, Proof, Tokens

log = structlog.get_logger()

# A key that was withdrawn closes the connections of its tokens within this time; so does a token that was revoked, if
# the announcement of that was missed.
LOOKED_AT_EVERY_S = 10.0


class Hold:
    """One connection's claim that its bearer's token still holds. `over` is called once, when it does not."""

    __slots__ = ("over", "proof")

    def __init__(self, proof: Proof | None, over: Callable[[], None]) -> None:
        self.proof = proof
        self.over = over


class Watch:
    """Run `run` as a task. All connections with one token are one question, however many they are."""

    def __init__(self, tokens: Tokens, every_s: float = LOOKED_AT_EVERY_S) -> None:
        self._tokens = tokens
        self._every_s = every_s
        self._held: dict[Proof, dict[Hold, None]] = {}
        self._now = asyncio.Event()
        tokens.on_revoked = self._now.set

    def hold(self, bearer: Bearer, over: Callable[[], None]) -> Hold:
        """To be given back to `release`."""
        hold = Hold(bearer.proof, over)
        if hold.proof is not None:
            self._held.setdefault(hold.proof, {})[hold] = None
        return hold

    def release(self, hold: Hold) -> None:
        if hold.proof is not None and (holds := self._held.get(hold.proof)) is not None:
            holds.pop(hold, None)
            if not holds:
                del self._held[hold.proof]

    async def run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._every_s):
                    await self._now.wait()
            self._now.clear()
            try:
                await self.look()
            except StoreUnavailable:
                continue  # who is connected stays, as with everything else that the store would have to say
            except Exception:
                log.exception("looking for revoked tokens failed")

    async def look(self) -> None:
        for proof in await self._tokens.revoked(list(self._held)):
            for hold in self._held.pop(proof, ()):
                hold.over()
