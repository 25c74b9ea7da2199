"""The page as it stands, folded from messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from .message import Entry, Json, Message

Place = tuple[str, str]


class Timeline:
    """Entries newest first by `(display_at, id)`, the head of the coverage, and whether it has ended.

    Feed it every message of `follow`. The outcome does not depend on their order, nor on how often each comes: of an
    entry and of the head the highest revision counts, and what was deleted stays deleted.

    Entries have the fields of an `Entry`, the head those of a `Coverage`: lists that are empty are left out of them.

    A snapshot holds the newest entries only. Changes to entries below it are kept but not shown until `add_page` has
    brought the pages between, so that `entries` never has a hole.
    """

    def __init__(self) -> None:
        self.coverage: Json | None = None
        """The head: title, status, summary, key points …; None before the first message that carries it."""
        self.cursor: str | None = None
        """Everything up to here has been folded in."""
        self.next: str | None = None
        """What to ask the next older page with (`before`); None: all entries are here."""
        self.live = False
        """The server has said that nothing newer was waiting."""
        self._known: dict[str, Json] = {}
        self._deleted: dict[str, str | None] = {}
        self._oldest: Place | None = None
        self._ahead: dict[str, str] = {}
        self._sorted: list[Json] | None = None

    @property
    def entries(self) -> list[Json]:
        if self._sorted is None:
            shown = (entry for entry in self._known.values() if self._oldest is None or place(entry) >= self._oldest)
            self._sorted = sorted(shown, key=place, reverse=True)
        return list(self._sorted)

    @property
    def ended(self) -> bool:
        return self.coverage is not None and self.coverage.get("status") == "ended"

    @property
    def successor(self) -> Json | None:
        """`{title, url}` of the page that continues an ended coverage."""
        return (self.coverage or {}).get("successor") if self.ended else None

    @property
    def pinned(self) -> Json | None:
        """The pinned entry, where it is known."""
        return self._known.get((self.coverage or {}).get("pin") or "")

    def entry(self, id: str) -> Json | None:  # noqa: A002 - the field's own name
        return self._known.get(id)

    def was_deleted(self, id: str) -> bool:  # noqa: A002
        return id in self._deleted

    def apply(self, message: Message) -> bool:
        """Fold one message in; whether that changed anything. Types it does not know are passed over."""
        changed = False
        match message["type"]:
            case "snapshot":
                changed = self._restart(message)
            case "live" | "hello":
                self.live = message["type"] == "live"
            case "entry.published" | "entry.revised" | "entry.retracted" if isinstance(message.get("entry"), dict):
                changed = self._keep(cast(Json, message["entry"]))
            case "entry.deleted" if "id" in message:
                changed = self._remove(message["id"], message.get("reason"))
            case "coverage.changed" | "coverage.ended" | "coverage.reopened" if isinstance(
                message.get("coverage"), dict
            ):
                changed = self._keep_head(message["coverage"])
        if "prev" in message and "cursor" in message:
            self._follow_chain(message["prev"], message["cursor"])
        return changed

    def add_page(self, page: Any) -> None:
        """Fold in an older page, as `Producer.page` gives it for `before=timeline.next`."""
        entries: list[Json] = page["entries"]
        for entry in entries:
            self._keep(entry)
        self.next = page.get("next")
        self._oldest = None if self.next is None or not entries else min(map(place, entries))
        self._sorted = None

    def as_snapshot(self) -> Message:
        """A message that brings an empty timeline to this state: to keep on disk, together with its cursor."""
        message: Message = {"type": "snapshot", "entries": cast(list[Entry], self.entries), "next": self.next}
        if self.cursor is not None:
            message["cursor"] = self.cursor
        if self.coverage is not None:
            message["coverage"] = self.coverage
        return message

    def _restart(self, message: Message) -> bool:
        entries = cast(Iterable[Json], message["entries"])
        self._deleted.clear()
        self._ahead.clear()
        self._known = {entry["id"]: entry for entry in entries}
        self.coverage = message.get("coverage")
        self.cursor = message.get("cursor")
        self.next = message.get("next")
        self._oldest = None if self.next is None else min(map(place, self._known.values()), default=None)
        self._sorted = None
        return True

    def _keep(self, entry: Json) -> bool:
        known = self._known.get(entry["id"])
        if entry["id"] in self._deleted or (known is not None and known["revision"] >= entry["revision"]):
            return False
        self._known[entry["id"]] = entry
        self._sorted = None
        return True

    def _remove(self, id_: str, reason: str | None) -> bool:
        if id_ in self._deleted:
            return False
        self._deleted[id_] = reason
        self._known.pop(id_, None)
        self._sorted = None
        return True

    def _keep_head(self, coverage: Json) -> bool:
        if self.coverage is not None and coverage["revision"] < self.coverage["revision"]:
            return False
        changed = coverage != self.coverage
        self.coverage = coverage
        return changed

    def _follow_chain(self, prev: str, cursor: str) -> None:
        if self.cursor is None:
            self.cursor = prev
        self._ahead[prev] = cursor
        while (following := self._ahead.pop(self.cursor, None)) is not None:
            self.cursor = following


def place(entry: Json) -> Place:
    """Where an entry stands: larger is newer."""
    return entry["display_at"], entry["id"]
