"""A channel: one coverage as this node follows it, and what its subscribers are given.

A subscriber is a position in the log, not a queue. The channel keeps a window of the newest events, each made into a
message once; a subscriber asks for what comes after its position, whenever it is able to take more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from .errors import CursorLost
from .fanout import DirectReader, Fanout
from .flights import Flights
from .message import Message
from .model import Cursor, Event
from .session import Mode
from .store.port import Page, Store
from .window import WINDOW_BYTES, Frame, Window
from .wire import coverage_from_json, snapshot_message

# Further behind than this on a live connection, a fresh page costs less than the changes.
FURTHEST_BEHIND = 1_000
# Pages that are kept for who comes next, one for each limit that was asked for.
KEPT_PAGES = 16
KEPT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`cursor` is where its reader stands: for an ended coverage, before the end that is delivered next, `frames`."""

    cursor: Cursor
    tip: Cursor
    message: Message
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """How a subscription begins, or begins anew. `ended`: the reader already has the end."""

    mode: Mode
    cursor: Cursor
    frames: Sequence[Frame] = ()
    reason: str | None = None
    snapshot: bytes | None = None
    ended: bool = False


class Channel:
    """Made from the head that the coverage was first read with; brought forward by the follower."""

    def __init__(self, coverage: str, store: Store, head: Page) -> None:
        self.coverage = coverage
        self.tip = head.cursor
        self.ended = head.status == "ended"
        self.private = _is_private(head.coverage)
        self.subscribers = 0
        self.fanout = Fanout()
        # Messages that the fan-out wrote, for whoever counts them.
        self.written = 0
        # What was told last beside the log.
        self.notice: Message | None = None
        # Readers who were given a page, or changes, that the follower has not come to yet.
        self._ahead: dict[DirectReader, None] = {}
        # The furthest place beyond the tip that any of them was given: a failover may have taken it back meanwhile.
        self._given = Cursor(0, 0)
        # Grows when the log was found to have forked: positions beyond the place where it did are lost.
        self.forks = 0
        self._store = store
        self._window = Window()
        self._changed = asyncio.Event()
        self._catching_up = asyncio.Lock()
        self._snapshots: dict[int, Snapshot] = {}
        self._loading: Flights[tuple[int, int], Snapshot] = Flights()
        self._asking: Flights[tuple[Cursor, int, int], Opening] = Flights()

    # ------------------------------------------------------------ for the follower

    async def catch_up(self, *, after_fault: bool = False) -> int:
        """Reads what the log holds after the tip, and says how many events that was.

        `after_fault`: the store may be another one now. Then what readers were given beyond the tip is looked for, too.
        Raises StoreUnavailable; UnknownCoverage if the store lost it all.
        """
        async with self._catching_up:
            complete, read = False, 0
            while not complete:
                try:
                    changes = await self._store.changes(self.coverage, self.tip, limit=FURTHEST_BEHIND)
                except CursorLost:
                    await self._find_fork()
                    continue
                complete = changes.complete
                if changes.events:
                    try:
                        self._extend(changes.events)
                    except Exception:
                        self._give_up()
                        raise
                    read += len(changes.events)
            if after_fault and self._given > self.tip:
                try:
                    await self._store.changes(self.coverage, self._given, limit=1)
                except CursorLost:
                    self._take_back()
                    self._call_ahead()
                    self.wake()
            return read

    def _extend(self, events: Sequence[Event]) -> None:
        frames = []
        before, hidden = self.tip, self.private
        for event in events:
            if event.type == "entry.deleted":
                self._window.forget(event)
            elif event.entry is None:
                self.private = _is_private(event.data)
                hidden |= self.private
            frame = Frame(event)
            frames.append(frame)
            self._window.add(frame)
        self.tip = frame.cursor
        self.ended = frame.ends
        if before < self._given <= self.tip and all(event.cursor != self._given for event in events):
            self._take_back()
        if hidden:
            # Nobody who showed no token is written what made it private, or what came with that.
            self.call_readers(before)
        else:
            # The tip is set: a reader whose transport is full now stands there.
            self.written += len(frames) * len(self.fanout)
            self.fanout.write([frame.message for frame in frames])
            if self.ended:
                self.call_readers(self.tip)
            else:
                self._call_ahead()
        self.wake()

    def _give_up(self) -> None:
        """An event was taken in by halves, for want of memory say. Who was written it is not known: those who are
        written to come back with their cursors, and everybody asks the store."""
        self._window.clear()
        for reader in self.fanout.take():
            reader.fail()
        self._take_back()
        self._call_ahead()
        self.wake()

    def _take_back(self) -> None:
        """The log forked beyond the tip: pages from there are of no use, and their readers ask how to go on."""
        self._given = Cursor(0, 0)
        self._snapshots.clear()
        self.forks += 1

    async def _find_fork(self) -> None:
        """The tip is no longer in the log. Goes back to the last event that still is, or begins anew from a page."""
        lost, found = self.tip, False
        while self._window and not found:
            self.tip = self._window.take_newest().prev
            with suppress(CursorLost):
                await self._store.changes(self.coverage, self.tip, limit=1)
                found = True
        head = await self._store.head(self.coverage)
        if not found:
            self.tip = head.cursor
        self.ended = head.status == "ended" and head.cursor == self.tip
        self.private = _is_private(head.coverage)
        self._begin_anew(lost)

    def lose(self) -> None:
        """The store knows nothing of the coverage any more. Should it be made again, that is another log."""
        lost, self.tip, self.ended = self.tip, Cursor(0, 0), False
        self._window.clear()
        self._begin_anew(lost)

    def _begin_anew(self, lost: Cursor) -> None:
        self._take_back()
        self.call_readers(lost)
        self.wake()

    def wake(self) -> None:
        """Lets every waiting subscriber look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    def tell(self, notice: Message) -> None:
        """Something that is not in the log: to all who are here now, and to those who come."""
        self.notice = notice
        self.written += len(self.fanout)
        self.fanout.write([notice])
        self.wake()

    def call_readers(self, position: Cursor) -> None:
        """Has every reader that is written to, all standing at `position`, look for itself how to go on."""
        for reader in self.fanout.take():
            reader.proceed_from(position)
        self._call_ahead()

    def _call_ahead(self) -> None:
        ahead, self._ahead = self._ahead, {}
        for reader in ahead:
            reader.proceed()

    @property
    def readers(self) -> list[DirectReader]:
        """Those that are written to, now or when the follower has come to where they stand."""
        return [*self.fanout, *self._ahead]

    def join(self, reader: DirectReader, position: Cursor) -> None:
        """The reader has everything up to `position`, which is the tip or beyond it, and is written to from there."""
        if position == self.tip:
            self.fanout.add(reader)
        else:
            self._ahead[reader] = None

    def part(self, reader: DirectReader) -> None:
        self.fanout.discard(reader)
        self._ahead.pop(reader, None)

    # ------------------------------------------------------------ for subscribers

    async def wait(self) -> None:
        """Until there is something new. Ask `after` first: what came before the call is not waited for."""
        await self._changed.wait()

    def covers(self, position: Cursor) -> bool:
        """Whether the position is one that the window knows to be in the log."""
        return position == self.tip or self._window.covers(position)

    def after(self, position: Cursor) -> Sequence[Frame] | None:
        """The frames after a position that was in the log once; None if the window does not reach back to it."""
        return () if position >= self.tip else self._window.after(position)

    async def open(self, after: Cursor | None, limit: int) -> Opening:
        """Resumes after a cursor if it is in the log, or opens with a snapshot of `limit` entries."""
        opening = self.open_now(after, limit)
        if opening is not None:
            return opening
        if after is None:
            return await self._with_snapshot("snapshot", None, limit)
        # One question for all who stand at the same place: after a fork that is nearly everybody. What was asked before
        # a fork is no answer to who asks after it.
        return await self._asking.join((after, limit, self.forks), lambda: self._ask(after, limit))

    async def _ask(self, after: Cursor, limit: int) -> Opening:
        asked_at = (self.tip, self.forks)
        try:
            changes = await self._store.changes(self.coverage, after, limit=FURTHEST_BEHIND)
        except CursorLost as lost:
            return await self._with_snapshot("reset", lost.reason, limit)
        frames = [Frame(event) for event in changes.events]
        # What the window has no room for would be kept for each such reader alone.
        if not changes.complete or sum(len(frame.message) for frame in frames) > WINDOW_BYTES:
            return await self._with_snapshot("reset", "behind", limit)
        self._given = max(self._given, frames[-1].cursor if frames else after)
        if asked_at == (self.tip, self.forks):  # nothing was taken down meanwhile
            self._window.add_older(frames, self.tip)
        return Opening("resumed", after, frames, ended=not frames and changes.ended)

    def open_now(self, after: Cursor | None, limit: int) -> Opening | None:
        """The same, if what it takes is here; None if the store must be asked."""
        if after is None:
            snapshot = self._current_snapshot(limit)
            if snapshot is None:
                return None
            return Opening("snapshot", snapshot.cursor, snapshot.frames, None, snapshot.message)
        if not self.covers(after):
            return None
        frames = self.after(after) or ()
        return Opening("resumed", after, frames, ended=not frames and self.ended)

    async def continue_from(self, position: Cursor, limit: int) -> Opening | Sequence[Frame]:
        """What a subscriber gets whose position the window does not hold any more, or that a fork may have lost."""
        opening = await self.open(position, limit)
        return opening.frames if opening.mode == "resumed" else opening

    async def _with_snapshot(self, mode: Mode, reason: str | None, limit: int) -> Opening:
        snapshot = await self.snapshot(limit)
        return Opening(mode, snapshot.cursor, snapshot.frames, reason, snapshot.message)

    def _current_snapshot(self, limit: int) -> Snapshot | None:
        snapshot = self._snapshots.get(limit)
        return snapshot if snapshot is not None and snapshot.tip >= self.tip else None

    async def snapshot(self, limit: int) -> Snapshot:
        """The same one for everybody who asks while nothing changes; the store is read once for all of them."""
        if snapshot := self._current_snapshot(limit):
            return snapshot
        return await self._loading.join((limit, self.forks), lambda: self._load(limit))

    async def _load(self, limit: int) -> Snapshot:
        page = await self._store.page(self.coverage, limit=limit)
        if page.cursor >= self.tip and _is_private(page.coverage):
            self.private = True  # before the follower comes to it
        cursor = page.end if page.end is not None else page.cursor
        frames: tuple[Frame, ...] = ()
        if page.end is not None:
            frames = (Frame(Event(type="coverage.ended", cursor=page.cursor, prev=page.end, data=page.coverage)),)
        message = Message(snapshot_message(page.coverage, page.entries, cursor, page.following))
        snapshot = Snapshot(cursor, page.cursor, message, frames)
        self._given = max(self._given, page.cursor)
        kept = sum(len(one.message) for one in self._snapshots.values())
        if len(self._snapshots) >= KEPT_PAGES or kept + len(message) > KEPT_BYTES:
            self._snapshots.clear()
        self._snapshots[limit] = snapshot
        return snapshot


def _is_private(coverage: bytes) -> bool:
    return coverage_from_json(coverage).visibility == "private"
