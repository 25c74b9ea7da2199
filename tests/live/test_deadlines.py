"""Deadlines: due once, in time, unless they were taken back."""

from __future__ import annotations

import pytest

from feed.live.deadlines import Deadlines


class Connection:
    """`again`: for how many seconds it adds itself when it is due."""

    def __init__(self, deadlines: Deadlines, again: int | None = None) -> None:
        self.due_at: list[int] = []
        self._deadlines = deadlines
        self._again = again

    def due(self) -> None:
        self.due_at.append(self._deadlines.now)
        if self._again is not None:
            self._deadlines.add(self, self._again)


def run(deadlines: Deadlines, seconds: int) -> None:
    for _ in range(seconds):
        for connection in deadlines.tick():
            connection.due()


@pytest.mark.parametrize("seconds", [1, 7, 14, Deadlines.MOST_S])
@pytest.mark.parametrize("start", [0, 1, 29, 30, 31, 100])
def test_each_is_due_once_after_its_seconds(start: int, seconds: int) -> None:
    deadlines = Deadlines()
    run(deadlines, start)
    connection = Connection(deadlines)
    deadlines.add(connection, seconds)
    run(deadlines, seconds - 1)
    assert connection.due_at == []
    run(deadlines, 100)
    assert connection.due_at == [start + seconds]


def test_what_is_taken_back_is_not_due_and_may_be_taken_back_twice() -> None:
    deadlines = Deadlines()
    one, other = Connection(deadlines), Connection(deadlines)
    at = deadlines.add(one, 5)
    deadlines.add(other, 5)
    deadlines.discard(one, at)
    deadlines.discard(one, at)
    deadlines.discard(one, -1)
    run(deadlines, 50)
    assert (one.due_at, other.due_at) == ([], [5])


@pytest.mark.parametrize("again", [1, 7, Deadlines.MOST_S])
def test_one_that_is_due_may_add_itself_again(again: int) -> None:
    deadlines = Deadlines()
    connection = Connection(deadlines, again)
    deadlines.add(connection, 3)
    run(deadlines, 3 + 4 * again)
    assert connection.due_at == [3 + again * number for number in range(5)]
