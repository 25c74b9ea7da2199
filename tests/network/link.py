"""One connection through the network, and what befalls it."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Literal, cast

# What one direction holds back before it stops taking more, as the buffers of a network do.
HELD = 64 * 1024

How = Literal["rst", "fin"]


class Way(Enum):
    UP = "to the server"
    DOWN = "to the client"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What befalls the bytes of one direction. As it is by default they pass as they come."""

    # They are held back until this is over.
    stalled: bool = False
    # They vanish.
    lost: bool = False
    # Each comes so much later.
    delay_s: float = 0.0
    # So many at a time, 0: all that there are; with so long a pause after each piece.
    piece: int = 0
    pause_s: float = 0.0

    @property
    def none(self) -> bool:
        return not (self.stalled or self.lost or self.delay_s or self.piece)


@dataclass(slots=True)
class Counts:
    """What a network did. `lost` and `trickled` are bytes, everything else connections."""

    connections: int = 0
    cut: int = 0
    cut_within: int = 0
    refused: int = 0
    stalled: int = 0
    held_open: int = 0
    delayed: int = 0
    reordered: int = 0
    lost: int = 0
    trickled: int = 0

    def __str__(self) -> str:
        done = [f"{getattr(self, name)} {name.replace('_', ' ')}" for name in self.__slots__ if getattr(self, name)]
        return ", ".join(done)


class Pipe(asyncio.Protocol):
    """One end of a link: what comes in here goes out at the other end, through this direction's trouble."""

    def __init__(self, link: Link, way: Way) -> None:
        self.way = way
        self.trouble = Trouble()
        self.cut_after: int | None = None
        self.transport: asyncio.Transport | None = None
        # It has nothing more to say; it has gone.
        self.finished = False
        self.ended = False
        self._link = link
        self._held: deque[tuple[float, bytes]] = deque()
        self._held_bytes = 0
        self._changed = asyncio.Event()
        self._carrying: asyncio.Task[None] | None = None

    @property
    def _other(self) -> Pipe:
        return self._link.pipes[Way.DOWN if self.way is Way.UP else Way.UP]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        if self._link.over.is_set():  # it was cut before it began
            _reset_on_close(self.transport)
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True
        if not self._held:
            self._link.end(self.way)

    def eof_received(self) -> bool:
        self.finished = True
        if not self._held:
            self._finish()
        return True

    def _finish(self) -> None:
        target = self._other.transport
        if target is None or self._other.finished:
            self._link.end(self.way)
        elif not target.is_closing() and target.can_write_eof():
            target.write_eof()

    def pause_writing(self) -> None:
        if (source := self._other.transport) is not None and not source.is_closing():
            source.pause_reading()

    def resume_writing(self) -> None:
        other = self._other
        if (source := other.transport) is not None and not source.is_closing() and other._held_bytes < HELD:
            source.resume_reading()

    def data_received(self, data: bytes) -> None:
        if self._link.over.is_set():
            return
        if not self._held and self.trouble.none and self._other.transport is not None:
            self._write(data)
            return
        if self.trouble.lost:
            self._link.counts.lost += len(data)
            return
        due = asyncio.get_running_loop().time() + self.trouble.delay_s
        self._held.append((due, data))
        self._held_bytes += len(data)
        if self._held_bytes >= HELD and self.transport is not None:
            self.transport.pause_reading()
        self.look_again()

    def look_again(self) -> None:
        """The trouble has changed, or there is something to carry."""
        self._changed.set()
        if self._held and self._carrying is None:
            self._carrying = asyncio.get_running_loop().create_task(self._carry())

    def stop(self) -> None:
        if self._carrying is not None:
            self._carrying.cancel()

    async def _carry(self) -> None:
        loop = asyncio.get_running_loop()
        while self._held:
            self._changed.clear()
            due, data = self._held[0]
            if self.trouble.stalled or self._other.transport is None:
                await self._changed.wait()
            elif due > loop.time() and self.trouble.delay_s:
                await self._wait(due - loop.time())
            elif self.trouble.piece and self.trouble.piece < len(data):
                self._held[0] = (due, data[self.trouble.piece :])
                self._held_bytes -= self.trouble.piece
                self._link.counts.trickled += self.trouble.piece
                self._write(data[: self.trouble.piece])
                await self._wait(self.trouble.pause_s)
            else:
                self._held.popleft()
                self._held_bytes -= len(data)
                self._write(data)
        self._carrying = None
        if self.ended:
            self._link.end(self.way)
        elif self.finished:
            self._finish()
        elif self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    async def _wait(self, seconds: float) -> None:
        """Shorter when the trouble changes."""
        waiting = asyncio.ensure_future(self._changed.wait())
        await asyncio.wait((waiting,), timeout=seconds)
        waiting.cancel()

    def _write(self, data: bytes) -> None:
        target = self._other.transport
        if target is None or target.is_closing():
            return
        if self.cut_after is not None:
            if len(data) > self.cut_after:
                target.write(data[: self.cut_after])
                self._link.counts.cut_within += 1
                self._link.cut("rst")
                return
            self.cut_after -= len(data)
        target.write(data)


class Link:
    """Two pipes, back to back."""

    def __init__(self, number: int, counts: Counts) -> None:
        self.number = number
        self.counts = counts
        self.over = asyncio.Event()
        self.pipes = {way: Pipe(self, way) for way in Way}

    def set(self, way: Way, trouble: Trouble) -> None:
        pipe = self.pipes[way]
        pipe.trouble = trouble
        pipe.look_again()

    def cut(self, how: How) -> None:
        """At once; what was under way is lost."""
        if self.over.is_set():
            return
        self.over.set()
        self.counts.cut += 1
        for pipe in self.pipes.values():
            pipe.stop()
            if pipe.transport is not None:
                if how == "rst":
                    _reset_on_close(pipe.transport)
                pipe.transport.abort()

    def cut_within(self, bytes_: int) -> None:
        """After so many bytes more to the client: in the middle of what is sent then."""
        self.pipes[Way.DOWN].cut_after = bytes_

    def end(self, way: Way) -> None:
        """One end has left, and all that it said was carried."""
        self.over.set()
        for pipe in self.pipes.values():
            if pipe.transport is not None and not pipe.transport.is_closing():
                pipe.transport.close()
            if pipe.way is not way:
                pipe.stop()


def _reset_on_close(transport: asyncio.Transport) -> None:
    end = transport.get_extra_info("socket")
    if end is not None and end.family in (socket.AF_INET, socket.AF_INET6) and end.fileno() >= 0:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
