"""The sanitiser: the last that any HTML goes through, whatever made it, and the shapes it may be given at once."""

from __future__ import annotations

import nh3
import regex

from feed.errors import InvalidInput

from .vocabulary import ATTRIBUTES, ELEMENTS, INLINE_ELEMENTS, SCHEMES, UNSEEN, UNSEEN_TEXT

MAX_HTML = 200_000

_BETWEEN_BLOCKS = regex.compile(r">[ \t\n]+<(?=(?:p|h[34]|[uo]l|li|/[uo]l)>)")


def _own_path(address: str) -> str | None:
    """A browser takes //host and /\\host for another site."""
    return address if address.startswith("/") and address[1:2] not in ("/", "\\") else None


def _cleaner(elements: frozenset[str]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(elements),
        clean_content_tags=set(UNSEEN | UNSEEN_TEXT),
        attributes={name: set(allowed) for name, allowed in ATTRIBUTES.items() if name in elements or name == "*"},
        url_schemes=set(SCHEMES),
        url_relative=_own_path,
        # noopener: the page that a link opens cannot turn the reader's own tab into something else. noreferrer: it does
        # not learn the address of a coverage that is not listed.
        link_rel="noopener noreferrer",
    )


# Building one takes longer than cleaning an entry.
_BLOCKS = _cleaner(ELEMENTS)
_INLINE = _cleaner(INLINE_ELEMENTS)


def sanitised(html: str) -> str:
    """Only for HTML that is well formed: the time it takes grows with the square of the nesting.

    Raises InvalidInput for more than `MAX_HTML` characters, which no block holds."""
    return _cleaned(_BLOCKS, html)


def sanitised_inline(html: str) -> str:
    return _cleaned(_INLINE, html)


def _cleaned(cleaner: nh3.Cleaner, html: str) -> str:
    # Before, because it grows with the square of references in one text, too: 22 s for 1 MB of non-breaking spaces.
    _check_length(len(html) + html.count("\xa0") * len("&nbsp"))
    cleaned = cleaner.clean(html)
    _check_length(len(cleaned))
    return cleaned


def may_be_linked(address: str) -> bool:
    """Whether the sanitiser keeps it: it knows which hosts there cannot be. Without its address a link is nothing."""
    quoted = address.replace("&", "&amp;").replace('"', "&quot;")
    return "href" in _INLINE.clean(f'<a href="{quoted}">x</a>')


def _check_length(length: int) -> None:
    if length > MAX_HTML:
        raise InvalidInput(f"A text has more than {MAX_HTML:,} characters of HTML. Split it over several entries.")


def _element(names: str, inner: str, group: str) -> str:
    return rf"<(?P<{group}> {names} )> {inner} </(?P={group})>"


def _run(group: str) -> str:
    """Text with formats and links in it, two deep, that neither begins nor ends with what is trimmed off.

    Its first character decides what each part is, so failing takes linear time. Nothing possessive is put around a
    group that captures: that raises SystemError in Python 3.11."""
    text = (
        r"[^<>&]++ | &(?: (?=\s) | (?: amp | lt | gt | quot | nbsp | [lr][sd]quo | [mn]dash | hellip | \#8[0-9]{3} ); )"
    )
    href = r"""https?://[A-Za-z0-9][A-Za-z0-9.\-]*+ (?: /(?:[A-Za-z0-9._~:/?\#@!$'()*+,;=%\-]|&amp;)*+ )?+"""
    names = "em | strong | del | ins | s | sub | sup | code | cite"

    def link(inner: str) -> str:
        return rf'<a[ ]href="{href}"(?:[ ]rel="noopener[ ]noreferrer")?+> {inner} </a>'

    formatted = _element(names, rf"(?: {text} | {link(f'(?: {text} )++')} )+", group)
    linked = link(rf"(?: {text} | {_element(names, f'(?: {text} )++', group + '_in_link')} )+")
    begin = r"(?= (?: <(?!br)[a-z][^<>]*+> )*+ (?: [^\s<&\u200b-\u200d\u2060\ufeff] | &(?!nbsp|\#820[3-5]) ) )"
    return rf"{begin} (?: {text} | <br[ ]?/?> | {formatted} | {linked} )+ (?<![ \t\n]) (?<!<br>) (?<!/>)"


# Most entries are paragraphs and lists as editors write them, well formed. Parsing would give the very same HTML, as a
# property test makes sure, at ten times the cost.
_SPACE = r"[ \t\n]*+"
_PARAGRAPH = _element("p | h3 | h4", _run("in_p"), "paragraph")
_ITEMS = rf"{_SPACE} (?: <li> {_run('in_li')} </li> {_SPACE} )+"
_SIMPLE_BLOCKS = regex.compile(
    rf"{_SPACE} (?: (?: {_PARAGRAPH} | {_element('ul | ol', _ITEMS, 'list')} ) {_SPACE} )+", regex.VERBOSE
)
_SIMPLE_INLINE = regex.compile(_run("format"), regex.VERBOSE)


def sanitised_if_simple(html: str) -> str | None:
    """The sanitised HTML of `html` when it is simple enough to need no parsing, else None."""
    html = _renamed(html)
    if _SIMPLE_BLOCKS.fullmatch(html) is None:
        return None
    return _unless_link_lost(sanitised(_BETWEEN_BLOCKS.sub("><", html.strip(" \t\n"))))


def sanitised_inline_if_simple(html: str) -> str | None:
    html = _renamed(html)
    return _unless_link_lost(sanitised_inline(html)) if _SIMPLE_INLINE.fullmatch(html) else None


def _unless_link_lost(html: str) -> str | None:
    return None if "<a rel=" in html else html


def _renamed(html: str) -> str:
    if "<b>" in html:
        html = html.replace("<b>", "<strong>").replace("</b>", "</strong>")
    if "<i>" in html:
        html = html.replace("<i>", "<em>").replace("</i>", "</em>")
    return html
