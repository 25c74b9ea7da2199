"""The formats by name, and how to tell which one a file is in."""

from __future__ import annotations

from typing import Any, Protocol

import regex

from feed.content.characters import without_controls
from feed.errors import FeedError, ImportFormatError

from . import atom, guardian, jsonfeed, jsonld, livepage, own, rss, superdesk
from .imported import Imported
from .linkeddata import types_of
from .source import decoded, json_document


class _Reader(Protocol):
    def __call__(self, data: bytes, *, name: str = ...) -> Imported: ...


_READERS: dict[str, _Reader] = {
    "feed": own.read,
    "livepage": livepage.read,
    "jsonld": jsonld.read,
    "jsonfeed": jsonfeed.read,
    "rss": rss.read,
    "atom": atom.read,
    "guardian": guardian.read,
    "superdesk": superdesk.read,
}
FORMATS = tuple(_READERS)
_ROOT = regex.compile(
    r"\s*(?:<\?xml[^>]*+>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*+(?:\[[^\]]*+\][^>]*+)?>\s*)*+<([A-Za-z][\w.\-:]*)",
    regex.DOTALL | regex.IGNORECASE,
)
_XML = {"rss": "rss", "rdf:RDF": "rss", "feed": "atom", "atom:feed": "atom"}


def read(data: bytes, *, format: str | None = None, name: str = "") -> Imported:  # noqa: A002
    """The live page in a file. `name` is the file's: it becomes the title where the file gives none.

    Without `format`, one of `FORMATS`, it is told from the content. Raises ImportFormatError, and nothing else: it says
    what was found in the file and what is allowed."""
    if format is not None and format not in _READERS:
        raise ImportFormatError(f"There is no format {format!r}. Allowed: {', '.join(FORMATS)}.", allowed=list(FORMATS))
    try:
        return _READERS[format or recognised(data)](data, name=name)
    except RecursionError:
        raise ImportFormatError("The file is nested too deeply.") from None
    except FeedError as error:
        # It quotes the file, which may hold what no terminal can show.
        raise ImportFormatError(without_controls(error.detail), **error.extra) from None


def recognised(data: bytes) -> str:
    """The name of the format that `data` is in."""
    text = decoded(data)[0]
    start = text.lstrip()
    if not start:
        raise ImportFormatError("The file is empty.")
    if start[0] == "<":
        found = _ROOT.match(start)
        root = found[1] if found else ""
        return _XML.get(root) or _XML.get(root.lower()) or "jsonld"
    if start[0] in "{[" and (found_in := _json_format(text)):
        return found_in
    if livepage.looks_like(text):
        return "livepage"
    raise ImportFormatError(
        f"The file begins {start[:60].splitlines()[0]!r}, which is no format that can be imported. "
        f"Allowed: {', '.join(FORMATS)}. In the plain text of a live page each entry begins with a line such as: "
        "- 28 Sep 2023 - 16:27(16:27 GMT)",
        allowed=list(FORMATS),
    )


def _json_format(text: str) -> str | None:
    """None where `text` is no JSON at all: a plain text, too, may begin with a bracket."""
    try:
        document = json_document(text)
    except ImportFormatError:
        if livepage.looks_like(text):
            return None
        raise
    if isinstance(document, dict) and document.get("format") == own.FORMAT:
        return "feed"
    if jsonfeed.is_one(document):
        return "jsonfeed"
    if guardian.is_one(document):
        return "guardian"
    if superdesk.posts_in(document):
        return "superdesk"
    if _holds_live_blog(document):
        return "jsonld"
    shape = (
        f"an object with {', '.join(list(document)[:8]) or 'nothing in it'}" if isinstance(document, dict) else "a list"
    )
    raise ImportFormatError(
        f"The file is JSON, {shape}, but neither a LiveBlogPosting of schema.org, a JSON Feed, nor an export of ours. "
        f"Allowed: {', '.join(FORMATS)}.",
        allowed=list(FORMATS),
    )


def _holds_live_blog(document: Any) -> bool:
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "LiveBlogPosting" in types_of(value):
                return True
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return False
