"""A connection to the primary that has a key: writes on it, and how the store keeps what was written.

Replicas are counted on the connection that wrote, right afterwards: WAIT speaks of what its own connection wrote. How
many there are, and what the primary does with its disk, is asked along with a write when it was not asked for a while,
in the same packet. So writing to a store without replicas costs nothing more.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from hiredis import pack_command
from redis import exceptions
from redis.asyncio.connection import AbstractConnection, ConnectionPool

from .connect import COMMAND_TIMEOUT_S, Clients
from .port import Durability, Fsync

T = TypeVar("T")

# What is known of a primary holds for so long.
KNOWN_S = 1.0
# A replica that did not speak for longer (it does every second) is not waited for, unless it is required.
SILENT_S = 2
# Where no replica is required, a receipt waits for them no longer than this.
TELL_WITHIN_MS = 100
_INQUIRY = (("INFO", "replication"), ("CONFIG", "GET", "append*"))
# How often a cluster may send a write elsewhere.
_MOVES = 16


_UNKNOWN = Durability()


@dataclass(slots=True)
class _Standing:
    asked_at: float = float("-inf")
    known: bool = False
    durability: Durability = _UNKNOWN


class Primary:
    """One connection, while it is lent to whoever uses it."""

    def __init__(self, connection: AbstractConnection, standing: _Standing) -> None:
        self._connection = connection
        self._standing = standing

    async def ask(self, *command: str | bytes | int) -> Any:
        """Its answer, in bytes. Raises what redis-py raises."""
        commands: list[Any] = [command]
        now = asyncio.get_running_loop().time()
        inquires = now - self._standing.asked_at > KNOWN_S
        if inquires:
            commands += _INQUIRY
            if self._standing.known:
                self._standing.asked_at = now  # the others need not ask, too
        await self._connection.send_packed_command(b"".join(map(pack_command, commands)))
        answers = [await self._read() for _ in commands]
        if inquires:
            self._standing.asked_at, self._standing.known = now, True
            self._standing.durability = _durability(*answers[-2:])
        if isinstance(answers[0], exceptions.ResponseError):
            raise answers[0]
        return answers[0]

    async def _read(self) -> Any:
        try:
            return await self._connection.read_response()
        except exceptions.ResponseError as error:  # the answers after it are read all the same
            return error

    async def mark(self, command: tuple[str | int, ...], required: int) -> None:
        """Writes something, so that `count` speaks of all that others wrote before; if there is anybody to wait for."""
        if not self._standing.known:
            await self.ask("PING")
        if required or self._standing.durability.replicas:
            await self.ask(*command)

    async def count(self, required: int, within_ms: int, extend: Callable[[float], None]) -> Durability:
        """How what was written on this connection is kept, once `required` replicas have it, or after `within_ms`.

        `extend` is given the time until which that may take."""
        known = self._standing.durability
        if not required:
            required, within_ms = known.replicas, min(within_ms, TELL_WITHIN_MS)
        if not required:
            return known
        timeout = within_ms / 1000 + COMMAND_TIMEOUT_S
        extend(asyncio.get_running_loop().time() + timeout)
        try:
            words: Any = ("WAIT", required, within_ms)
            await self._connection.send_packed_command(pack_command(words))
            # It is our caller's time that ends this: a timeout of its own would leave the answer to whoever comes next.
            have = await self._connection.read_response(timeout=math.inf)
        except exceptions.RedisError:
            have = 0  # it is written; who has it, the primary cannot say any more, or is none any more
        return replace(known, replicas=cast(int, have))


class Primaries:
    """Lends connections, and remembers what their servers said."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._standings: WeakKeyDictionary[ConnectionPool, _Standing] = WeakKeyDictionary()

    async def use(self, key: str, work: Callable[[Primary], Awaitable[T]]) -> T:
        """What `work` gives on a connection to the primary of `key`, and again where a cluster says that it is
        elsewhere: such an answer means that nothing was done. While a slot is on its way there is no answer from
        either side for what takes several keys, and AskError is raised. Raises what redis-py raises."""
        for _ in range(_MOVES):
            pool = await self._clients.writing(key)
            try:
                done = await self._lend(pool, work)
            except exceptions.MovedError:
                await self._clients.look_again()
            except (exceptions.ConnectionError, exceptions.TimeoutError, TimeoutError, asyncio.CancelledError):
                # Whoever answers there next time may be another.
                self._standings.pop(pool, None)
                self._clients.suspect(pool)
                raise
            else:
                self._clients.trust(pool)
                return done
        raise exceptions.ClusterError("the slot was moved again and again")

    async def _lend(self, pool: ConnectionPool, work: Callable[[Primary], Awaitable[T]]) -> T:
        connection = await pool.get_connection()  # type: ignore[no-untyped-call]
        try:
            standing = self._standings.setdefault(pool, _Standing())
            return await work(Primary(connection, standing))
        finally:
            await pool.release(connection)


def _durability(replication: Any, settings: Any) -> Durability:
    """From the answers to the inquiry; an error where the store does not let it be read, as hosted ones do not."""
    told: dict[bytes, bytes] = {}
    if isinstance(settings, list):
        told = dict(zip(settings[::2], settings[1::2], strict=True))
    fsync = told.get(b"appendfsync", b"unknown").decode() if told.get(b"appendonly") != b"no" else "no"
    in_step = 0
    if isinstance(replication, bytes):
        for line in replication.splitlines():
            name, _, value = line.partition(b":")
            if name.startswith(b"slave") and name[5:].isdigit():
                facts = dict(fact.split(b"=", 1) for fact in value.split(b",") if b"=" in fact)
                in_step += facts.get(b"state") == b"online" and int(facts.get(b"lag", b"0")) <= SILENT_S
    return Durability(cast(Fsync, fsync), in_step)
