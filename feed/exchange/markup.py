"""XML as a tree with line numbers. A document type is refused: with it come entities, which can grow without end."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from xml.parsers import expat

from feed.errors import ImportFormatError

_DEEPEST = 200
_NAMESPACES = {
    "http://www.w3.org/2005/Atom": "atom:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dcterms:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "http://www.w3.org/1999/xhtml": "xhtml:",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf:",
    "http://www.w3.org/XML/1998/namespace": "xml:",
    "http://purl.org/rss/1.0/": "",
}
_VOID = frozenset({"br", "img", "hr", "source"})


class Element:
    """`name` has a short prefix for a namespace known here, as in ``dc:creator``; other prefixes are the namespace."""

    def __init__(self, name: str, attributes: dict[str, str], line: int) -> None:
        self.name = name
        self.attributes = attributes
        self.line = line
        self.children: list[Element | str] = []

    def elements(self, *names: str) -> Iterator[Element]:
        """Its children of these names, or all; not theirs."""
        for child in self.children:
            if isinstance(child, Element) and (not names or child.name in names):
                yield child

    def first(self, *names: str) -> Element | None:
        """The first child of the first name that there is one of."""
        return next((child for name in names for child in self.elements(name)), None)

    def words(self, *names: str) -> str:
        """The text of `first`; without names its own."""
        found = self.first(*names) if names else self
        return "" if found is None else "".join(found._strings()).strip()

    def inner_html(self) -> str:
        return "".join(escape(c, quote=False) if isinstance(c, str) else c._html() for c in self.children)

    def _strings(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            else:
                yield from child._strings()

    def _html(self) -> str:
        tag = self.name.rpartition(":")[2]
        attributes = "".join(f' {name}="{escape(value)}"' for name, value in self.attributes.items() if ":" not in name)
        return f"<{tag}{attributes}>" + ("" if tag in _VOID else f"{self.inner_html()}</{tag}>")


def root_of(data: bytes) -> Element:
    """Raises ImportFormatError naming the line."""
    # White space before the XML declaration is not allowed, and common.
    stripped = data.lstrip(b" \t\r\n")
    above = data[: len(data) - len(stripped)].count(b"\n")
    root = Element("", {}, 0)
    open_elements = [root]
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(open_elements) > _DEEPEST:
            raise ImportFormatError(
                f"Line {parser.CurrentLineNumber + above}: the XML is nested more than {_DEEPEST} deep."
            )
        own = {_short(attribute): value for attribute, value in attributes.items()}
        element = Element(_short(name), own, parser.CurrentLineNumber + above)
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def refuse(*_: object) -> None:
        raise ImportFormatError(
            f"Line {parser.CurrentLineNumber + above}: a document type is declared, which is not accepted. Take it out."
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_elements.pop()
    parser.CharacterDataHandler = lambda text: open_elements[-1].children.append(text)
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(stripped, True)
    except expat.ExpatError as error:
        raise ImportFormatError(
            f"Line {error.lineno + above} is not well-formed XML: {expat.ErrorString(error.code)}."
        ) from None
    except (LookupError, ValueError):
        raise ImportFormatError("The XML is in an encoding that cannot be read. Save it as UTF-8.") from None
    return next(root.elements())


def _short(name: str) -> str:
    namespace, _, local = name.rpartition(" ")
    return f"{_NAMESPACES.get(namespace, namespace + ':')}{local}" if namespace else local
