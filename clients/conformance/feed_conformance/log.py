"""The log that a case speaks of: what a newsroom did, as the messages that a server makes of it.

Cursors are called c1, c2, … in the order of the log; what a client gets is made up, but has the form of the real ones.
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]

FURTHEST_BEHIND = 1_000
_BEGIN_MS = 1_795_400_000_000
_NAME = re.compile(r"c(\d+)")
_BEGIN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def cursor(name: str) -> str:
    """The cursor that goes by this name. As text, c10 sorts before c9: cursors are nothing to compare as text."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"{name!r} is no name of a cursor")
    number = int(match[1])
    return f"{_BEGIN_MS + 7 * (number // 12)}-{number % 12}"


def name_of(cursor: object) -> object:
    """The name of a cursor; anything else as it is."""
    match = re.fullmatch(r"(\d+)-(\d+)", cursor) if isinstance(cursor, str) else None
    if match is None:
        return cursor
    number = (int(match[1]) - _BEGIN_MS) // 7 * 12 + int(match[2])
    return f"c{number}"


def moment(second: int) -> str:
    at = _BEGIN + timedelta(seconds=second)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class State:
    """The page after one event."""

    coverage: Json = field(default_factory=dict)
    entries: dict[str, Json] = field(default_factory=dict)
    deleted: dict[str, str | None] = field(default_factory=dict)

    def copy(self) -> State:
        """Entries and heads are replaced, never changed: they need no copies."""
        return State(self.coverage, dict(self.entries), dict(self.deleted))

    def newest_first(self) -> list[Json]:
        return sorted(self.entries.values(), key=lambda entry: (entry["display_at"], entry["id"]), reverse=True)


