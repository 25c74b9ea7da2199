"""The elements a reader gets, and what becomes of all others."""

from __future__ import annotations


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


ELEMENTS = _set("p br ul ol li blockquote cite a em strong del ins s sub sup h3 h4 table thead tbody tr th td code pre")
INLINE_ELEMENTS = _set("a em strong del ins s sub sup code cite br")
ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "*": {"lang", "dir"},
}
SCHEMES = frozenset({"http", "https", "mailto", "tel"})

# A producer's element, and the one it becomes.
FORMATS = {tag: tag for tag in INLINE_ELEMENTS - {"br"}} | {
    "b": "strong",
    "i": "em",
    "strike": "s",
    "kbd": "code",
    "samp": "code",
    "tt": "code",
}
# An entry has its own headline and stands below the page's, so no heading is above the third level.
LEAVES = {"p": "p", "pre": "pre", "h1": "h3", "h2": "h3", "h3": "h3", "h4": "h4", "h5": "h4", "h6": "h4"}
LISTS = {"ul": "ul", "ol": "ol", "menu": "ul", "dir": "ul"}
SECTIONS = {"thead": "thead", "tbody": "tbody", "tfoot": "tbody"}
CELLS = frozenset({"td", "th"})
TABLE_PARTS = CELLS | SECTIONS.keys() | {"tr", "caption"}

# Blocks without a counterpart: what is in them becomes paragraphs of its own. Inline elements that are in none of
# these tables (span, u, font, small, mark, and the made-up ones) leave their contents where they were.
SCOPES = _set(
    "address article aside body center dd details dialog div dl dt fieldset figcaption figure footer form header "
    "hgroup html legend listing main nav optgroup option search section select summary textarea xmp"
)
BLOCKS = frozenset({"li", "blockquote", "table", "hr"}) | LEAVES.keys() | LISTS.keys() | TABLE_PARTS | SCOPES

# Left out with all that is in them.
UNSEEN = frozenset({"noscript", "template", "svg", "math"})
UNSEEN_TEXT = frozenset({"script", "style", "title", "noembed", "noframes"})
