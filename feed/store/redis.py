"""The store on Redis or Valkey: scripts for what must be atomic, and their errors translated at this border."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from importlib.resources import files
from itertools import islice
from typing import Any, Self

import msgspec
from redis import exceptions

from feed.errors import (
    CoverageEnded,
    CoverageExists,
    CursorLost,
    EntryDeleted,
    EntryExists,
    KeyReused,
    MalformedCursor,
    RevisionConflict,
    SettingsError,
    StoreUnavailable,
    UnknownCoverage,
    UnknownEntry,
)
from feed.model import Cursor, Event, Status

from . import keys
from .connect import BLOCK_MS, COMMAND_TIMEOUT_S, CONNECTIONS, Clients, connect
from .port import (
    NEWS_KEPT,
    Announcement,
    Appended,
    Changes,
    Facts,
    Head,
    Once,
    Operation,
    Page,
    Publish,
    Remove,
    Replace,
    Scheduled,
)

PROBE = b"\x00probe"

_UNAVAILABLE = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.ReadOnlyError,
    exceptions.OutOfMemoryError,
    exceptions.ClusterDownError,
    exceptions.ClusterError,
    exceptions.MasterDownError,
    exceptions.RedisClusterException,
    exceptions.TryAgainError,
    TimeoutError,
    OSError,
)
# Refusals that redis-py has no class for.
_REFUSALS = ("MISCONF", "NOREPLICAS", "OOM", "LOADING", "CLUSTERDOWN", "UNKILLABLE", "BUSY", "NOAUTH", "NOPERM")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _UNAVAILABLE as error:
        raise StoreUnavailable(f"The store is not available ({_brief(error)}). Try again shortly.") from error
    except exceptions.ResponseError as error:
        if str(error).startswith(_REFUSALS):
            raise StoreUnavailable(f"The store refuses ({_brief(error)}). Try again shortly.") from error
        raise


def _brief(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:160] or type(error).__name__


class _Script:
    def __init__(self, name: str) -> None:
        self.text = (files(__package__) / "lua" / f"{name}.lua").read_bytes()
        self.sha = hashlib.sha1(self.text, usedforsecurity=False).hexdigest()


class RedisStore:
    """`key_lifetime_s`: how long an Idempotency-Key is remembered. `log_length`: events kept per log, 0 for all."""

    def __init__(self, clients: Clients, *, key_lifetime_s: int = 86_400, log_length: int = 100_000) -> None:
        self._clients = clients
        self._commands = clients.commands
        self._key_lifetime_s = key_lifetime_s
        self._log_length = log_length
        self._turns = asyncio.Semaphore(CONNECTIONS)
        self._append = _Script("append")
        self._page = _Script("page")
        self._changes = _Script("changes")

    @classmethod
    def open(cls, url: str, **options: Any) -> Self:
        """Raises SettingsError for an address that is none of ours; whether a store answers there shows in use."""
        return cls(connect(url), **options)

    async def close(self) -> None:
        await self._clients.close()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """A connection's worth of the store. Whoever finds all in use waits, but not for long."""
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                await self._turns.acquire()
        except TimeoutError:
            raise StoreUnavailable("The store has more to do than it can. Try again shortly.") from None
        try:
            with _translated():
                yield
        finally:
            self._turns.release()

    async def _run(self, script: _Script, names: Sequence[str], arguments: Sequence[str | bytes | int]) -> Any:
        """The script's answer. Raises the error that it names."""
        async with self._turn():
            try:
                answer = await self._commands.execute_command("EVALSHA", script.sha, len(names), *names, *arguments)
            except exceptions.NoScriptError:
                answer = await self._commands.execute_command("EVAL", script.text, len(names), *names, *arguments)
        return answer

    # ------------------------------------------------------------ writing

    async def append(self, coverage: str, operations: Sequence[Operation], once: Once | None = None) -> Appended:
        of = keys.coverage_keys(coverage)
        names = [*of, of.once(once.key) if once else of.head]
        arguments: list[str | bytes | int] = [
            coverage,
            once.digest if once else "",
            self._key_lifetime_s,
            self._log_length,
        ]
        for operation in operations:
            match operation:
                case Publish(entry, display_ms, data):
                    names.append(of.history(entry))
                    arguments += ["entry.published", entry, display_ms, 0, data, ""]
                case Replace(type_, entry, display_ms, data, revision):
                    names.append(of.history(entry))
                    arguments += [type_, entry, display_ms, revision, data, ""]
                case Remove(entry, data, revision):
                    names.append(of.history(entry))
                    arguments += ["entry.deleted", entry, 0, revision, data, ""]
                case Head(type_, data, revision, status, created_ms):
                    names.append(of.head)
                    arguments += [type_, "", created_ms, revision, data, status]
        answer = await self._run(self._append, names, arguments)
        word = answer[0].decode()
        if word in ("ok", "replay"):
            return Appended(tuple(_cursor(cursor) for cursor in answer[1:]), word == "replay")
        raise _refused(word, coverage, answer[1:])

    async def replayed(self, coverage: str, once: Once) -> Appended | None:
        async with self._turn():
            done = await self._commands.get(keys.coverage_keys(coverage).once(once.key))
        if done is None:
            return None
        digest, *cursors = done.split()
        if digest.decode() != once.digest:
            raise KeyReused
        return Appended(tuple(_cursor(cursor) for cursor in cursors), replay=True)

    async def reserve(self, once: Once, coverage: str) -> str:
        name = keys.reservation(once.key)
        async with self._turn():
            await self._commands.set(name, coverage, nx=True, ex=self._key_lifetime_s)
            reserved: bytes | None = await self._commands.get(name)
        return reserved.decode() if reserved else coverage

    # ------------------------------------------------------------ reading

    async def events_at(self, coverage: str, cursors: Sequence[Cursor]) -> list[Event | None]:
        of = keys.coverage_keys(coverage)
        async with self._turn(), self._commands.pipeline(transaction=False) as pipeline:
            for cursor in cursors:
                pipeline.execute_command("XRANGE", of.log, str(cursor), str(cursor))
            pipeline.execute_command("HGETALL", of.deleted)
            *found, gone = await pipeline.execute()
        deleted = gone if isinstance(gone, dict) else dict(zip(gone[::2], gone[1::2], strict=True))
        return [_event(rows[0], deleted.get(_fields(rows[0])[b"entry"])) if rows else None for rows in found]

    async def page(self, coverage: str, *, before: str | None = None, limit: int = 50) -> Page:
        ms, entry = ("", "") if before is None else _place(before)
        return await self._read_page(coverage, [limit, ms, entry, ""])

    async def page_with(self, coverage: str, entry: str, *, limit: int = 50) -> Page:
        return await self._read_page(coverage, [limit, "", "", entry])

    async def head(self, coverage: str) -> Page:
        return await self._read_page(coverage, [0, "", "", ""])

    async def _read_page(self, coverage: str, arguments: list[str | bytes | int]) -> Page:
        of = keys.coverage_keys(coverage)
        word, *rest = await self._run(self._page, [of.head, of.entries, of.order, of.deleted], arguments)
        if word != b"ok":
            raise _refused(word.decode(), coverage, rest)
        data, status, cursor, end, entries, next_ms, next_id, pinned = rest
        return Page(
            coverage=data,
            status=status.decode(),
            cursor=_cursor(cursor),
            end=_cursor(end) if end else None,
            entries=tuple(entries),
            following=f"{next_ms.decode()}-{next_id.decode()}" if next_id else None,
            pinned=pinned,
        )

    async def entry(self, coverage: str, entry: str) -> bytes:
        page = await self._read_page(coverage, [1, "", "", entry])
        return page.entries[0]

    async def revisions(self, coverage: str, entry: str) -> list[bytes]:
        of = keys.coverage_keys(coverage)
        current = await self.entry(coverage, entry)
        async with self._turn():
            earlier: list[bytes] = await self._commands.lrange(of.history(entry), 0, -1)
        return [*earlier, current]

    async def changes(self, coverage: str, after: Cursor, *, limit: int) -> Changes:
        of = keys.coverage_keys(coverage)
        # One more than asked for tells whether that was all.
        word, *rest = await self._run(self._changes, [of.head, of.log, of.deleted], [str(after), limit + 1])
        if word != b"ok":
            raise _refused(word.decode(), coverage, rest)
        status, _, rows, gone = rest
        pairs = zip(rows, gone or [None] * len(rows), strict=True)
        events = tuple(_event(row, tombstone) for row, tombstone in islice(pairs, limit))
        complete = len(rows) <= limit
        return Changes(events, complete, ended=complete and status == b"ended")

    async def coverages(self, statuses: Sequence[Status], *, before: str | None, limit: int) -> list[bytes]:
        ms, last = ("", "") if before is None else _place(before)
        async with self._turn():
            async with self._commands.pipeline(transaction=False) as pipeline:
                for status in statuses:
                    for index in keys.index_keys(status):
                        if before is not None:  # those made in the same millisecond are told apart by their ids
                            pipeline.zrevrangebyscore(index, ms, ms, withscores=True)
                        highest = "+inf" if before is None else f"({ms}"
                        pipeline.zrevrangebyscore(index, highest, "-inf", start=0, num=limit, withscores=True)
                found = await pipeline.execute()
            places = ((score, id_) for rows in found for id_, score in rows)
            if before is not None:
                places = (place for place in places if place < (int(ms), last.encode()))
            newest = sorted(places, reverse=True)[:limit]
            async with self._commands.pipeline(transaction=False) as pipeline:
                for _, id_ in newest:
                    pipeline.hget(keys.coverage_keys(id_.decode()).head, "coverage")
                heads = await pipeline.execute() if newest else []
        return [head for head in heads if head is not None]

    # ------------------------------------------------------------ following

    async def tips(self) -> Mapping[str, str]:
        async with self._turn():
            await self._commands.hsetnx(keys.LAYOUT, "shards", keys.SHARDS)
            shards = int(await self._commands.hget(keys.LAYOUT, "shards"))
            if shards != keys.SHARDS:
                raise SettingsError(
                    f"The store's data is laid out in {shards} shards, this version reads {keys.SHARDS}."
                )
            names = list(keys.news_keys())
            async with self._commands.pipeline(transaction=False) as pipeline:
                for name in names:
                    pipeline.execute_command("XREVRANGE", name, "+", "-", "COUNT", 1)
                tips = await pipeline.execute()
        return {name: rows[0][0].decode() if rows else "0-0" for name, rows in zip(names, tips, strict=True)}

    async def follow(self, positions: Mapping[str, str]) -> AsyncGenerator[list[Announcement], None]:
        if not self._clients.cluster:
            at = dict(positions)
            while True:
                yield await self._news(at)
        # In a cluster a read takes keys of one slot only, so each shard has its own.
        queue: asyncio.Queue[list[Announcement]] = asyncio.Queue(maxsize=1)

        wanted = True

        async def read(at: dict[str, str]) -> None:
            # A cancellation that comes while a connection is being made may get lost in it.
            while wanted:
                await queue.put(await self._news(at))

        readers = [asyncio.ensure_future(read({name: tip})) for name, tip in positions.items()]
        try:
            while True:
                taking = asyncio.ensure_future(queue.get())
                await asyncio.wait([taking, *readers], return_when=asyncio.FIRST_COMPLETED)
                for reader in readers:
                    if reader.done():
                        taking.cancel()
                        reader.result()
                yield await taking
        finally:
            wanted = False
            while pending := [reader for reader in readers if not reader.done()]:
                for reader in pending:
                    reader.cancel()
                await asyncio.wait(pending, timeout=0.1)

    async def _news(self, at: dict[str, str]) -> list[Announcement]:
        """Waits for what comes after `at`, which it moves on; empty after BLOCK_MS without any."""
        with _translated():
            client: Any = await self._clients.following(next(iter(at)))
            answer = await client.execute_command(
                "XREAD", "COUNT", NEWS_KEPT, "BLOCK", BLOCK_MS, "STREAMS", *at, *at.values()
            )
        announcements = []
        for name, rows in answer or ():
            for _, fields in rows:
                if fields[b"coverage"] == PROBE:
                    announcements.append(Announcement("", Cursor(0, 0), probe=fields[b"cursor"].decode()))
                else:
                    announcements.append(Announcement(fields[b"coverage"].decode(), _cursor(fields[b"cursor"])))
            at[name.decode()] = rows[-1][0].decode()
        return announcements

    async def probe(self, nonce: str) -> None:
        name = next(iter(keys.news_keys()))
        async with self._turn():
            await self._commands.execute_command(
                "XADD", name, "MAXLEN", "~", NEWS_KEPT, "*", "coverage", PROBE, "cursor", nonce
            )

    # ------------------------------------------------------------ tokens and facts

    async def save_token(self, token: str, data: bytes) -> None:
        async with self._turn():
            await self._commands.hset(keys.TOKENS, token, data)

    async def token(self, token: str) -> bytes | None:
        async with self._turn():
            data: bytes | None = await self._commands.hget(keys.TOKENS, token)
        return data

    async def tokens(self) -> list[bytes]:
        async with self._turn():
            return list(await self._commands.hvals(keys.TOKENS))

    async def delete_token(self, token: str) -> bool:
        async with self._turn():
            return bool(await self._commands.hdel(keys.TOKENS, token))

    async def facts(self) -> Facts:
        # In a cluster the node that has this key speaks for all.
        commands: Any = await self._clients.following(keys.LAYOUT)
        async with self._turn():
            info = await commands.info()
            seconds, micros = await commands.time()
            settings = await self._settings(commands)
        name = "valkey" if info.get("server_name") == "valkey" or "valkey_version" in info else "redis"
        return Facts(
            name=name,
            version=str(info.get(f"{name}_version", info["redis_version"])),
            fsync=settings.get("appendfsync", "unknown"),
            eviction=settings.get("maxmemory-policy", "unknown"),
            append_only={"yes": True, "no": False}.get(settings.get("appendonly", "")),
            clock_ms=int(seconds) * 1000 + int(micros) // 1000,
            used_memory=int(info.get("used_memory", 0)),
            details={"role": str(info.get("role", "")), "replicas": str(info.get("connected_slaves", 0))},
        )

    @staticmethod
    async def _settings(commands: Any) -> dict[str, str]:
        try:
            return dict(await commands.config_get("appendonly", "appendfsync", "maxmemory-policy"))
        except exceptions.ResponseError:  # hosted stores do not let CONFIG be read
            return {}


