"""The sitemap, by the rules of its schema (https://www.sitemaps.org/protocol.html), and robots.txt."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest

from feed.desk import Desk
from feed.drafts import CoverageDraft
from feed.model import Visibility
from feed.pages import feeds
from feed.pages.sitemap import place, robots, sitemap
from feed.store.redis import RedisStore

from .samples import NOW, ORIGIN, at, coverage, ended

MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"


def tree(*coverages: Any, now: datetime = NOW) -> ElementTree.Element:
    document = sitemap([place(one, at("16:20"), now) for one in coverages], ORIGIN)
    assert len(document) < 50 * 1024 * 1024
    return ElementTree.fromstring(document)


def test_it_lists_coverages_with_the_time_of_their_last_change() -> None:
    root = tree(coverage(), ended(id="over"))
    assert root.tag == f"{MAP}urlset"
    assert [url.findtext(f"{MAP}loc") for url in root] == [
        f"{ORIGIN}/",
        f"{ORIGIN}/c/aldmere",
        f"{ORIGIN}/c/over",
    ]
    assert [url.findtext(f"{MAP}lastmod") for url in root] == [None, at("16:20"), at("16:20")]


def test_elements_stand_in_the_order_of_the_schema() -> None:
    for url in tree(coverage(), ended(id="over"))[1:]:
        assert [child.tag for child in url] == [f"{MAP}loc", f"{MAP}lastmod", f"{NEWS}news"]


def test_without_coverage_it_is_still_a_sitemap() -> None:
    assert len(tree()) == 1


def test_what_began_within_two_days_is_news() -> None:
    (news,) = tree(coverage(title="Fire & <water>", language="en-GB")).iter(f"{NEWS}news")
    assert [child.tag.removeprefix(NEWS) for child in news] == ["publication", "publication_date", "title"]
    assert [(child.tag.removeprefix(NEWS), child.text) for child in news[0]] == [
        ("name", "Live coverage"),
        ("language", "en"),
    ]
    assert news.findtext(f"{NEWS}publication_date") == at("06:05")
    assert news.findtext(f"{NEWS}title") == "Fire & <water>"


def test_what_is_older_or_yet_to_begin_is_no_news() -> None:
    assert not list(tree(coverage(), now=NOW + timedelta(days=2)).iter(f"{NEWS}news"))
    soon = coverage(status="scheduled", starts_at=at("18:00"), started_at=None)
    assert not list(tree(soon).iter(f"{NEWS}news"))


def test_at_most_a_thousand_are_news() -> None:
    root = tree(*(coverage(id=f"c{number}") for number in range(1_001)))
    assert len(root) == 1_002
    assert len(list(root.iter(f"{NEWS}news"))) == 1_000


def test_languages_of_news_are_those_that_search_engines_know() -> None:
    tags = {"zh-CN": "zh-cn", "zh-Hant-HK": "zh", "pt-BR": "pt", "hy": "hy"}
    assert {tag: place(coverage(language=tag), at("16:20"), NOW).news_language for tag in tags} == tags


def test_robots_find_the_sitemap_and_keep_out_of_the_live_streams() -> None:
    rules = RobotFileParser()
    rules.parse(robots(ORIGIN).splitlines())
    assert rules.site_maps() == [f"{ORIGIN}/sitemap.xml"]
    assert rules.can_fetch("anyone", f"{ORIGIN}/c/aldmere")
    assert rules.can_fetch("anyone", f"{ORIGIN}/static/reader.js")
    assert not rules.can_fetch("anyone", f"{ORIGIN}/v1/coverages/aldmere/events")


async def test_all_public_coverages_are_found_however_many_are_read_at_a_time(
    store: RedisStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(store)
    for number in range(7):
        # Two of each moment.
        created = NOW + timedelta(hours=number // 2)
        hidden: dict[int, Visibility] = {2: "unlisted", 3: "private"}
        await desk.create(
            CoverageDraft(id=f"c{number}", title="T", visibility=hidden.get(number, "public"), created_at=created)
        )
    for batch in (2, 3, 7, 50):
        monkeypatch.setattr(feeds, "_BATCH", batch)
        found = [one.id async for one in feeds.public_ones(store)]
        assert found == ["c6", "c5", "c4", "c1", "c0"]
    monkeypatch.setattr("feed.pages.sitemap.LARGEST", 2)
    assert [one.id async for one in feeds.public_ones(store)] == ["c6", "c5"]
