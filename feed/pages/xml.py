"""Documents in XML: feeds as Atom (RFC 4287) and as RSS 2.0, and the sitemap."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import escape

from feed.content.characters import without_controls

from .syndication import Feed


def atom(feed: Feed) -> bytes:
    return document("atom.xml", feed=feed)


def rss(feed: Feed) -> bytes:
    """Who wrote, all pictures and the last change are in elements of the extensions that newsrooms use."""
    return document("rss.xml", feed=feed)


def document(template: str, **values: Any) -> bytes:
    """UTF-8. A character that XML cannot carry (section 2.2) is left out, else nobody could read the rest."""
    return without_controls(_environment().get_template(template).render(**values)).encode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("feed.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(rfc822=_rfc822, as_html=_as_html)
    return environment


def _rfc822(moment: str) -> str:
    return format_datetime(datetime.fromisoformat(moment), usegmt=True)


def _as_html(text: str) -> str:
    """Text where HTML is expected, to be escaped once more as XML."""
    return str(escape(text))
