"""The window: the newest events of a log, each made into a message once, for everybody who comes back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from .message import Message
from .model import Cursor, Event
from .wire import event_message

WINDOW_EVENTS = 1_000
WINDOW_BYTES = 4 * 1024 * 1024


class Frame:
    """An event, made into a message once, for everybody."""

    __slots__ = ("cursor", "ends", "entry", "message", "prev", "type")

    def __init__(self, event: Event) -> None:
        self.cursor = event.cursor
        self.prev = event.prev
        self.type = event.type
        self.entry = event.entry
        self.ends = event.type == "coverage.ended"
        self.message = Message(event_message(event))


class Window:
    """At most WINDOW_EVENTS, and WINDOW_BYTES of messages but for one that is longer. `bytes`: of messages now."""

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._frames)

    def __iter__(self) -> Iterator[Frame]:
        """The oldest first."""
        return iter(self._frames)

    def add(self, frame: Frame) -> None:
        """What came next in the log."""
        self._frames.append(frame)
        self.bytes += len(frame.message)
        while len(self._frames) > WINDOW_EVENTS or (self.bytes > WINDOW_BYTES and len(self._frames) > 1):
            self.bytes -= len(self._frames.popleft().message)

    def add_older(self, frames: Sequence[Frame], tip: Cursor) -> None:
        """What came before, as far as there is room. `tip`: the end of the log, where an empty window stands.

        Where the window does not reach back to one reader it does not to others who left at the same time.
        """
        begins = self._frames[0].prev if self._frames else tip
        older = [frame for frame in frames if frame.cursor <= begins]
        if older and older[-1].cursor == begins:
            for frame in reversed(older):
                if len(self._frames) >= WINDOW_EVENTS or self.bytes + len(frame.message) > WINDOW_BYTES:
                    break
                self._frames.appendleft(frame)
                self.bytes += len(frame.message)

    def take_newest(self) -> Frame:
        """It is not in the log any more."""
        frame = self._frames.pop()
        self.bytes -= len(frame.message)
        return frame

    def clear(self) -> None:
        self._frames.clear()
        self.bytes = 0

    def forget(self, event: Event) -> None:
        """What was taken down is not replayed from the window either."""
        for at, frame in enumerate(self._frames):
            if frame.entry == event.entry:
                gone = Event(
                    type="entry.deleted", cursor=frame.cursor, prev=frame.prev, data=event.data, entry=event.entry
                )
                self._frames[at] = Frame(gone)
                self.bytes += len(self._frames[at].message) - len(frame.message)

    def covers(self, position: Cursor) -> bool:
        """Whether the position, before the newest event, is one that is known to be in the log."""
        for frame in reversed(self._frames):
            if frame.prev <= position:
                return frame.prev == position
        return False

    def after(self, position: Cursor) -> Sequence[Frame] | None:
        """The frames after a position that was in the log once; None if the window does not reach back to it."""
        if not self._frames or self._frames[0].prev > position:
            return None
        newer: list[Frame] = []
        for frame in reversed(self._frames):
            if frame.cursor <= position:
                break
            newer.append(frame)
        newer.reverse()
        return newer
