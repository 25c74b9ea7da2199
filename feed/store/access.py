"""Access to a store: turns at it, for no longer than there is patience for, and its scripts."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any

import structlog
from redis import exceptions

from feed.errors import NotDurable, StoreUnavailable
from feed.model import Cursor

from . import keys
from .connect import COMMAND_TIMEOUT_S, CONNECTIONS, Clients
from .faults import translated
from .port import Durability
from .primary import Primaries, Primary

log = structlog.get_logger()

# The same complaint is not written into the log more often.
COMPLAINT_S = 10.0


class Script:
    def __init__(self, name: str) -> None:
        self.text = (files(__package__) / "lua" / f"{name}.lua").read_bytes()
        self.sha = hashlib.sha1(self.text, usedforsecurity=False).hexdigest()


class Access:
    """What everything that asks the store goes through."""

    def __init__(self, clients: Clients, *, require_replicas: int, acknowledge_within_ms: int) -> None:
        self._clients = clients
        self._commands = clients.commands
        self._primaries = Primaries(clients)
        self._required = require_replicas
        self._within_ms = acknowledge_within_ms
        self._turns = asyncio.Semaphore(CONNECTIONS)
        self._complaint = ""
        self._complained_at = float("-inf")

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[asyncio.Timeout]:
        """A connection's worth of the store, for COMMAND_TIMEOUT_S if it is not extended. Whoever finds all in use
        waits, and that is counted."""
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S) as limit, self._turns:
                with translated():
                    yield limit
        except StoreUnavailable as error:
            self._complain(error.reason)
            raise
        except TimeoutError:
            waits = "and others wait for it" if self._turns.locked() else f"within {COMMAND_TIMEOUT_S:g} s"
            reason = f"it did not answer {waits}"
            self._complain(reason)
            raise StoreUnavailable("The store is not available. Try again shortly.", reason=reason) from None

    def _complain(self, reason: str) -> None:
        """Tells whoever runs the server, not with every request that fails."""
        now = asyncio.get_running_loop().time()
        if reason != self._complaint or now - self._complained_at > COMPLAINT_S:
            self._complaint, self._complained_at = reason, now
            log.warning("the store does not do what it is asked to", reason=reason)

    async def _run(self, script: Script, names: Sequence[str], arguments: Sequence[str | bytes | int]) -> Any:
        """The script's answer."""
        async with self._turn():
            try:
                return await self._commands.execute_command("EVALSHA", script.sha, len(names), *names, *arguments)
            except exceptions.NoScriptError:
                return await self._commands.execute_command("EVAL", script.text, len(names), *names, *arguments)

    async def _write(
        self, script: Script, names: Sequence[str], arguments: Sequence[str | bytes | int]
    ) -> tuple[Any, Durability]:
        """The script's answer, and how what it wrote is kept: all keys are in one slot."""
        async with self._turn() as limit:

            async def write(primary: Primary) -> tuple[Any, Durability]:
                try:
                    answer = await primary.ask("EVALSHA", script.sha, len(names), *names, *arguments)
                except exceptions.NoScriptError:
                    answer = await primary.ask("EVAL", script.text, len(names), *names, *arguments)
                if answer[0] == b"replay":
                    await primary.mark(keys.mark(names[0]), self._required)
                elif answer[0] != b"ok":
                    return answer, Durability()
                return answer, await primary.count(self._required, self._within_ms, limit.reschedule)

            return await self._primaries.use(names[0], write)

    async def _settle(self, name: str, *, repeatable: bool, cursor: Cursor | None = None) -> Durability:
        """How all that was written to this name's slot so far is kept. Raises NotDurable."""
        async with self._turn() as limit:

            async def write(primary: Primary) -> Durability:
                # WAIT knows nothing of what other connections wrote: who has what comes after that, has that.
                await primary.mark(keys.mark(name), self._required)
                return await primary.count(self._required, self._within_ms, limit.reschedule)

            durability = await self._primaries.use(name, write)
        self._check(durability, cursor, None, repeatable=repeatable)
        return durability

    def _check(self, durability: Durability, cursor: Cursor | None, entry: str | None, *, repeatable: bool) -> None:
        if durability.replicas < self._required:
            self._complain(f"{durability.replicas} of {self._required} required replicas have what was written")
            raise NotDurable(
                replicas=durability.replicas,
                required=self._required,
                cursor=None if cursor is None else str(cursor),
                entry=entry,
                repeatable=repeatable,
            )
