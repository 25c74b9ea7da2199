"""The reader's page as the server sends it: complete without script, and nothing of a producer's escapes."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from feed.model import Audio, Author, Embed, Gallery, Image, Link, Picture, Reference, Successor, Text, Video
from feed.pages import render_coverage

from .feeds import WRITERS, a_feed
from .samples import ORIGIN, at, coverage, ended, entry, every_entry, many, picture, view


class Elements(HTMLParser):
    """Every element with its attributes, and the text inside it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in wanted.items()}
        return [
            attributes
            for name, attributes in self.found
            if name == tag and all(attributes.get(key) == value for key, value in wanted.items())
        ]


def text_of(html: str) -> str:
    body = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
    return " ".join(Elements(body).text.split())


def posting_of(html: str) -> dict[str, object]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert found
    posting: dict[str, object] = json.loads(found[1])
    return posting


def test_everything_there_is_to_read_is_in_the_html() -> None:
    html = render_coverage(view(pinned=every_entry()[5]))
    text = text_of(html)
    for words in (
        "thousands leave their homes",
        "upper dam is holding",
        "Key points About 14,000",
        "By Ines Marlow",
        "Pinned",
        "One of them in an hour".lower(),
        "Ada Holt & son, Mill Street",
        "Mill Street at noon [Lena Fors/Aldmere Echo]",
        "Claim by the mayor",
        "Not independently verified",
        "Confirmed by our picture desk",
        "Withdrawn 14:55 GMT Both were found at home.",
        "Correction 13:20 GMT The order covers the lower town",
        "Correction 13 Mar 2026 00:10 GMT The number",
        "Updated 13:40 GMT",
        "Key event",
        "12 Mar 2026 16:20 GMT",
        "Read How a dam holds",
        "Report Inside the school",
        "Nothing is loaded from Chirp until you follow the link.",
        "Published 12 Mar 2026 06:05 GMT",
        "The valley from the air",
    ):
        assert words in text, words


def test_every_entry_is_an_article_with_a_link_of_its_own() -> None:
    elements = Elements(render_coverage(view()))
    for one in every_entry():
        assert elements.all("article", id=f"e-{one.id}"), one.id
        assert elements.all("a", href=f"/c/aldmere/e/{one.id}"), one.id


def test_no_id_is_given_twice_even_with_a_pinned_entry_that_is_on_the_page() -> None:
    elements = Elements(render_coverage(view(pinned=every_entry()[5])))
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_entries_are_a_feed_that_counts_itself() -> None:
    elements = Elements(render_coverage(view(entries=many(3))))
    assert elements.all("div", role="feed")
    assert [article["aria-posinset"] for article in elements.all("article")] == ["1", "2", "3"]
    assert {article["aria-setsize"] for article in elements.all("article")} == {"3"}


def test_the_size_of_a_feed_is_unknown_while_there_are_older_pages() -> None:
    for page in (view(entries=many(3), next="t"), view(entries=many(3), before="t")):
        articles = Elements(render_coverage(page)).all("article")
        assert {article["aria-setsize"] for article in articles} == {"-1"}


def test_older_updates_are_behind_a_real_link() -> None:
    elements = Elements(render_coverage(view(next="a/b+c=")))
    assert elements.all("a", rel="next", href="/c/aldmere?before=a%2Fb%2Bc%3D")


def test_an_older_page_leads_back_to_the_latest_and_is_its_own_address() -> None:
    html = render_coverage(view(before="a/b", pinned=every_entry()[0]))
    elements = Elements(html)
    assert elements.all("a", href="/c/aldmere")
    assert elements.all("link", rel="canonical", href=f"{ORIGIN}/c/aldmere?before=a%2Fb")
    assert not elements.all("article", id="p-e-n018"), "the pinned entry belongs to the first page"


def test_a_page_that_never_had_entries_says_so_and_claims_no_feed() -> None:
    elements = Elements(render_coverage(view(entries=[])))
    assert not elements.all("div", role="feed")
    assert "hidden" not in elements.all("p", id="nothing")[0]


def test_nothing_on_the_page_runs_or_styles_inline() -> None:
    html = render_coverage(view(pinned=every_entry()[0]))
    elements = Elements(html)
    for script in elements.all("script"):
        assert "src" in script or script["type"] in ("application/ld+json", "application/json")
    assert "<style" not in html
    assert not [a for _, a in elements.found if "style" in a or any(name.startswith("on") for name in a)]


@pytest.mark.parametrize("evil", ["</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}"])
def test_what_a_producer_wrote_as_text_stays_text(evil: str) -> None:
    one = entry(
        1,
        headline=evil,
        labels=(evil,),
        authors=(Author(name=evil, tagline=evil),),
        blocks=(Image(**picture(alt=evil, caption=evil, credit=evil)),),
    )
    html = render_coverage(view(coverage=coverage(title=evil, labels=(evil,)), entries=[one], pinned=one))
    scripts = Elements(html).all("script")
    assert len(scripts) == 3
    assert evil not in html or evil == "{{ 7*7 }}"
    assert "49" not in html.split("</head>")[1]
    assert evil in posting_of(html)["headline"]  # type: ignore[operator]


