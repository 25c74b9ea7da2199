"""Fan-out: the readers of a channel that have everything, and whose transports take more.

It is a flat list of bound `write` methods: no object of a reader is touched for an entry, and none waits for another.
A reader whose transport is full leaves, keeps its position, and comes back when it has caught up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from .message import Message, joined
from .model import Cursor


class DirectReader(Protocol):
    """Hashed by identity. `write` never blocks and never raises; `deflate`: it takes deflated frames."""

    write: Callable[[bytes], None]
    deflate: bool

    def proceed(self) -> None:
        """Looks for itself how to go on from where it stands."""

    def proceed_from(self, position: Cursor) -> None:
        """The same, having everything up to `position`."""

    def move(self) -> None:
        """Is told when to leave, once."""

    def depart(self) -> None:
        """Is sent away, if it is still here."""

    def fail(self) -> None:
        """Is closed: how far it came is not known."""


class Fanout:
    def __init__(self) -> None:
        self._plain: dict[DirectReader, None] = {}
        self._deflated: dict[DirectReader, None] = {}
        # Made anew after somebody came or left.
        self._plain_writes: list[Callable[[bytes], None]] | None = None
        self._deflated_writes: list[Callable[[bytes], None]] | None = None

    def __len__(self) -> int:
        return len(self._plain) + len(self._deflated)

    def __iter__(self) -> Iterator[DirectReader]:
        yield from self._plain
        yield from self._deflated

    def __contains__(self, reader: DirectReader) -> bool:
        return reader in (self._deflated if reader.deflate else self._plain)

    def add(self, reader: DirectReader) -> None:
        """The reader has everything up to the channel's tip."""
        if reader.deflate:
            self._deflated[reader] = None
            self._deflated_writes = None
        else:
            self._plain[reader] = None
            self._plain_writes = None

    def discard(self, reader: DirectReader) -> None:
        if reader.deflate:
            self._deflated.pop(reader, None)
            self._deflated_writes = None
        else:
            self._plain.pop(reader, None)
            self._plain_writes = None

    def take(self) -> list[DirectReader]:
        """All readers; none is left."""
        readers = [*self._plain, *self._deflated]
        self._plain.clear()
        self._deflated.clear()
        self._plain_writes = self._deflated_writes = None
        return readers

    def write(self, messages: Sequence[Message]) -> None:
        """All messages to all readers, in one write each."""
        if self._plain:
            if self._plain_writes is None:
                self._plain_writes = [reader.write for reader in self._plain]
            data = joined(messages, deflate=False)
            # A write may find its transport full: that reader leaves then, and this list is made anew next time.
            for write in self._plain_writes:
                write(data)
        if self._deflated:
            if self._deflated_writes is None:
                self._deflated_writes = [reader.write for reader in self._deflated]
            data = joined(messages, deflate=True)
            for write in self._deflated_writes:
                write(data)