class Log:
    """`events` are the messages of the log as it is now, by the name of their cursor."""

    def __init__(self, coverage: str = "c") -> None:
        self.coverage = coverage
        self.state = State()
        self.events: dict[str, Json] = {}
        self.states: dict[str, State] = {}
        self._all: dict[str, Json] = {}
        self._count = 0
        self._first = 1

    @property
    def tip(self) -> str:
        return next(reversed(self.events))

    @property
    def ended(self) -> bool:
        return bool(self.state.coverage.get("status") == "ended")

    # ------------------------------------------------------------ what the newsroom does

    def do(self, operation: Json) -> None:
        """One operation: its only key says which."""
        ((what, fields),) = operation.items()
        getattr(self, f"_do_{what}")(fields)

    def _do_create(self, fields: Json) -> None:
        self.state.coverage = {
            "id": self.coverage,
            "title": "T",
            "status": "live",
            "visibility": "public",
            "revision": 1,
            "created_at": moment(0),
            "updated_at": moment(0),
            "language": "en",
            "started_at": moment(0),
        } | fields
        if "starts_at" in fields:
            self.state.coverage["status"] = "scheduled"
            del self.state.coverage["started_at"]
        self._tell_head("coverage.changed")

    def _do_publish(self, fields: Json) -> None:
        times = fields.get("times", 1)
        if self.state.coverage["status"] == "scheduled":
            self._change_head(status="live", started_at=moment(self._count))
            self._tell_head("coverage.changed")
        for number in range(1, times + 1):
            at = moment(self._count)
            entry: Json = {"revision": 1, "status": "published"}
            entry |= {"blocks": [{"type": "text", "html": "<p>x</p>"}]}
            entry |= {"display_at": at, "published_at": at, "updated_at": at}
            entry |= {key: value for key, value in fields.items() if key not in ("times", "text")}
            if "text" in fields:
                entry["blocks"] = [{"type": "text", "html": f"<p>{fields['text']}</p>"}]
            if times > 1:
                entry["id"] = f"{fields['id']}{number:04d}"
            self.state.entries[entry["id"]] = entry
            self._tell("entry.published", entry["id"], entry=entry)

    def _do_revise(self, fields: Json) -> None:
        changed = {key: value for key, value in fields.items() if key not in ("id", "text", "correction")}
        if "text" in fields:
            changed["blocks"] = [{"type": "text", "html": f"<p>{fields['text']}</p>"}]
        if "correction" in fields:
            note = {"at": moment(self._count), "note": fields["correction"]}
            changed["corrections"] = [*self.state.entries[fields["id"]].get("corrections", []), note]
        self._replace(fields["id"], "entry.revised", changed)

    def _do_retract(self, fields: Json) -> None:
        retraction = {"at": moment(self._count), "reason": fields["reason"]}
        self._replace(fields["id"], "entry.retracted", {"status": "retracted", "retraction": retraction})

    def _do_delete(self, fields: Json) -> None:
        gone, reason = fields["id"], fields.get("reason")
        del self.state.entries[gone]
        self.state.deleted[gone] = reason
        tombstone = {"id": gone} | ({} if reason is None else {"reason": reason})
        # What was taken down is given out by no replay.
        for name, event in self.events.items():
            if event.get("entry", {}).get("id") == gone:
                place = {key: event[key] for key in ("cursor", "prev", "at")}
                self.events[name] = {"type": "entry.deleted"} | place | tombstone | {"entry": tombstone}
        self._append({"type": "entry.deleted"}, tombstone | {"entry": tombstone})
        if self.state.coverage.get("pin") == gone:
            self._change_head(pin=None)
            self._tell_head("coverage.changed")
        self._end_again()

    def _do_change(self, fields: Json) -> None:
        self._change_head(**fields)
        self._tell_head("coverage.changed")
        self._end_again()

    def _do_end(self, fields: Json) -> None:
        if "entry" in fields:
            self._do_publish(fields["entry"])
        changed = {key: value for key, value in fields.items() if key != "entry"}
        self._change_head(status="ended", ended_at=moment(self._count), **changed)
        self._tell_head("coverage.ended")

    def _do_reopen(self, _: Json) -> None:
        self._change_head(status="live", ended_at=None, successor=None)
        self._tell_head("coverage.reopened")

    # ------------------------------------------------------------ what befalls the store

    def _do_lose(self, fields: Json) -> None:
        """A failover loses everything after one event."""
        kept = [name for name in self.events if int(name[1:]) <= int(fields["after"][1:])]
        self.events = {name: self.events[name] for name in kept}
        self.state = self.states[kept[-1]].copy()

    def _do_trim(self, fields: Json) -> None:
        """The log is cut; the page is not."""
        names = list(self.events)[-fields["keep"] :]
        self.events = {name: self.events[name] for name in names}
        self._first = int(names[0][1:])

    # ------------------------------------------------------------ what a server says

    def hello(self, mode: str, at: str, reason: str | None = None) -> Json:
        hello: Json = {"type": "hello", "v": 1, "coverage": self.coverage, "mode": mode}
        if reason is not None:
            hello["reason"] = reason
        return hello | {"cursor": at, "heartbeat": 20}

    def snapshot(self, limit: int = 50, at: str | None = None) -> Json:
        """As it is now, or was after an earlier event."""
        state = self.state if at is None else self.states[at]
        entries = state.newest_first()
        place = self.tip if at is None else at
        if state.coverage["status"] == "ended" and place in self.events:
            place = self.events[place]["prev"]
        following = "more" if len(entries) > limit else None
        return {
            "type": "snapshot",
            "coverage": state.coverage,
            "entries": entries[:limit],
            "cursor": place,
            "next": following,
        }

    def mode(self, after: str | None) -> tuple[str, str | None]:
        """How a server that is asked with this cursor begins: the mode, and the reason of a reset."""
        if after is None:
            return "snapshot", None
        if after not in self.events:
            return "reset", "trimmed" if int(after[1:]) < self._first else "fork"
        return ("reset", "behind") if len(self.newer(after)) > FURTHEST_BEHIND else ("resumed", None)

    def newer(self, after: str) -> list[str]:
        names = list(self.events)
        return names[names.index(after) + 1 :]

    def opening(self, after: str | None, limit: int = 50) -> list[Json]:
        """Everything a server says to somebody who comes with this cursor."""
        mode, reason = self.mode(after)
        if mode == "resumed" and after is not None:
            newer = self.newer(after)
            told = [self.hello(mode, after), *(self.events[name] for name in newer)]
            over = self.ended
        else:
            snapshot = self.snapshot(limit)
            told = [self.hello(mode, snapshot["cursor"], reason), snapshot]
            over = self.ended
            if over:
                told.append(self.events[self.tip])
        return told if over else [*told, {"type": "live"}]

    # ------------------------------------------------------------ how an event is made

    def _change_head(self, **fields: Any) -> None:
        head = self.state.coverage | fields | {"revision": self.state.coverage["revision"] + 1}
        head["updated_at"] = moment(self._count)
        self.state.coverage = {key: value for key, value in head.items() if value is not None}

    def _replace(self, entry: str, type_: str, changed: Json) -> None:
        old = self.state.entries[entry]
        merged = old | changed | {"revision": old["revision"] + 1, "updated_at": moment(self._count)}
        self.state.entries[entry] = merged
        self._tell(type_, entry, entry=merged)
        self._end_again()

    def _end_again(self) -> None:
        """The end is always the last event of what has ended."""
        if self.ended:
            self._tell_head("coverage.ended")

    def _tell_head(self, type_: str) -> None:
        self._append({"type": type_}, {"coverage": self.state.coverage})

    def _tell(self, type_: str, _id: str, **carried: Any) -> None:
        self._append({"type": type_}, carried)

    def _append(self, type_: Json, carried: Json) -> None:
        before = self.tip if self.events else "c0"
        self._count += 1
        name = f"c{self._count}"
        place = {"cursor": name, "prev": before, "at": moment(self._count)}
        self.events[name] = deepcopy(type_ | place | carried)
        self.states[name] = self.state.copy()
        self._all[name] = self.events[name]

    def event(self, name: str) -> Json:
        """An event by its cursor's name, of those that were lost or trimmed too."""
        return self.events.get(name) or self._all[name]


def with_cursors(message: Any) -> Any:
    """The same with cursors in the place of their names."""
    if isinstance(message, dict):
        return {
            key: cursor(value)
            if key in _PLACES and isinstance(value, str) and _NAME.fullmatch(value)
            else value
            if key == "entry" or key == "entries" or key == "coverage"
            else with_cursors(value)
            for key, value in message.items()
        }
    return [with_cursors(item) for item in message] if isinstance(message, list) else message


_PLACES = ("cursor", "prev", "after")
