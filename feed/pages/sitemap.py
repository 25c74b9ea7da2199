"""Where search engines find coverage: the sitemap (https://www.sitemaps.org/protocol.html) and robots.txt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from feed.model import Coverage, Moment, moment_from

from .words import words_for
from .xml import document

# The protocol allows 50,000 addresses in one file, of which one is the list of coverages.
LARGEST = 49_999
# Search engines take no older ones for news, and no more of them than this in one file.
_NEWS_LASTS = timedelta(days=2)
_MOST_NEWS = 1_000


@dataclass(frozen=True)
class Place:
    """A public coverage, and when anything on its page last changed."""

    coverage: Coverage
    changed: Moment
    is_news: bool

    @property
    def published(self) -> Moment:
        return _published(self.coverage)

    @property
    def news_language(self) -> str:
        """The language alone, but for the two ways to write Chinese: what Google's schema for news allows."""
        tag = self.coverage.language.lower()
        return tag if tag in ("zh-cn", "zh-tw") else tag.split("-")[0]


def place(coverage: Coverage, changed: Moment, now: datetime) -> Place:
    begun = coverage.status != "scheduled"
    return Place(coverage, changed, is_news=begun and _published(coverage) >= moment_from(now - _NEWS_LASTS))


def sitemap(places: Sequence[Place], public_url: str) -> bytes:
    """`public_url` is the origin readers use, without a slash at its end."""
    news = [place for place in places if place.is_news][:_MOST_NEWS]
    return document(
        "sitemap.xml",
        places=places,
        news={place.coverage.id for place in news},
        public_url=public_url,
        site=words_for("en")["site"],
    )


def robots(public_url: str) -> str:
    """Pages are complete without the API, and a robot that opens a live stream waits in it for nothing."""
    return f"User-agent: *\nDisallow: /v1/\n\nSitemap: {public_url}/sitemap.xml\n"


def _published(coverage: Coverage) -> Moment:
    return coverage.started_at or coverage.created_at
