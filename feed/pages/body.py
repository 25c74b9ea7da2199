"""An entry as HTML that needs nothing of this site: for feeds, and for a coverage exported as a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from .media import media_type
from .words import direction_of, fill, words_for

Entry = Mapping[str, Any]


def body_writer(language: str, base_url: str) -> Callable[[Entry], str]:
    """What turns entries, as readers get them, into HTML. Addresses that begin with ``/`` are on `base_url`.

    `language` is the coverage's; what is in another one, or written from the right, says so itself, since a feed
    cannot say it for all programs.
    """
    template = environment().get_template("body.html")
    content = template.make_module({"base_url": base_url, "t": words_for(language)}).content  # type: ignore[attr-defined]

    def write(entry: Entry) -> str:
        own = entry.get("language", language)
        told = own if own != language or direction_of(own) == "rtl" else None
        return str(content(entry, told)).strip()

    return write


@cache
def environment(*packages: str) -> Environment:
    """For the templates of `packages` and for body.html. They are rendered with a `base_url` and the words as `t`."""
    loaders = [PackageLoader(package) for package in (*packages, "feed.pages")]
    made = Environment(loader=ChoiceLoader(loaders), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters.update(sanitised=_sanitised, absolute=_absolute, direction=direction_of, fill=fill)
    made.tests.update(playable=lambda block: media_type(block["url"], block["type"]) is not None)
    return made


def absolute(base_url: str, url: str) -> str:
    """Not `urljoin`: that refuses addresses which browsers only fail to open."""
    return base_url.rstrip("/") + url if url.startswith("/") else url


@pass_context
def _sanitised(context: Context, html: str) -> Markup:
    """For HTML that was sanitised when it was published: there `href` is the first attribute, and no text has a <."""
    base_url = context.get("base_url", "").rstrip("/")
    return Markup(html.replace('<a href="/', f'<a href="{Markup.escape(base_url)}/') if base_url else html)  # noqa: S704


@pass_context
def _absolute(context: Context, url: str) -> str:
    return absolute(context.get("base_url", ""), url)
