"""The reader's page as HTML, complete without any script. No store, no request: values in, text out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from feed.model import Adverts, Audio, Block, Coverage, Entry, Picture, Video, moment_from
from feed.zones import zone_named

from .body import absolute
from .plain import excerpt, plain_body, plain_text
from .posting import first_picture, live_blog_posting
from .times import Clock
from .words import direction_of, fill, words_for

# What a <video> or <audio> can play; any other address of a film or a recording is a page about it. render.js has the
# same: no parser of addresses, which not every address that was kept earlier may suit.
_PLAYABLE = re.compile(
    r"(?:https?://[^/?#]*)?/[^?#]*\.(?:mp4|m4v|webm|ogv|mov|m3u8|mp3|m4a|aac|ogg|oga|opus|wav|flac)(?![^?#])",
    re.IGNORECASE | re.ASCII,
)
# Labels that a page offers to filter by; filter.js knows the same number.
_MOST_LABELS = 11
_MODULES = (
    "adverts",
    "announce",
    "element",
    "filter",
    "glide",
    "guide",
    "head",
    "keys",
    "missing",
    "patch",
    "pin",
    "place",
    "render",
    "sdk/backoff",
    "sdk/connection",
    "sdk/errors",
    "sdk/lifecycle",
    "sdk/session",
    "silence",
    "time",
    "timeline",
    "turns",
    "words",
)


@dataclass(frozen=True)
class PageView:
    """What one page shows. `cursor` is the place in the log up to which `entries` are right.

    `public_url` is the origin readers use, without a slash at its end. `focus` is the entry of a permalink. `before`
    is the token of an older page, None on the newest one: there new entries are announced, not inserted.
    """

    coverage: Coverage
    entries: Sequence[Entry]
    cursor: str
    next: str | None
    pinned: Entry | None
    public_url: str
    now: datetime
    focus: str | None = None
    before: str | None = None


@dataclass(frozen=True)
class _Sharing:
    """What a link preview shows."""

    title: str
    description: str
    url: str
    image: Picture | None


def render_coverage(view: PageView) -> str:
    coverage = view.coverage
    words = words_for(coverage.language)
    focused = next((entry for entry in (*view.entries, view.pinned) if entry and entry.id == view.focus), None)
    return (
        _environment()
        .get_template("coverage.html")
        .render(
            view=view,
            coverage=coverage,
            focused=focused,
            begins_later=coverage.starts_at is not None and coverage.starts_at > moment_from(view.now),
            # A permalink shows one of the coverage's pages, wherever it begins.
            canonical=_address(view.public_url, coverage.id, None if view.focus else view.before),
            sharing=_sharing(view, focused),
            posting=live_blog_posting(coverage, view.entries, view.public_url),
            key_events=[entry for entry in view.entries if entry.key_event and entry.retraction is None],
            filters=_filters(view.entries),
            adverts=_adverts(coverage.adverts, words),
            modules=_MODULES,
            **_page(coverage.language, words, Clock(words, zone_named(coverage.timezone))),
        )
    )


def _filters(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """What a reader may choose to see: ("key", "") and ("label", its text), as far as there are entries for it."""
    labels = dict.fromkeys(label for entry in entries for label in entry.labels)
    keys = [("key", "")] if any(entry.key_event for entry in entries) else []
    return [*keys, *(("label", label) for label in list(labels)[:_MOST_LABELS])]


def _adverts(plan: Adverts | None, words: Mapping[str, Any]) -> dict[str, Any] | None:
    if plan is None:
        return None
    return {"every": plan.every, "label": plan.label or words["advertisement"], "height": plan.height}


def render_index(coverages: Sequence[Coverage], public_url: str, language: str = "en") -> str:
    """Live ones first, then what comes, then what has ended; the newest of each first, but the next to come first."""
    words = words_for(language)

    def newest(coverage: Coverage) -> str:
        return coverage.ended_at or coverage.started_at or coverage.created_at

    groups = {
        "live": sorted((c for c in coverages if c.status == "live"), key=newest, reverse=True),
        "scheduled": sorted(
            (c for c in coverages if c.status == "scheduled"), key=lambda c: c.starts_at or c.created_at
        ),
        "ended": sorted((c for c in coverages if c.status == "ended"), key=newest, reverse=True),
    }
    return (
        _environment()
        .get_template("index.html")
        .render(
            groups=groups,
            public_url=public_url,
            **_page(language, words, Clock(words)),
        )
    )


def render_problem(status: int, title: str, detail: str, language: str = "en") -> str:
    """In other languages than English what to do is said in general: an error's own words are written in English."""
    words = words_for(language)
    if language != "en":
        kind = "not_found" if status in (404, 410) else "trouble"
        title, detail = words[f"{kind}_title"], words[kind]
    return (
        _environment()
        .get_template("problem.html")
        .render(status=status, title=title, detail=detail, **_page(language, words, Clock(words)))
    )


def _page(language: str, words: Mapping[str, Any], clock: Clock) -> dict[str, Any]:
    return {"language": language, "direction": direction_of(language), "t": words, "clock": clock}


def _address(public_url: str, coverage: str, before: str | None = None) -> str:
    older = f"?before={_encoded(before)}" if before else ""
    return f"{public_url}/c/{coverage}{older}"


def _sharing(view: PageView, focused: Entry | None) -> _Sharing:
    coverage = view.coverage
    page = _address(view.public_url, coverage.id)
    about = plain_text(coverage.summary or "") or plain_text(" ".join(coverage.key_points))
    if focused is None:
        return _Sharing(coverage.title, excerpt(about), page, coverage.image)
    body = focused.retraction.reason if focused.retraction else plain_body(focused)
    return _Sharing(
        title=focused.headline or excerpt(body, 90) or coverage.title,
        description=excerpt(body or about),
        url=f"{page}/e/{focused.id}",
        image=(None if focused.retraction else first_picture(focused)) or coverage.image,
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("feed.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        fill=fill,
        sanitised=Markup,  # only for HTML that was sanitised when the value was made
        json=_json,
        direction=direction_of,
        absolute=absolute,
        encoded=_encoded,
        tag=_tag,
    )
    environment.tests.update(playable=_playable)
    return environment


def _json(value: Any) -> Markup:
    """JSON for a data block: nothing in it can end the script element, or open a comment (HTML section 4.12.1.3)."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704


def _encoded(text: str) -> str:
    """For one value of a query; Jinja's own filter leaves slashes as they are."""
    return quote(text, safe="")


def _tag(block: Block) -> str:
    """The `type` that the block has in JSON."""
    return str(block.__struct_config__.tag)


def _playable(block: Video | Audio) -> bool:
    return _PLAYABLE.match(block.url) is not None