def _refused(word: str, coverage: str, rest: Sequence[Any]) -> Exception:
    what = rest[0].decode() if rest and isinstance(rest[0], bytes) else ""
    match word:
        case "unknown_coverage":
            return UnknownCoverage(coverage)
        case "coverage_exists":
            return CoverageExists(coverage)
        case "coverage_ended":
            return CoverageEnded()
        case "scheduled":
            return Scheduled()
        case "entry_exists":
            return EntryExists(what)
        case "unknown_entry":
            return UnknownEntry(what)
        case "entry_deleted":
            tombstone = msgspec.json.decode(rest[1]) if len(rest) > 1 else {}
            return EntryDeleted(what, tombstone.get("reason"))
        case "revision_conflict":
            return RevisionConflict(rest[1], rest[2])
        case "key_reused":
            return KeyReused()
        case "cursor_lost":
            return CursorLost(what)
    raise AssertionError(f"the script answered {word!r}")


def _place(before: str) -> tuple[str, str]:
    """Milliseconds and an id: where a page of what is sorted by both begins."""
    ms, _, id_ = before.partition("-")
    if not (ms.isascii() and ms.isdigit() and len(ms) < 16 and id_):
        raise MalformedCursor(
            f"{before[:60]!r} is no place in a timeline. Send the 'next' of a page, or leave it out.",
            field="before",
        )
    return ms, id_


def _cursor(text: bytes) -> Cursor:
    ms, _, seq = text.partition(b"-")
    return Cursor(int(ms), int(seq))


def _fields(row: Any) -> dict[bytes, bytes]:
    values = row[1]
    return values if isinstance(values, dict) else dict(zip(values[::2], values[1::2], strict=True))


def _event(row: Any, tombstone: bytes | None) -> Event:
    """`tombstone`: the entry was taken down since, so that this is all there still is of the event."""
    fields = _fields(row)
    return Event(
        type="entry.deleted" if tombstone else fields[b"type"].decode(),  # type: ignore[arg-type]
        cursor=_cursor(row[0]),
        prev=_cursor(fields[b"prev"]),
        data=tombstone or fields[b"data"],
        entry=fields[b"entry"].decode() or None,
    )