def test_sanitised_html_of_blocks_is_markup() -> None:
    html = render_coverage(view(entries=[entry(1, blocks=(Text(html="<p>a <del>b</del> <ins>c</ins></p>"),))]))
    assert "<p>a <del>b</del> <ins>c</ins></p>" in html


def test_a_live_page_shows_no_banner_and_a_closed_one_says_when_and_where_to_go() -> None:
    live = Elements(render_coverage(view()))
    assert "hidden" in live.all("div", id="closed")[0]
    html = render_coverage(view(coverage=ended()))
    closed = Elements(html)
    assert "hidden" not in closed.all("div", id="closed")[0]
    assert "This live page has now been closed. Closed 12 Mar 2026 16:30 GMT" in text_of(html)
    assert "Coverage continues here: Aldmere flood, day two" in text_of(html)
    assert closed.all("a", href="/c/aldmere-2")


def test_a_closed_page_needs_no_successor() -> None:
    text = text_of(render_coverage(view(coverage=ended(successor=None))))
    assert "has now been closed" in text
    assert "continues" not in text


def test_before_the_start_the_page_says_when_it_begins() -> None:
    later = coverage(status="scheduled", starts_at=at("18:00"), started_at=None)
    assert "Coverage begins at 12 Mar 2026 18:00 GMT" in text_of(render_coverage(view(coverage=later, entries=[])))
    late = coverage(status="scheduled", starts_at=at("16:00"), started_at=None)
    assert "Coverage begins shortly." in text_of(render_coverage(view(coverage=late, entries=[])))


def test_the_newsrooms_zone_is_shown_beside_gmt() -> None:
    text = text_of(render_coverage(view(coverage=coverage(timezone="Asia/Yerevan"), entries=[entry(1, "16:27")])))
    assert "12 Mar 2026 20:27 Yerevan (16:27 GMT)" in text


def test_a_picture_keeps_its_place_and_loads_late() -> None:
    elements = Elements(render_coverage(view(entries=[entry(1, blocks=(Image(**picture()),))])))
    (image,) = elements.all("img")
    assert (image["width"], image["height"], image["loading"]) == ("1200", "800", "lazy")
    assert image["alt"] == "A street under water"


def test_a_picture_without_address_is_a_card_of_its_words() -> None:
    html = render_coverage(view(entries=[entry(1, blocks=(Image(caption="Two boats", credit="Echo"),))]))
    assert not Elements(html).all("img")
    assert "Two boats [Echo]" in text_of(html)


@pytest.mark.parametrize("url", ["https://[::1", "http://[x]/a.mp4", "https://e.com:99999999/v.mp4", "https://e℀.com/"])
def test_an_address_that_no_longer_would_be_taken_takes_nothing_else_with_it(url: str) -> None:
    """As it may be in the store since it still was."""
    gallery = Gallery(images=(Picture(url=url),))
    played = (Video(url=url, poster=url), Audio(url=url))
    blocks = (Image(url=url), gallery, *played, Embed(url=url), Link(url=url, title="A link"))
    before = entry(1, blocks=blocks, authors=(Author(name="Ada", url=url, avatar=url),))
    links = (Reference(url=url, title="A story"),)
    for head in (coverage(links=links), coverage(image=Picture(url=url), successor=Successor(title="s", url=url))):
        for focus in (None, before.id):
            html = render_coverage(view(coverage=head, entries=[before, entry(2)], pinned=before, focus=focus))
            assert {"Update number 1", "Update number 2"} <= set(re.findall(r"Update number \d", text_of(html)))
            assert posting_of(html)["image"]
    for write in WRITERS.values():
        assert b"Update number 1" in write(a_feed(coverage(links=links), [before]))


@pytest.mark.parametrize(
    ("url", "plays"),
    [
        ("https://example.org/a/film.MP4", True),
        ("http://example.org/film.mp4?x=/y", True),
        ("/film.webm#t=3", True),
        ("https://example.org/film", False),
        ("https://example.org/film?file=a.mp4", False),
        ("https://example.org/film#a.mp4", False),
        ("https://film.mp4", False),
        ("https://film.mp4?/a.mp4", False),
        ("https://example.org/film.mp4/about", False),
        ("https://example.org/film.mp45", False),
        ("https://example.org/film.mp4:1", False),
    ],
)
def test_only_what_ends_like_a_film_is_played(url: str, plays: bool) -> None:
    html = render_coverage(view(entries=[entry(1, blocks=(Video(url=url),))]))
    assert bool(Elements(html).all("video", src=url)) is plays
    assert bool(Elements(html).all("a", class_="card card-video", href=url)) is not plays


def test_the_language_of_the_coverage_sets_direction_and_words() -> None:
    html = render_coverage(view(coverage=coverage(language="ar")))
    assert '<html lang="ar" dir="rtl">' in html
    assert "أهم النقاط" in html
    assert '<html lang="fa-IR" dir="rtl">' in render_coverage(view(coverage=coverage(language="fa-IR")))


