"""Real live pages, kept outside the project: these tests are passed over where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from feed.exchange import Imported, read

from .samples import html, kinds, notes, pictures

REAL = Path(__file__).parents[3] / "shared" / "real"

pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the real pages are not here")


def imported(name: str, format: str | None = None) -> Imported:  # noqa: A002
    return read((REAL / name).read_bytes(), name=name, format=format)


@pytest.fixture(scope="module")
def page() -> Imported:
    return imported("aljazeera_2023-09-28.txt")


class TestPlainText:
    def test_it_has_twenty_entries_with_headlines(self, page: Imported) -> None:
        assert page.format == "livepage"
        assert len(page.entries) == 20
        assert all(entry.get("headline") for entry in page.entries)

    def test_it_spans_the_day(self, page: Imported) -> None:
        assert page.entries[0]["display_at"] == "2023-09-28T09:54:00.000Z"
        assert page.entries[-1]["display_at"] == "2023-09-28T16:27:00.000Z"
        assert page.ending == {"ended_at": "2023-09-28T16:27:00.000Z"}

    def test_it_has_eight_pictures_two_entries_with_two(self, page: Imported) -> None:
        counts = sorted(len(pictures(entry)) for entry in page.entries)
        assert counts == [0] * 14 + [1, 1, 1, 1, 2, 2]
        shown = [picture for entry in page.entries for picture in pictures(entry)]
        assert all(picture["credit"] for picture in shown)
        assert sum("caption" in picture for picture in shown) == 6

    def test_it_has_lists_and_four_quotes(self, page: Imported) -> None:
        assert sum(html(entry).count("<li>") for entry in page.entries) == 5
        assert sum(kinds(entry).count("quote") for entry in page.entries) == 4
        assert not any("dvertisement" in html(entry) for entry in page.entries)

    def test_its_head_is_whole(self, page: Imported) -> None:
        assert page.coverage["title"].endswith("crossed into Armenia")
        assert page.coverage["summary"].startswith("These were the updates")
        assert len(page.coverage["key_points"]) == 4

    def test_what_is_missing_is_noted(self, page: Imported) -> None:
        assert len(notes(page, "left_out", about="slot for an advertisement")) == 3
        assert len(notes(page, "left_out", about="picture itself")) == 8
        assert len(notes(page, "left_out", about="player that")) == 2


def test_a_live_blog_of_elements_comes_with_its_key_events_and_pin() -> None:
    blog = imported("guardian_live_pmqs_2023.json")
    assert blog.format == "guardian"
    assert len(blog.entries) == 23
    assert blog.pin is not None
    assert blog.ending is not None
    assert {"text", "quote", "image", "link"} <= {kind for entry in blog.entries for kind in kinds(entry)}


def test_the_linked_data_in_it_can_be_taken_instead() -> None:
    blog = imported("guardian_live_pmqs_2023.json", "jsonld")
    assert len(blog.entries) == 11
    assert blog.ending == {"ended_at": "2023-12-13T17:35:52.000Z"}
    assert all(html(entry) for entry in blog.entries)


def test_posts_of_an_api_come_without_what_was_deleted() -> None:
    blog = imported("sourcefabric_amp_api_response.json")
    assert blog.format == "superdesk"
    assert len(blog.entries) == 10
    assert len(notes(blog, "left_out", about="a deleted post")) == 13
    assert blog.pin is not None


def test_a_rich_post_keeps_its_shape() -> None:
    (entry,) = imported("livebridge_post_to_convert.json").entries
    assert kinds(entry)[:4] == ["text", "image", "text", "quote"]
