"""Who is written to, and who is not."""

from __future__ import annotations

from collections.abc import Callable

from feed.fanout import Fanout
from feed.message import Message, frame
from feed.model import Cursor


class Recorder:
    """A reader that records, and can leave while it is written to, as one whose transport is full."""

    def __init__(self, *, deflate: bool = False, then: Callable[[], None] | None = None) -> None:
        self.deflate = deflate
        self.write: Callable[[bytes], None] = self._record
        self.written: list[bytes] = []
        self._then = then

    def _record(self, data: bytes) -> None:
        self.written.append(data)
        if self._then is not None:
            self._then()

    def proceed(self) -> None: ...
    def proceed_from(self, position: Cursor) -> None: ...
    def move(self) -> None: ...
    def depart(self) -> None: ...
    def fail(self) -> None: ...


ONE, TWO = Message(b'{"n":1}'), Message(b'{"n":2}')


def test_everybody_gets_all_messages_in_one_write() -> None:
    fanout, readers = Fanout(), [Recorder(), Recorder(), Recorder(deflate=True)]
    for reader in readers:
        fanout.add(reader)
    fanout.write([ONE, TWO])
    plain, deflated = frame(ONE) + frame(TWO), ONE.frame(deflate=True) + TWO.frame(deflate=True)
    assert [reader.written for reader in readers] == [[plain], [plain], [deflated]]
    assert len(fanout) == 3


def test_who_left_or_came_is_not_or_is_written_to_next_time() -> None:
    fanout, stays, leaves, comes = Fanout(), Recorder(), Recorder(), Recorder()
    fanout.add(stays)
    fanout.add(leaves)
    fanout.write([ONE])
    fanout.discard(leaves)
    fanout.discard(leaves)
    fanout.add(comes)
    fanout.write([TWO])
    assert (stays.written, leaves.written, comes.written) == (
        [frame(ONE), frame(TWO)],
        [frame(ONE)],
        [frame(TWO)],
    )
    assert leaves not in fanout
    assert comes in fanout


def test_a_reader_that_leaves_while_it_is_written_to_hinders_nobody() -> None:
    fanout = Fanout()
    full = Recorder(then=lambda: fanout.discard(full))
    others = [Recorder(), Recorder()]
    for reader in (others[0], full, others[1]):
        fanout.add(reader)
    fanout.write([ONE])
    fanout.write([TWO])
    assert full.written == [frame(ONE)]
    assert [reader.written for reader in others] == [[frame(ONE), frame(TWO)]] * 2


def test_taking_all_leaves_none() -> None:
    fanout, readers = Fanout(), [Recorder(), Recorder(deflate=True)]
    for reader in readers:
        fanout.add(reader)
    assert set(fanout.take()) == set(readers)
    fanout.write([ONE])
    assert not len(fanout)
    assert not readers[0].written
