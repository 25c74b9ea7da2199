"""Which kind of connection is made next: a websocket, and where none gets through, another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

Transport = Literal["websocket", "sse", "poll"]
"""A websocket, server-sent events, pages of changes."""

# Connections on which nothing was said, before another kind is tried; more where a websocket has worked: then it is
# rather the server that is away.
PATIENCE = 2
PATIENCE_AFTER_GOOD = 6
# After this many seconds the first kind is tried again.
ANEW = 600.0


class Ways:
    """`order`: what may be used, the best first."""

    def __init__(self, order: Sequence[Transport]) -> None:
        if not order or not set(order) <= set(get_args(Transport)):
            raise ValueError(f"{order!r} names no transports. There are: {', '.join(get_args(Transport))}.")
        self._order = tuple(order)
        self._at = 0
        self._unheard = 0
        self._worked = False
        self._anew_at = 0.0

    def choose(self, now: float) -> Transport:
        if self._at > 0 and now >= self._anew_at:
            # One try: the other kind has worked so far.
            self._at, self._unheard, self._worked = 0, PATIENCE - 1, False
        return self._order[self._at]

    def heard(self, way: Transport) -> None:
        """The server said something."""
        if way == self._order[self._at]:
            self._unheard = 0
            self._worked = True

    def unheard(self, way: Transport, now: float) -> None:
        """Something was reached, and nothing said: that kind may not pass here."""
        if way != self._order[self._at]:
            return
        self._unheard += 1
        if self._unheard >= (PATIENCE_AFTER_GOOD if self._worked else PATIENCE):
            # And round again: it may have been the server.
            self._turn_to((self._at + 1) % len(self._order), now)

    def barred(self, way: Transport, now: float) -> bool:
        """Something on the way does not let that kind pass. Whether there is another to try."""
        if way != self._order[self._at]:
            return True
        if self._at + 1 == len(self._order):
            return False
        self._turn_to(self._at + 1, now)
        return True

    def _turn_to(self, at: int, now: float) -> None:
        self._at, self._unheard, self._worked = at, 0, False
        self._anew_at = now + ANEW
