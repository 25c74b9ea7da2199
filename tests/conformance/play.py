"""A case on a real server: its newsroom publishes, a reader connects, and what it is sent is held against the case."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import redis
from feed_conformance.cases import Case, what_of
from feed_conformance.log import Log
from feed_conformance.speech import said_by_server

from feed.store.keys import coverage_keys
from tests.newsroom import Newsroom, fresh, problem
from tests.running import wait_until

from .readers import Reader

Json = dict[str, Any]
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
LARGEST_BATCH = 500


class Play:
    """`real` and `named` lead from the names of cursors to the server's own, and back."""

    def __init__(self, case: Case, newsroom: Newsroom, connect: Callable[..., Reader]) -> None:
        self.case = case
        self.coverage = fresh("conformance")
        self._newsroom = newsroom
        self._connect = connect
        self._log = Log()
        self.real: dict[str, str] = {}
        self.named: dict[str, str] = {}
        self._dumps: dict[str, dict[bytes, bytes]] = {}
        self._forgets = "lose" in str(case.log) + str(case.steps)
        self._warm = False
        self._lost = False
        self._reader: Reader | None = None
        self._after: str | None = None
        self._limit = case.client.get("limit", 50)

    async def run(self) -> None:
        try:
            for operation in self.case.log:
                self._do(operation)
            for step in self.case.steps:
                what, said = what_of(step)
                await self._take(what, said)
        finally:
            if self._reader is not None:
                await self._reader.leave()

    async def _take(self, what: str, said: Any) -> None:
        match what:
            case "newsroom":
                for operation in said:
                    self._do(operation)
            case "client connects":
                await self._arrive(said["after"])
            case "client sends":
                await self._there.say(said | ({"token": self._token()} if "token" in said else {}))
            case "server sends":
                for item in said:
                    for expected in said_by_server(self._log, item, self._after, self._limit):
                        assert self._readable(await self._there.next()) == _without_times(expected)
            case "server closes":
                await self._there.expect_end(said["code"])
            case "server ends":
                await self._there.expect_end(1000)
            case "server answers":
                self._check_page(said)
            case "network refuses":
                await self._there.expect_refusal(said["status"])
            case "network fails":
                await self._there.leave()

    @property
    def _there(self) -> Reader:
        assert self._reader is not None
        return self._reader

    def _token(self) -> str:
        return self._newsroom.make_token(f"read:{self.coverage}")

    # ------------------------------------------------------------ the newsroom

    def _do(self, operation: Json) -> None:
        before = self._log.tip if self._log.events else None
        ((what, fields),) = operation.items()
        self._log.do(operation)
        if what == "lose":
            self._restore(self._dumps[fields["after"]])
            self._lost = True
            # Within the same millisecond an event would be given the cursor of one that was lost.
            lost_ms = max(int(cursor.partition("-")[0]) for cursor in self.named)
            wait_until(lambda: time.time() * 1000 > lost_ms + 1, what="the next millisecond")
            return
        if what == "trim":
            with self._newsroom.keeper() as keeper:
                keeper.xtrim(coverage_keys(self.coverage).log, maxlen=fields["keep"], approximate=False)
            return
        self._write(what, fields)
        self._learn(before)

    def _write(self, what: str, fields: Json) -> None:
        newsroom, coverage = self._newsroom, self.coverage
        id_ = fields.get("id", "")
        rest = {key: value for key, value in fields.items() if key not in ("id", "times")}
        match what:
            case "create":
                newsroom.create(**fields | {"id": coverage})
            case "publish" if fields.get("times", 1) > 1:
                drafts = [{"text": "x"} | rest | {"id": f"{id_}{n:04d}"} for n in range(1, fields["times"] + 1)]
                for start in range(0, len(drafts), LARGEST_BATCH):
                    newsroom.publish_many(coverage, drafts[start : start + LARGEST_BATCH])
            case "publish":
                newsroom.publish(coverage, **{"text": "x"} | fields)
            case "revise":
                newsroom.revise(coverage, id_, **rest)
            case "retract":
                newsroom.retract(coverage, id_, fields["reason"])
            case "delete":
                newsroom.delete(coverage, id_, fields.get("reason"))
            case "change":
                newsroom.change(coverage, **fields)
            case "end":
                entry = {"entry": {"text": "x"} | fields["entry"]} if "entry" in fields else {}
                newsroom.end(coverage, **fields | entry)
            case "reopen":
                newsroom.reopen(coverage)
            case _:
                raise AssertionError(f"a newsroom cannot {what}")

    def _learn(self, before: str | None) -> None:
        """Which cursors the new events were given."""
        names = list(self._log.events) if before is None else self._log.newer(before)
        if before is None:
            cursors = [self._newsroom.tip(self.coverage)]
        else:
            cursors = [event["cursor"] for event in self._changes(self.real[before])[0]]
        assert len(cursors) == len(names), "the server made other events of this than the case says"
        self.real |= dict(zip(names, cursors, strict=True))
        self.named |= dict(zip(cursors, names, strict=True))
        if self._forgets:
            self._dumps[self._log.tip] = self._dump()

    # ------------------------------------------------------------ a failover that loses the tail

    def _keeper(self) -> redis.Redis:
        """What it keeps is not all text."""
        with self._newsroom.keeper() as keeper:
            return redis.Redis(unix_socket_path=keeper.connection_pool.connection_kwargs["path"])

    def _keys(self, keeper: redis.Redis) -> list[bytes]:
        head = coverage_keys(self.coverage).head.encode()
        found: Any = keeper.keys(head + b"*")
        return [key for key in found if key == head or key.startswith(head + b":")]

    def _dump(self) -> dict[bytes, bytes]:
        with self._keeper() as keeper:
            return {key: bytes(keeper.dump(key)) for key in self._keys(keeper)}

    def _restore(self, kept: dict[bytes, bytes]) -> None:
        with self._keeper() as keeper:
            keeper.delete(*self._keys(keeper))
            for key, value in kept.items():
                keeper.restore(key, 0, value)

    # ------------------------------------------------------------ the reader

    async def _arrive(self, after: str | None) -> None:
        if self._reader is not None:
            await self._reader.leave()
        self._after = after
        real = None if after is None else self.real[after]
        if real is not None:
            self._check_changes(str(after), real)
        if self._warm and self._lost:
            await self._wait_until_noticed(str(real))
        token = self._token() if self.case.client.get("token") else None
        self._reader = self._connect(self._newsroom.url, self.coverage, real, self._limit, token)
        self._warm = True

    async def _wait_until_noticed(self, lost: str) -> None:
        """A node that has the coverage open learns of a failover with the next event."""
        while True:
            reader = self._connect(self._newsroom.url, self.coverage, lost, 1, None)
            first = await reader.next()
            await reader.leave()
            assert first is not None
            if first["mode"] != "resumed":
                return

    def _check_changes(self, after: str, real: str) -> None:
        """What a websocket would be sent after this cursor is what pages of changes say."""
        mode, reason = self._log.mode(after)
        if mode == "reset" and reason != "behind":
            path = f"/v1/coverages/{self.coverage}/entries"
            answer = self._newsroom.ask("GET", path, after=real)
            assert problem(answer, 410, "cursor_lost")["reason"] == reason
            return
        events, ended = self._changes(real)
        expected = [_without_times(self._log.events[name]) for name in self._log.newer(after)]
        assert [self._readable(event) for event in events] == expected
        assert ended is self._log.ended

    def _changes(self, after: str) -> tuple[list[Json], bool]:
        events: list[Json] = []
        while True:
            page = self._newsroom.entries(self.coverage, after=after, limit=LARGEST_BATCH)
            events += page["events"]
            after = page["cursor"]
            if page["up_to_date"]:
                return events, page["ended"]

    def _check_page(self, said: Any) -> None:
        if said == "snapshot":
            head = self._newsroom.get(f"/v1/coverages/{self.coverage}")
            del head["cursor"]
            page = self._newsroom.entries(self.coverage, limit=self._limit)
            snapshot = {"type": "snapshot", "coverage": head, **page}
            assert self._readable(snapshot) == _without_times(self._log.snapshot(self._limit))
            return
        assert self._after is not None
        page = self._newsroom.entries(self.coverage, after=self.real[self._after])
        expected = said | {"events": [_without_times(self._log.event(name)) for name in said["events"]]}
        assert self._readable(page) | {"events": [self._readable(event) for event in page["events"]]} == expected

    def _readable(self, message: Any) -> Json:
        """With the names of cursors, and without what no case can know."""
        assert message is not None, "the connection was closed"
        told: Json = _without_times(message)
        for place in ("cursor", "prev"):
            # The first event of a log follows nothing.
            if place in told:
                told[place] = self.named.get(told[place], "c0")
        if isinstance(told.get("next"), str):
            told["next"] = "more"
        if told.get("coverage") == self.coverage:
            told["coverage"] = "c"
        elif isinstance(told.get("coverage"), dict):
            told["coverage"]["id"] = "c"
        return told


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_times(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_times(part) for part in value]
    return "a time" if isinstance(value, str) and _TIME.fullmatch(value) else value
