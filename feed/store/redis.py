"""The store on Redis or Valkey: scripts for what must be atomic, and their errors translated at this border."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib.resources import files
from itertools import islice
from typing import Any, Self

import msgspec
import structlog
from redis import exceptions

from feed.errors import (
    CoverageEnded,
    CoverageExists,
    CursorLost,
    EntryDeleted,
    EntryExists,
    KeyReused,
    MalformedCursor,
    NotDurable,
    RevisionConflict,
    SettingsError,
    StoreUnavailable,
    UnknownCoverage,
    UnknownEntry,
    UnknownToken,
)
from feed.model import Cursor, Event, Status

from . import keys
from .connect import BLOCK_MS, COMMAND_TIMEOUT_S, CONNECTIONS, Clients, connect
from .facts import facts_of
from .faults import translated
from .port import (
    NEWS_KEPT,
    Announcement,
    Appended,
    Changes,
    Durability,
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
from .primary import Primaries, Primary

log = structlog.get_logger()

PROBE = b"\x00probe"
COMPLAINT_S = 10.0
_NOT_AVAILABLE = "The store is not available. Try again shortly."


class _Script:
    def __init__(self, name: str) -> None:
        self.text = (files(__package__) / "lua" / f"{name}.lua").read_bytes()
        self.sha = hashlib.sha1(self.text, usedforsecurity=False).hexdigest()


class RedisStore:
    """`key_lifetime_s`: how long an Idempotency-Key is remembered. `log_length`: events kept per log, 0 for all.

    `require_replicas`: as many must say within `acknowledge_within_ms` that they have a write, or it raises NotDurable.
    """

    def __init__(
        self,
        clients: Clients,
        *,
        key_lifetime_s: int = 86_400,
        log_length: int = 100_000,
        require_replicas: int = 0,
        acknowledge_within_ms: int = 1_000,
    ) -> None:
        self._clients = clients
        self._primaries = Primaries(clients)
        self._required = require_replicas
        self._within_ms = acknowledge_within_ms
        self._commands = clients.commands
        self._key_lifetime_s = key_lifetime_s
        self._log_length = log_length
        self._turns = asyncio.Semaphore(CONNECTIONS)
        self._complaint = ""
        self._complained_at = float("-inf")
        self._append = _Script("append")
        self._page = _Script("page")
        self._changes = _Script("changes")
        self._audience = _Script("audience")
        self._tokens = _Script("tokens")

    @classmethod
    def open(cls, url: str, **options: Any) -> Self:
        """Raises SettingsError for an address that is none of ours; whether a store answers there shows in use."""
        return cls(connect(url), **options)

    async def close(self) -> None:
        await self._clients.close()

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
            raise StoreUnavailable(_NOT_AVAILABLE, reason=reason) from None

    def _complain(self, reason: str) -> None:
        """Tells whoever runs the server, not with every request that fails."""
        now = asyncio.get_running_loop().time()
        if reason != self._complaint or now - self._complained_at > COMPLAINT_S:
            self._complaint, self._complained_at = reason, now
            log.warning("the store does not do what it is asked to", reason=reason)

    async def _run(self, script: _Script, names: Sequence[str], arguments: Sequence[str | bytes | int]) -> Any:
        """The script's answer."""
        async with self._turn():
            try:
                return await self._commands.execute_command("EVALSHA", script.sha, len(names), *names, *arguments)
            except exceptions.NoScriptError:
                return await self._commands.execute_command("EVAL", script.text, len(names), *names, *arguments)

    async def _write(
        self, script: _Script, names: Sequence[str], arguments: Sequence[str | bytes | int]
    ) -> tuple[Any, Durability]:
        """The script's answer, and how what it wrote is kept: all keys are in one slot."""
        async with self._turn() as limit:

            async def write(primary: Primary) -> tuple[Any, Durability]:
                try:
                    answer = await primary.ask("EVALSHA", script.sha, len(names), *names, *arguments)
                except exceptions.NoScriptError:
                    answer = await primary.ask("EVAL", script.text, len(names), *names, *arguments)
                if answer[0] == b"replay":
                    await primary.ask(*keys.mark(names[0]))
                elif answer[0] != b"ok":
                    return answer, Durability()
                return answer, await primary.count(self._required, self._within_ms, limit.reschedule)

            return await self._primaries.use(names[0], write)

    async def _settle(self, name: str, *, repeatable: bool, cursor: Cursor | None = None) -> Durability:
        """How all that was written to this name's slot so far is kept. Raises NotDurable."""
        async with self._turn() as limit:

            async def write(primary: Primary) -> Durability:
                # WAIT knows nothing of what other connections wrote: who has what comes after that, has that.
                await primary.ask(*keys.mark(name))
                return await primary.count(self._required, self._within_ms, limit.reschedule)

            durability = await self._primaries.use(name, write)
        self._check(durability, cursor, None, repeatable=repeatable)
        return durability

    def _check(self, durability: Durability, cursor: Cursor | None, entry: str | None, *, repeatable: bool) -> None:
        if durability.replicas < self._required:
            raise NotDurable(
                replicas=durability.replicas,
                required=self._required,
                cursor=None if cursor is None else str(cursor),
                entry=entry,
                repeatable=repeatable,
            )

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
        answer, durability = await self._write(self._append, names, arguments)
        word = answer[0].decode()
        if word not in ("ok", "replay"):
            raise _refused(word, coverage, answer[1:])
        appended = _appended(answer[1:], word == "replay", durability)
        about = next((operation.entry for operation in operations if not isinstance(operation, Head)), None)
        self._check(durability, appended.cursors[-1], about, repeatable=once is not None)
        return appended

    async def replayed(self, coverage: str, once: Once) -> Appended | None:
        name = keys.coverage_keys(coverage).once(once.key)
        async with self._turn():
            done, answer = await self._commands.mget(name, f"{name}:answer")
        if done is None:
            return None
        digest, *marks = done.split()
        if digest.decode() != once.digest:
            raise KeyReused
        appended = _appended(marks, True, Durability())
        durability = await self._settle(keys.coverage_keys(coverage).head, repeatable=True, cursor=appended.cursors[-1])
        return replace(appended, durability=durability, answer=answer)

    async def record(self, coverage: str, once: Once, cursor: Cursor, answer: bytes) -> Appended | None:
        name = keys.coverage_keys(coverage).once(once.key)
        async with self._turn():
            new = await self._commands.set(name, f"{once.digest} {cursor}", nx=True, ex=self._key_lifetime_s)
            if new:
                await self._commands.set(f"{name}:answer", answer, ex=self._key_lifetime_s)
        return None if new else await self.replayed(coverage, once)

    async def settled(self, coverage: str) -> None:
        if self._required:
            await self._settle(keys.coverage_keys(coverage).head, repeatable=True)

    async def reserve(self, once: Once, coverage: str) -> str:
        name = keys.reservation(once.key)
        async with self._turn():
            await self._commands.set(name, coverage, nx=True, ex=self._key_lifetime_s)
            reserved: bytes | None = await self._commands.get(name)
        if self._required:
            await self._settle(name, repeatable=True)
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

    async def page(
        self, coverage: str, *, before: str | None = None, limit: int = 50, public_only: bool = False
    ) -> Page:
        ms, entry = ("", "") if before is None else _place(before)
        return await self._read_page(coverage, [limit, ms, entry, "", int(public_only)])

    async def page_with(self, coverage: str, entry: str, *, limit: int = 50, public_only: bool = False) -> Page:
        return await self._read_page(coverage, [limit, "", "", entry, int(public_only)])

    async def head(self, coverage: str, *, public_only: bool = False) -> Page:
        return await self._read_page(coverage, [0, "", "", "", int(public_only)])

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
        page = await self._read_page(coverage, [1, "", "", entry, 0])
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
        with translated():
            await self._clients.begin_anew()
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
        with translated():
            client: Any = await self._clients.following(next(iter(at)))
            try:
                answer = await client.execute_command(
                    "XREAD", "COUNT", NEWS_KEPT, "BLOCK", BLOCK_MS, "STREAMS", *at, *at.values()
                )
            except exceptions.RedisError:
                self._clients.suspect(client)
                raise
            self._clients.trust(client)
        announcements = []
        for name, rows in answer or ():
            for _, fields in rows:
                if fields[b"coverage"] == PROBE:
                    announcements.append(Announcement("", Cursor(0, 0), probe=fields[b"cursor"].decode()))
                else:
                    announcements.append(Announcement(fields[b"coverage"].decode(), _cursor(fields[b"cursor"])))
            at[name.decode()] = rows[-1][0].decode()
        return announcements

    async def audience(self, coverage: str, node: str, count: int, good_for_ms: int) -> int:
        names = [keys.coverage_keys(coverage).audience]
        return int(await self._run(self._audience, names, [node, count, good_for_ms]))

    async def probe(self, nonce: str) -> None:
        name = next(iter(keys.news_keys()))
        async with self._turn():
            await self._commands.execute_command(
                "XADD", name, "MAXLEN", "~", NEWS_KEPT, "*", "coverage", PROBE, "cursor", nonce
            )

    # ------------------------------------------------------------ tokens and facts

    async def save_token(self, token: str, data: bytes, once: Once | None = None) -> bytes | None:
        return await self._write_token(token, data, once)

    async def _write_token(self, token: str, data: bytes, once: Once | None) -> bytes | None:
        """What an earlier request with the same key wrote, else None."""
        names = [keys.TOKENS, keys.tokens_once(once.key) if once else keys.TOKENS]
        arguments: list[str | bytes | int] = [token, data, once.digest if once else "", self._key_lifetime_s]
        (word, *rest), durability = await self._write(self._tokens, names, arguments)
        if word in (b"ok", b"replay"):
            self._check(durability, None, None, repeatable=once is not None)
        match word:
            case b"ok":
                return None
            case b"replay":
                earlier: bytes = rest[0]
                return earlier
            case b"key_reused":
                raise KeyReused
            case _:
                raise UnknownToken(f"There is no token {token!r}.")

    async def token(self, token: str) -> bytes | None:
        async with self._turn():
            data: bytes | None = await self._commands.hget(keys.TOKENS, token)
        return data

    async def tokens_named(self, tokens: Sequence[str]) -> list[bytes | None]:
        async with self._turn():
            return list(await self._commands.hmget(keys.TOKENS, list(tokens)))

    async def tokens(self) -> list[bytes]:
        async with self._turn():
            return list(await self._commands.hvals(keys.TOKENS))

    async def delete_token(self, token: str, once: Once | None = None) -> bool:
        return await self._write_token(token, b"", once) is not None

    async def facts(self) -> Facts:
        async with self._turn():
            return await facts_of(self._clients)


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


def _appended(marks: Sequence[bytes], replay: bool, durability: Durability) -> Appended:
    """A mark is a cursor, or cursor/entry/revision."""
    cursors, written = [], []
    for mark in marks:
        cursor, *what = mark.split(b"/")
        cursors.append(_cursor(cursor))
        written.append((what[0].decode(), int(what[1])) if what else None)
    return Appended(tuple(cursors), replay, durability, tuple(written))


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
