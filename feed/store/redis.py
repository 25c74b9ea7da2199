"""The store on Redis or Valkey: scripts for what must be atomic, and their errors translated at this border."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Self

from hiredis import pack_command
from redis import exceptions

from feed.errors import (
    KeyReused,
    SettingsError,
    UnknownToken,
)
from feed.model import Cursor, Event, Status

from . import keys
from .access import Access, Script
from .answers import appended_of, cursor_of, event_of, fields_of, place_of, refused
from .connect import BLOCK_MS, Clients, connect
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
)

PROBE = b"\x00probe"
# Bytes of entries, or of events, that are read at once; what is over that comes with the next page.
MOST_BYTES = 4 * 1024 * 1024


class RedisStore(Access):
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
        super().__init__(clients, require_replicas=require_replicas, acknowledge_within_ms=acknowledge_within_ms)
        self._key_lifetime_s = key_lifetime_s
        self._log_length = log_length
        self._append = Script("append")
        self._page = Script("page")
        self._changes = Script("changes")
        self._audience = Script("audience")
        self._tokens = Script("tokens")

    @classmethod
    def open(cls, url: str, **options: Any) -> Self:
        """Raises SettingsError for an address that is none of ours; whether a store answers there shows in use."""
        return cls(connect(url), **options)

    async def close(self) -> None:
        await self._clients.close()

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
            raise refused(word, coverage, answer[1:])
        appended = appended_of(answer[1:], word == "replay", durability)
        about = next((operation.entry for operation in operations if not isinstance(operation, Head)), None)
        self._check(durability, appended.cursors[-1], about, repeatable=once is not None)
        return appended

    async def replayed(self, coverage: str, once: Once) -> Appended | None:
        of = keys.coverage_keys(coverage)
        async with self._turn():
            kept: bytes | None = await self._commands.get(of.once(once.key))
        if kept is None:
            return None
        done, _, answer = kept.partition(b"\n")
        digest, *marks = done.split()
        if digest.decode() != once.digest:
            raise KeyReused
        appended = appended_of(marks, True, Durability())
        durability = await self._settle(of.head, repeatable=True, cursor=appended.cursors[-1])
        return replace(appended, durability=durability, answer=answer or None)

    async def record(self, coverage: str, once: Once, cursor: Cursor, answer: bytes) -> Appended | None:
        name = keys.coverage_keys(coverage).once(once.key)
        kept = f"{once.digest} {cursor}\n".encode() + answer
        async with self._turn():
            new = await self._commands.set(name, kept, nx=True, ex=self._key_lifetime_s)
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

    async def reserved(self, once: Once) -> str | None:
        async with self._turn():
            coverage: bytes | None = await self._commands.get(keys.reservation(once.key))
        return coverage.decode() if coverage else None

    # ------------------------------------------------------------ reading

    async def events_at(self, coverage: str, cursors: Sequence[Cursor]) -> list[Event | None]:
        of = keys.coverage_keys(coverage)
        async with self._turn(), self._commands.pipeline(transaction=False) as pipeline:
            for cursor in cursors:
                pipeline.execute_command("XRANGE", of.log, str(cursor), str(cursor))
            pipeline.execute_command("HGETALL", of.deleted)
            *found, gone = await pipeline.execute()
        deleted = gone if isinstance(gone, dict) else dict(zip(gone[::2], gone[1::2], strict=True))
        return [event_of(rows[0], deleted.get(fields_of(rows[0])[b"entry"])) if rows else None for rows in found]

    async def page(
        self, coverage: str, *, before: str | None = None, limit: int = 50, public_only: bool = False
    ) -> Page:
        ms, entry = ("", "") if before is None else place_of(before)
        return await self._read_page(coverage, [limit, ms, entry, "", int(public_only)])

    async def page_with(self, coverage: str, entry: str, *, limit: int = 50, public_only: bool = False) -> Page:
        return await self._read_page(coverage, [limit, "", "", entry, int(public_only)])

    async def head(self, coverage: str, *, public_only: bool = False) -> Page:
        return await self._read_page(coverage, [0, "", "", "", int(public_only)])

    async def _read_page(self, coverage: str, arguments: list[str | bytes | int]) -> Page:
        of = keys.coverage_keys(coverage)
        names = [of.head, of.entries, of.order, of.deleted]
        word, *rest = await self._run(self._page, names, [*arguments, MOST_BYTES])
        if word != b"ok":
            raise refused(word.decode(), coverage, rest)
        data, status, cursor, end, entries, next_ms, next_id, pinned = rest
        return Page(
            coverage=data,
            status=status.decode(),
            cursor=cursor_of(cursor),
            end=cursor_of(end) if end else None,
            entries=tuple(entries),
            following=f"{next_ms.decode()}-{next_id.decode()}" if next_id else None,
            pinned=pinned,
        )

    async def entry(self, coverage: str, entry: str) -> bytes:
        page = await self._read_page(coverage, [1, "", "", entry, 0])
        return page.entries[0]

    async def revisions(self, coverage: str, entry: str) -> list[bytes]:
        of = keys.coverage_keys(coverage)
        # At one instant: a revision in between would be there twice, or be missing.
        async with self._turn(), self._commands.pipeline(transaction=True) as pipeline:
            pipeline.lrange(of.history(entry), 0, -1)
            pipeline.hget(of.entries, entry)
            earlier, current = await pipeline.execute()
        return [*earlier, current or await self.entry(coverage, entry)]

    async def changes(self, coverage: str, after: Cursor, *, limit: int) -> Changes:
        of = keys.coverage_keys(coverage)
        # One more than asked for tells whether that was all.
        arguments: list[str | bytes | int] = [str(after), limit + 1, MOST_BYTES]
        word, *rest = await self._run(self._changes, [of.head, of.log, of.deleted], arguments)
        if word != b"ok":
            raise refused(word.decode(), coverage, rest)
        status, tip, rows, gone = rest
        pairs = zip(rows, gone or [None] * len(rows), strict=True)
        events = tuple(event_of(row, tombstone) for row, tombstone in islice(pairs, limit))
        complete = len(rows) <= limit and (not rows or rows[-1][0] == tip)
        return Changes(events, complete, ended=complete and status == b"ended")

    async def coverages(self, statuses: Sequence[Status], *, before: str | None, limit: int) -> list[bytes]:
        ms, last = ("", "") if before is None else place_of(before)
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
        taking: asyncio.Future[list[Announcement]] | None = None
        try:
            while True:
                taking = asyncio.ensure_future(queue.get())
                await asyncio.wait([taking, *readers], return_when=asyncio.FIRST_COMPLETED)
                for reader in readers:
                    if reader.done():
                        reader.result()
                yield await taking
        finally:
            wanted = False
            if taking is not None:
                taking.cancel()
            while pending := [reader for reader in readers if not reader.done()]:
                for reader in pending:
                    reader.cancel()
                await asyncio.wait(pending, timeout=0.1)
            for reader in readers:
                if not reader.cancelled():
                    reader.exception()  # a store that goes away fails all of them; one was told of already

    async def _news(self, at: dict[str, str]) -> list[Announcement]:
        """Waits for what comes after `at`, which it moves on; empty after BLOCK_MS without any."""
        # So many words, for each event: redis-py takes longer to write them than all else about it takes.
        words: Any = ("XREAD", "COUNT", NEWS_KEPT, "BLOCK", BLOCK_MS, "STREAMS", *at, *at.values())
        with translated():
            pool = (await self._clients.following(next(iter(at)))).connection_pool
            try:
                connection = await pool.get_connection()  # type: ignore[no-untyped-call]
                try:
                    await connection.send_packed_command(pack_command(words))
                    answer = await connection.read_response()
                finally:
                    await pool.release(connection)
            except exceptions.RedisError:
                self._clients.suspect(pool)
                raise
            self._clients.trust(pool)
        announcements = []
        for name, rows in answer or ():
            for row in rows:
                fields = fields_of(row)
                if fields[b"coverage"] == PROBE:
                    announcements.append(Announcement("", Cursor(0, 0), probe=fields[b"cursor"].decode()))
                else:
                    announcements.append(Announcement(fields[b"coverage"].decode(), cursor_of(fields[b"cursor"])))
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
