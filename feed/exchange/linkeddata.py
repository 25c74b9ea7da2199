"""JSON-LD in a file: by itself, within other JSON, or in the scripts of an HTML page."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from feed.errors import ImportFormatError

from .fields import items_of
from .ledger import Ledger
from .source import json_document

_SCRIPT = re.compile(r"<!--.*?(?:-->|\Z)|<script(?=[\s>])([^>]*+)>", re.IGNORECASE | re.DOTALL)
_SCRIPT_END = re.compile(r"</script", re.IGNORECASE)
_LINKED_DATA = re.compile(r"""type\s*=\s*["']?\s*application/ld\+json""", re.IGNORECASE)
_LANGUAGE = re.compile(r"""<html(?=\s)[^>]*?\slang\s*=\s*["']?([A-Za-z0-9\-]+)""", re.IGNORECASE)
_WRAPPING = re.compile(
    r"^\s*(?:<!--|/\*\s*<!\[CDATA\[\s*\*/|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/|\]\]>|;)\s*$"
)
_PREFIX = re.compile(r"^(?:https?://schema\.org/|schema:)")

Node = dict[str, Any]


class LinkedData:
    """All nodes of a file. `language` is the page's own, where it is an HTML page that says so."""

    def __init__(self, text: str, ledger: Ledger) -> None:
        self.language: str | None = None
        documents = self._scripts(text, ledger) if text.lstrip()[:1] == "<" else [json_document(text)]
        self.nodes = _nodes(documents)
        self._by_id: dict[str, Node] = {}
        for node in self.nodes:
            name = node.get("@id")
            # A mere reference to a node looks like one, with nothing in it.
            if isinstance(name, str) and len(node) > len(self._by_id.get(name, ())):
                self._by_id[name] = node

    def of_type(self, name: str) -> list[Node]:
        return [node for node in self.nodes if name in types_of(node)]

    def resolved(self, value: Any) -> Any:
        """The node that a bare reference (``{"@id": …}``) means; anything else as it is."""
        if isinstance(value, dict) and isinstance(name := value.get("@id"), str) and set(value) <= {"@id", "@type"}:
            return self._by_id.get(name, value)
        return value

    def _scripts(self, html: str, ledger: Ledger) -> list[Any]:
        found = _LANGUAGE.search(html[:5_000])
        self.language = found[1] if found else None
        documents: list[Any] = []
        position = 0
        failure: ImportFormatError | None = None
        while script := _SCRIPT.search(html, position):
            position = script.end()
            if script[1] is None:
                continue
            end = _SCRIPT_END.search(html, position)
            source = html[position : end.start() if end else len(html)]
            if _LINKED_DATA.search(script[1]):
                line = html.count("\n", 0, position) + 1
                try:
                    documents.append(_script(source))
                except ImportFormatError as error:
                    failure = ImportFormatError(f"In the JSON-LD that begins on line {line}: {error.detail}")
                    ledger.left_out("page", f"JSON-LD that cannot be read: {error.detail}", line=line, excerpt=source)
            position = end.start() if end else len(html)
        if failure is not None and not documents:
            raise failure
        return documents


def types_of(node: Node) -> list[str]:
    return [_PREFIX.sub("", kind) for kind in items_of(node.get("@type")) if isinstance(kind, str)]


def _script(source: str) -> Any:
    source = _WRAPPING.sub("", _WRAPPING.sub("", source)).strip()
    try:
        return json_document(source)
    except ImportFormatError:
        if "&quot;" not in source:
            raise
        return json_document(unescape(source))


def _nodes(documents: list[Any]) -> list[Node]:
    """In the order of the file. Names of properties are given without schema.org's own prefix."""
    nodes: list[Node] = []
    waiting: list[Any] = documents[::-1]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for name in [name for name in value if _PREFIX.match(name)]:
                value.setdefault(_PREFIX.sub("", name), value.pop(name))
            nodes.append(value)
            waiting.extend(reversed(value.values()))
        elif isinstance(value, list):
            waiting.extend(reversed(value))
    return nodes
