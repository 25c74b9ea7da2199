"""Coverage as a page and as a JSON Feed."""

from __future__ import annotations

import json
from typing import Any

from feed.exchange import export_html, export_jsonfeed, jsonfeed

from .samples import headlines, kinds
from .test_own import COVERAGE, ENTRIES, entry

BLOCKS: list[dict[str, Any]] = [
    {"type": "text", "html": "<p>Open <del>Tuesday</del> <ins>Wednesday</ins></p>"},
    {"type": "quote", "html": "<p>Come.</p>", "by": "The <mayor>"},
    {
        "type": "image",
        "url": "/dam.jpg",
        "alt": 'A "dam"',
        "caption": "Dam & gate",
        "credit": "Mira Sol",
        "width": 9,
        "height": 6,
    },
    {
        "type": "gallery",
        "images": [{"alt": "", "caption": "Lost"}, {"url": "https://courier.example/b.jpg", "alt": "B"}],
    },
    {"type": "video", "url": "https://courier.example/v.mp4", "poster": "/v.jpg", "title": "Gate"},
    {"type": "audio", "url": "https://courier.example/a.mp3"},
    {"type": "embed", "url": "https://video.example/1", "provider": "Video", "title": "Clip"},
    {
        "type": "link",
        "url": "https://courier.example/dam",
        "title": "The dam",
        "kind": "story",
        "summary": "Its history",
    },
]
EVERY = [
    *ENTRIES,
    entry(
        "d",
        40,
        headline="Gate & <spillway>",
        blocks=BLOCKS,
        labels=["dam"],
        authors=[{"name": "Ana & Luca", "url": "https://courier.example/ana", "tagline": "Reporters"}],
        corrections=[{"at": "2026-03-12T16:00:00.000Z", "note": "It is <Wednesday>."}],
        verification={"status": "unverified", "by": "the Courier", "note": "not yet"},
    ),
]


class TestPage:
    def page(self, **changes: Any) -> str:
        return export_html(COVERAGE | changes, EVERY, base_url="https://live.example").decode()

    def test_it_shows_entries_newest_first(self) -> None:
        page = self.page()
        places = [page.index(f'id="e-{name}"') for name in "dcba"]
        assert places == sorted(places)

    def test_plain_text_is_escaped_and_sanitised_html_is_not(self) -> None:
        page = self.page()
        assert "Gate &amp; &lt;spillway&gt;" in page
        assert "It is &lt;Wednesday&gt;." in page
        assert "The &lt;mayor&gt;" in page
        assert "<del>Tuesday</del> <ins>Wednesday</ins>" in page
        assert "Water in the <em>lower</em> town." in page

    def test_it_needs_nothing_but_its_pictures(self) -> None:
        page = self.page()
        assert "<script" not in page
        assert "<link" not in page
        assert 'src="https://live.example/dam.jpg" alt="A &#34;dam&#34;" width="9" height="6"' in page

    def test_the_end_and_what_comes_after_are_shown(self) -> None:
        page = self.page()
        assert "This live page has now been closed." in page
        assert '<a href="https://courier.example/live/after">The day after</a>' in page
        assert "closed." not in self.page(status="live", key_points=[])

    def test_what_was_withdrawn_is_struck_with_its_reason(self) -> None:
        page = self.page()
        assert "It was another dam." in page
        assert "<del>" in page[page.index('id="e-c"') :]

    def test_a_picture_without_an_address_shows_its_words(self) -> None:
        assert "<figcaption>Lost</figcaption>" in self.page()

    def test_the_language_gives_the_direction_of_writing(self) -> None:
        assert '<html lang="ar" dir="rtl">' in self.page(language="ar")

    def test_a_coverage_without_entries_is_a_page(self) -> None:
        page = export_html({"id": "x", "title": "Soon", "status": "scheduled", "language": "en"}, []).decode()
        assert "<h1>Soon</h1>" in page


class TestJsonFeed:
    def feed(self, base_url: str = "https://live.example") -> dict[str, Any]:
        document: dict[str, Any] = json.loads(export_jsonfeed(COVERAGE, EVERY, base_url=base_url))
        return document

    def test_it_is_a_finished_feed_of_version_1_1(self) -> None:
        feed = self.feed()
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert feed["title"] == "Marrowmere flood"
        assert feed["description"] == "Water in the lower town."
        assert feed["home_page_url"] == "https://live.example/c/marrowmere"
        assert feed["expired"] is True

    def test_items_are_the_entries_newest_first(self) -> None:
        items = self.feed()["items"]
        assert [item["id"] for item in items] == [f"https://live.example/c/marrowmere/e/{name}" for name in "dcba"]
        assert [item["url"] for item in items] == [item["id"] for item in items]
        assert items[0]["title"] == "Gate & <spillway>"
        assert items[0]["image"] == "https://live.example/dam.jpg"
        assert items[0]["attachments"] == [
            {"url": "https://live.example/dam.jpg", "mime_type": "image/jpeg", "title": "Dam & gate"},
            {"url": "https://courier.example/b.jpg", "mime_type": "image/jpeg"},
            {"url": "https://courier.example/v.mp4", "mime_type": "video/mp4", "title": "Gate"},
            {"url": "https://courier.example/a.mp3", "mime_type": "audio/mpeg"},
        ]

    def test_without_an_address_of_the_server_there_are_no_links_to_it(self) -> None:
        feed = self.feed(base_url="")
        assert "home_page_url" not in feed
        assert "url" not in feed["items"][0]
        assert feed["items"][0]["id"] == "d"

    def test_what_was_withdrawn_is_not_said_again(self) -> None:
        withdrawn = self.feed()["items"][1]
        assert withdrawn["title"] == "Withdrawn"
        assert withdrawn["content_html"] == "<p><strong>Withdrawn:</strong> It was another dam.</p>"

    def test_it_can_be_imported(self) -> None:
        imported = jsonfeed.read(export_jsonfeed(COVERAGE, EVERY, base_url="https://live.example"))
        assert headlines(imported) == [None, "Gate", "Withdrawn", "Gate & <spillway>"]
        assert imported.ending is not None
        assert {"text", "quote", "image", "video", "audio"} <= set(kinds(imported.entries[-1]))
