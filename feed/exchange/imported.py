"""What an importer hands over: drafts as a producer sends them, and a note on everything that did not fit."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

NoteKind = Literal["left_out", "changed", "assumed"]


class Note(Struct, frozen=True, kw_only=True):
    """Something that was not carried over as it stood. `line` counts from 1, where the file has lines that matter.

    `where` is for people, as in ``entry 5, image 2``; entries are counted in the order of the file.
    """

    kind: NoteKind
    where: str
    message: str
    line: int | None = None
    excerpt: str = ""


class Imported(Struct, frozen=True, kw_only=True):
    """A coverage in the words of the HTTP interface. Each part fits its draft (see feed.drafts).

    - `coverage`: a coverage draft without id;
    - `entries`: entry drafts, oldest first, each with ``id`` and ``display_at``. Published in this order, they make
      the timeline of the file; the same file always gives the same ids;
    - `retractions`: entry id to retraction draft, for entries that were published and then withdrawn;
    - `pin`: the id of the pinned entry;
    - `ending`: the body that ends the coverage, if the file says that it is closed.
    """

    format: str
    coverage: dict[str, Any]
    entries: list[dict[str, Any]]
    retractions: dict[str, dict[str, Any]] = field(default_factory=dict)
    pin: str | None = None
    ending: dict[str, Any] | None = None
    notes: list[Note] = field(default_factory=list)
