"""Pages, feeds and files as the server sends them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import feedparser  # type: ignore[import-untyped]
import httpx2
import pytest

from feed import exchange
from tests.newsroom import Newsroom, problem
from tests.running import ServerProcess

FEEDS = {
    "feed.json": "application/feed+json",
    "atom.xml": "application/atom+xml",
    "rss.xml": "application/rss+xml",
}
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture(scope="module")
def newsroom(server: ServerProcess) -> Iterator[Newsroom]:
    with Newsroom(server) as newsroom:
        yield newsroom


@pytest.fixture(scope="module")
def reader(server: ServerProcess) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=server.url) as reader:
        yield reader


@pytest.fixture(params=FEEDS)
def file(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_feed_brings_the_newest_fifty_entries(newsroom: Newsroom, reader: httpx2.Client, file: str) -> None:
    coverage = newsroom.create(
        title="The river rises", summary="Two <em>metres</em>", authors=[{"name": "Ines Marlow"}]
    )
    newsroom.publish_many(
        coverage,
        [
            {
                "headline": f"Number {number}",
                "markdown": f"The words of *number {number}*.",
                "display_at": f"2026-03-12T06:{number:02d}:00Z",
            }
            for number in range(52)
        ],
    )
    answer = reader.get(f"/c/{coverage}/{file}").raise_for_status()
    assert answer.headers["content-type"].partition(";")[0] == FEEDS[file]
    imported = exchange.read(answer.content)
    assert imported.coverage["title"] == "The river rises"
    assert [entry["headline"] for entry in imported.entries] == [f"Number {number}" for number in range(2, 52)]
    assert imported.entries[-1]["display_at"] == "2026-03-12T06:51:00.000Z"
    assert imported.entries[-1]["blocks"] == [{"type": "text", "html": "<p>The words of <em>number 51</em>.</p>"}]


def test_links_in_a_feed_lead_to_pages_of_this_server(newsroom: Newsroom, reader: httpx2.Client) -> None:
    coverage = newsroom.create()
    entry = newsroom.publish(coverage, headline="High water")["entry"]["id"]
    (item,) = reader.get(f"/c/{coverage}/feed.json").json()["items"]
    assert item["id"] == item["url"] == f"{newsroom.url}/c/{coverage}/e/{entry}"
    assert reader.get(item["url"]).status_code == 200
    for file in ("atom.xml", "rss.xml"):
        document = feedparser.parse(reader.get(f"/c/{coverage}/{file}").content)
        assert not document.bozo
        assert document.entries[0].id == document.entries[0].link == item["url"]


def test_the_page_leads_to_its_feeds(newsroom: Newsroom, reader: httpx2.Client) -> None:
    coverage = newsroom.create()
    html = reader.get(f"/c/{coverage}").text
    for file, media_type in FEEDS.items():
        assert f'<link rel="alternate" type="{media_type}" href="/c/{coverage}/{file}"' in html


def test_what_a_reader_has_already_is_not_sent_again_until_it_changes(
    newsroom: Newsroom, reader: httpx2.Client, file: str
) -> None:
    coverage = newsroom.create()
    newsroom.publish(coverage, headline="One")
    first = reader.get(f"/c/{coverage}/{file}")
    assert first.headers["cache-control"] == reader.get(f"/c/{coverage}").headers["cache-control"]
    for known in (first.headers["etag"], f'"other", {first.headers["etag"].removeprefix("W/")}', "*"):
        again = reader.get(f"/c/{coverage}/{file}", headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    newsroom.publish(coverage, headline="Two")
    assert reader.get(f"/c/{coverage}/{file}", headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_what_was_withdrawn_or_taken_down_leaves_the_feed(newsroom: Newsroom, reader: httpx2.Client, file: str) -> None:
    coverage = newsroom.create()
    withdrawn = newsroom.publish(coverage, headline="Bridge down")["entry"]["id"]
    newsroom.retract(coverage, withdrawn, "It stands.")
    gone = newsroom.publish(coverage, headline="Dam down")["entry"]["id"]
    newsroom.delete(coverage, gone)
    text = reader.get(f"/c/{coverage}/{file}").text
    assert "It stands." in text
    assert "Bridge down" not in text
    assert "Dam down" not in text
    assert gone not in text


def test_a_private_coverage_has_no_feed_and_an_unknown_one_neither(
    newsroom: Newsroom, reader: httpx2.Client, file: str
) -> None:
    private = newsroom.create(visibility="private")
    for coverage in (private, "nothing-like-it"):
        answer = reader.get(f"/c/{coverage}/{file}", headers=BROWSER)
        assert answer.status_code == 404
        assert "No such coverage" in answer.text
        assert answer.headers["content-type"].startswith("text/html")
        problem(reader.get(f"/c/{coverage}/{file}"), 404, "unknown_coverage")


def test_an_unlisted_coverage_has_feeds_that_search_engines_leave_out(
    newsroom: Newsroom, reader: httpx2.Client, file: str
) -> None:
    unlisted, public = newsroom.create(visibility="unlisted"), newsroom.create()
    assert reader.get(f"/c/{unlisted}/{file}").raise_for_status().headers["x-robots-tag"] == "noindex"
    assert "x-robots-tag" not in reader.get(f"/c/{public}/{file}").headers


def test_the_sitemap_lists_what_is_public_as_of_its_newest_entry(newsroom: Newsroom, reader: httpx2.Client) -> None:
    private, unlisted, public = (newsroom.create(visibility=one) for one in ("private", "unlisted", "public"))
    over = newsroom.create(created_at="2020-01-01T00:00:00Z")
    newsroom.end(over, ended_at="2020-01-02T00:00:00Z")
    began = datetime.now(UTC)
    newsroom.publish(public, headline="One")
    answer = reader.get("/sitemap.xml").raise_for_status()
    assert answer.headers["content-type"].partition(";")[0] == "application/xml"
    assert "max-age" in answer.headers["cache-control"]
    urls = {url.findtext(f"{MAP}loc"): url.findtext(f"{MAP}lastmod") for url in ElementTree.fromstring(answer.content)}
    assert f"{newsroom.url}/" in urls
    assert f"{newsroom.url}/c/{over}" in urls
    assert not {f"{newsroom.url}/c/{private}", f"{newsroom.url}/c/{unlisted}"} & urls.keys()
    changed = urls[f"{newsroom.url}/c/{public}"]
    assert changed is not None
    assert began - timedelta(seconds=1) < datetime.fromisoformat(changed) < began + timedelta(minutes=1)


def test_robots_are_sent_to_the_sitemap(newsroom: Newsroom, reader: httpx2.Client) -> None:
    answer = reader.get("/robots.txt").raise_for_status()
    assert answer.headers["content-type"].startswith("text/plain")
    assert f"Sitemap: {newsroom.url}/sitemap.xml" in answer.text


@pytest.mark.parametrize("path", ["/nope", "/c/x/y", "/c/x/feed.xml", "/static/nope.js", "/demo/nope.svg"])
def test_an_unknown_address_answers_a_person_with_a_page_and_a_program_with_a_document(
    reader: httpx2.Client, path: str
) -> None:
    page = reader.get(path, headers=BROWSER)
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert f"There is nothing at {path}." in page.text
    assert 'href="/"' in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]
    for accept in ("*/*", "application/json"):
        document = problem(reader.get(path, headers={"Accept": accept}), 404, "not_found")
        assert document["detail"] == f"There is nothing at {path}."


def test_what_was_taken_down_is_gone_for_a_person_too_in_their_language(
    newsroom: Newsroom, reader: httpx2.Client
) -> None:
    coverage = newsroom.create()
    entry = newsroom.publish(coverage, headline="Not for long")["entry"]["id"]
    newsroom.delete(coverage, entry)
    answer = reader.get(f"/c/{coverage}/e/{entry}", headers=BROWSER | {"Accept-Language": "ar,en;q=0.1"})
    assert answer.status_code == 410
    assert '<html lang="ar" dir="rtl">' in answer.text
    assert "Not for long" not in answer.text


def test_the_api_answers_a_browser_too_with_a_document(reader: httpx2.Client) -> None:
    problem(reader.get("/v1/nope", headers=BROWSER), 404, "not_found")
    problem(reader.get("/v1/coverages/nothing-like-it", headers=BROWSER), 404, "unknown_coverage")


def test_a_method_that_is_not_possible_says_which_are(reader: httpx2.Client) -> None:
    for headers in (BROWSER, {"Accept": "*/*"}):
        answer = reader.post("/sitemap.xml", headers=headers)
        assert answer.status_code == 405
        assert "GET" in answer.headers["allow"]
        assert "POST is not possible here." in answer.text


@pytest.mark.parametrize("path", ["/static/reader.js", "/demo/chart.webp"])
def test_files_are_asked_about_each_time_so_that_old_and_new_ones_do_not_mix(reader: httpx2.Client, path: str) -> None:
    answer = reader.get(path).raise_for_status()
    assert answer.headers["cache-control"] == "no-cache"
    again = reader.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.headers["cache-control"]) == (304, "no-cache")


def test_a_page_is_not_sent_again_while_it_is_the_same(newsroom: Newsroom, reader: httpx2.Client) -> None:
    coverage = newsroom.create()
    first = reader.get(f"/c/{coverage}")
    assert reader.get(f"/c/{coverage}", headers={"If-None-Match": first.headers["etag"]}).status_code == 304


def test_what_can_be_read_can_be_asked_about(newsroom: Newsroom, reader: httpx2.Client) -> None:
    coverage = newsroom.create()
    entry = newsroom.publish(coverage, headline="One")["entry"]["id"]
    paths = ["/", f"/c/{coverage}", f"/c/{coverage}/e/{entry}", "/sitemap.xml", "/robots.txt", "/static/reader.css"]
    for path in (*paths, *(f"/c/{coverage}/{file}" for file in FEEDS)):
        whole, asked = reader.get(path), reader.head(path)
        assert asked.status_code == whole.status_code == 200, path
        assert asked.content == b""
        for name in ("content-type", "etag", "cache-control", "content-length"):
            assert asked.headers.get(name) == whole.headers.get(name), (path, name)
    assert reader.head("/nope").status_code == 404
