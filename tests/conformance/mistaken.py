"""The Python client with one mistake, as an adapter: python mistaken.py NAME"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from feed_client import Connections, Session, Timeline
from feed_client import connections as connections_module
from feed_client import session as session_module
from feed_client.session import Deliver, Reconnect, Send, Stop

ADAPTER = Path(__file__).parents[2] / "clients" / "conformance" / "adapters" / "python_adapter.py"
Mistake = Callable[[], None]


def patch(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    setattr(owner, name, make(getattr(owner, name)))


def stops_at_the_first_end() -> None:
    def make(original: Any) -> Any:
        def receive(self: Session, message: Any, now: float) -> Any:
            actions = original(self, message, now)
            return [*actions, Stop()] if message["type"] == "coverage.ended" else actions

        return receive

    patch(Session, "receive_message", make)


def takes_the_cursor_of_hello() -> None:
    def make(original: Any) -> Any:
        def receive(self: Session, message: Any, now: float) -> Any:
            if message["type"] == "hello":
                self.cursor = message.get("cursor", self.cursor)
            return original(self, message, now)

        return receive

    patch(Session, "receive_message", make)


def compares_cursors_as_text() -> None:
    def make(original: Any) -> Any:
        def change(self: Session, message: Any) -> Any:
            return [] if self.cursor is not None and str(message["cursor"]) <= self.cursor else original(self, message)

        return change

    patch(Session, "_receive_change", make)


def takes_a_duplicate_for_a_gap() -> None:
    patch(Session, "_remember", lambda original: lambda self, cursor: None)


def looks_at_no_prev() -> None:
    def make(_: Any) -> Any:
        def change(self: Session, message: Any) -> Any:
            if message["cursor"] in self._seen:
                return []
            self._advance(message["cursor"])
            return [Deliver(message)]

        return change

    patch(Session, "_receive_change", make)


def ignores_events_of_unknown_type() -> None:
    def make(original: Any) -> Any:
        def change(self: Session, message: Any) -> Any:
            return [] if message["type"] == "entry.applauded" else original(self, message)

        return change

    patch(Session, "_receive_change", make)


def keeps_old_entries_at_a_reset() -> None:
    def make(original: Any) -> Any:
        def restart(self: Timeline, message: Any) -> Any:
            before = dict(self._known)
            changed = original(self, message)
            self._known = before | self._known
            return changed

        return restart

    patch(Timeline, "_restart", make)


def keeps_the_higher_revision_at_a_reset() -> None:
    def make(original: Any) -> Any:
        def restart(self: Timeline, message: Any) -> Any:
            before = dict(self._known)
            changed = original(self, message)
            for id_, entry in before.items():
                if id_ in self._known and entry["revision"] > self._known[id_]["revision"]:
                    self._known[id_] = entry
            return changed

        return restart

    patch(Timeline, "_restart", make)


def sorts_by_arrival() -> None:
    def make(_: Any) -> Any:
        return property(lambda self: list(reversed(self._known.values())))

    patch(Timeline, "entries", make)


def backs_off_without_jitter() -> None:
    patch(session_module, "backoff", lambda original: lambda attempt, chance: original(attempt, 1.0))


def counts_from_anew_at_hello() -> None:
    def make(original: Any) -> Any:
        def receive(self: Session, message: Any, now: float) -> Any:
            if message["type"] == "hello":
                self._attempts = 0
            return original(self, message, now)

        return receive

    patch(Session, "receive_message", make)


def treats_advice_as_the_wait() -> None:
    patch(session_module, "after_advice", lambda _: lambda advised, attempt, chance: advised)


def pings_before_hello() -> None:
    def make(original: Any) -> Any:
        def opened(self: Connections, number: int, now: float) -> Any:
            return [*original(self, number, now), connections_module.Write(number, {"type": "ping"})]

        return opened

    patch(Connections, "receive_open", make)


def leaves_the_old_connection_when_the_new_one_is_open() -> None:
    def make(original: Any) -> Any:
        def opened(self: Connections, number: int, now: float) -> Any:
            if number != self._next:
                return original(self, number, now)
            old, self._current, self._next = self._current, number, None
            return [connections_module.Drop(old), *original(self, number, now)] if old else []

        return opened

    patch(Connections, "receive_open", make)


def stops_at_codes_it_does_not_know() -> None:
    def make(original: Any) -> Any:
        def closed(self: Session, code: int | None, reason: str) -> Any:
            known = code is None or code < 4000 or code in (4001, 4003, 4004, 4009, 4101, *range(4201, 4206))
            return original(self, code, reason) if known else Stop()

        return closed

    patch(Session, "receive_close", make)


def shows_what_was_taken_down_again() -> None:
    def make(original: Any) -> Any:
        def keep(self: Timeline, entry: Any) -> Any:
            self._deleted.pop(entry["id"], None)
            return original(self, entry)

        return keep

    patch(Timeline, "_keep", make)


def shows_what_is_below_the_loaded_part() -> None:
    def make(original: Any) -> Any:
        def restart(self: Timeline, message: Any) -> Any:
            changed = original(self, message)
            self._oldest = None
            return changed

        return restart

    patch(Timeline, "_restart", make)


def leaves_unasked_after_a_sleep() -> None:
    patch(Session, "receive_wake", lambda _: lambda self, now: [Reconnect(0.0, "slept")])


def never_pings() -> None:
    def make(original: Any) -> Any:
        def timer(self: Session, now: float) -> Any:
            actions = original(self, now)
            if any(isinstance(action, Send) for action in actions):
                self._heard_at, self._asked_at = now, None
            return [action for action in actions if not isinstance(action, Send)]

        return timer

    patch(Session, "receive_timer", make)


def shows_its_token_once() -> None:
    def make(original: Any) -> Any:
        def opened(self: Connections, number: int, now: float) -> Any:
            said = original(self, number, now)
            self._token = None
            return said

        return opened

    patch(Connections, "receive_open", make)


MISTAKES: dict[str, Mistake] = {
    make.__name__: make
    for make in (
        stops_at_the_first_end,
        takes_the_cursor_of_hello,
        compares_cursors_as_text,
        takes_a_duplicate_for_a_gap,
        looks_at_no_prev,
        ignores_events_of_unknown_type,
        keeps_old_entries_at_a_reset,
        keeps_the_higher_revision_at_a_reset,
        sorts_by_arrival,
        backs_off_without_jitter,
        counts_from_anew_at_hello,
        treats_advice_as_the_wait,
        pings_before_hello,
        leaves_the_old_connection_when_the_new_one_is_open,
        stops_at_codes_it_does_not_know,
        shows_what_was_taken_down_again,
        shows_what_is_below_the_loaded_part,
        leaves_unasked_after_a_sleep,
        never_pings,
        shows_its_token_once,
    )
}


if __name__ == "__main__":
    MISTAKES[sys.argv[1]]()
    spec = importlib.util.spec_from_file_location("python_adapter", ADAPTER)
    if spec is None or spec.loader is None:
        sys.exit(f"{ADAPTER} cannot be loaded")
    adapter = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(adapter)
    adapter.main()