def test_an_entry_in_another_language_has_its_own_direction() -> None:
    (article,) = Elements(render_coverage(view())).all("article", id="e-n016")
    assert (article["lang"], article["dir"]) == ("ar", "rtl")


def test_the_script_gets_what_it_needs_in_attributes() -> None:
    html = render_coverage(view(coverage=coverage(pin="n013"), next="t", focus="n004"))
    (script,) = Elements(html).all("script", src="/static/reader.js")
    assert script["type"] == "module"
    assert script["data-coverage"] == "aldmere"
    assert script["data-cursor"] == "1773333600000-0"
    assert (script["data-status"], script["data-pin"], script["data-next"]) == ("live", "n013", "t")
    assert script["data-focus"] == "n004"


def test_a_permalink_marks_its_entry_and_leads_to_it_without_script() -> None:
    html = render_coverage(view(focus="n004"))
    elements = Elements(html)
    assert elements.all("article", id="e-n004", aria_current="true")
    assert elements.all("a", href="#e-n004")
    assert elements.all("meta", property="og:title", content="Mill Street, under water")
    assert elements.all("meta", property="og:url", content=f"{ORIGIN}/c/aldmere/e/n004")
    assert elements.all("meta", property="og:image", content=f"{ORIGIN}/pictures/river.svg")
    assert elements.all("link", rel="canonical", href=f"{ORIGIN}/c/aldmere")


def test_search_engines_are_told_of_a_live_page() -> None:
    posting = posting_of(render_coverage(view(coverage=coverage(image=Picture(**picture())))))
    assert posting["@type"] == "LiveBlogPosting"
    assert posting["coverageStartTime"] == at("06:05")
    assert "coverageEndTime" not in posting
    assert posting["dateModified"] == at("16:20")
    assert posting["image"]["url"] == f"{ORIGIN}/pictures/river.svg"  # type: ignore[index]
    updates = {update["url"].rsplit("/", 1)[1]: update for update in posting["liveBlogUpdate"]}  # type: ignore[attr-defined]
    assert updates["n013"]["articleBody"] == "Everyone in the lower town leaves by three."
    assert updates["n001"]["headline"] == "Good morning. We follow the flood through the day."
    assert updates["n003"]["author"] == [{"@type": "Person", "name": "Ines Marlow", "url": "https://example.org/m"}]


def test_a_permalink_to_an_older_entry_is_of_the_coverage_and_no_page_of_its_own() -> None:
    elements = Elements(render_coverage(view(focus="n004", before="n004")))
    assert elements.all("link", rel="canonical", href=f"{ORIGIN}/c/aldmere")
    assert elements.all("meta", property="og:url", content=f"{ORIGIN}/c/aldmere/e/n004")


def test_the_live_blog_has_what_search_engines_ask_for() -> None:
    """https://developers.google.com/search/docs/appearance/structured-data/article and schema.org/LiveBlogPosting."""
    wordless = entry(19, "16:30", headline=None, blocks=(Image(**picture()),))
    for head in (coverage(authors=()), ended()):
        posting: Any = posting_of(render_coverage(view(coverage=head, entries=[wordless, *every_entry()])))
        assert posting["@context"] == "https://schema.org"
        assert len(posting["headline"]) > 0
        assert posting["image"]["url"] == f"{ORIGIN}/pictures/river.svg", "of the coverage, else the newest there is"
        for name in ("datePublished", "dateModified", "coverageStartTime"):
            assert datetime.fromisoformat(posting[name]).utcoffset() == timedelta(0)
        ids = [update["@id"] for update in posting["liveBlogUpdate"]]
        assert len(set(ids)) == len(ids) == 19
        for update in posting["liveBlogUpdate"]:
            assert update["@type"] == "BlogPosting"
            assert update["url"].startswith(f"{ORIGIN}/c/aldmere/e/")
            assert update["headline"]
            assert datetime.fromisoformat(update["datePublished"]) <= datetime.fromisoformat(update["dateModified"])
            assert "<p>" not in update.get("articleBody", ""), "plain text"
            for person in update.get("author", ()):
                assert person["@type"] == "Person"
                assert person["name"]
            assert update.get("image", {"url": ORIGIN})["url"].startswith("http")


def test_search_engines_are_told_the_end_but_not_what_was_withdrawn() -> None:
    posting = posting_of(render_coverage(view(coverage=ended())))
    assert posting["coverageEndTime"] == at("16:30")
    bodies = json.dumps(posting["liveBlogUpdate"])
    assert "neighbours" not in bodies
    assert "Both were found at home" in bodies


def test_an_unlisted_page_stays_out_of_search_engines() -> None:
    assert Elements(render_coverage(view(coverage=coverage(visibility="unlisted")))).all(
        "meta", name="robots", content="noindex"
    )
    assert not Elements(render_coverage(view())).all("meta", name="robots")
