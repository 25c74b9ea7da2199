"""schema.org LiveBlogPosting, in JSON and in HTML."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from feed.errors import ImportFormatError
from feed.exchange import Imported, jsonld

from .samples import LIVE_BLOG, headlines, html, kinds, notes, pictures

NOW = datetime(2026, 3, 13, tzinfo=UTC)


def blog(document: Any = LIVE_BLOG, *, name: str = "", now: datetime = NOW) -> Imported:
    return jsonld.read(json.dumps(document).encode(), name=name, now=now)


def changed(**fields: Any) -> dict[str, Any]:
    return copy.deepcopy(LIVE_BLOG) | fields


def updated(**fields: Any) -> dict[str, Any]:
    """A blog with one update, of these fields."""
    return changed(liveBlogUpdate=[{"@type": "BlogPosting", "datePublished": "2026-03-12T15:00:00Z"} | fields])


def in_a_page(*scripts: str, head: str = "") -> bytes:
    escaped = [script.replace("</", r"<\/") for script in scripts]
    tags = "".join(f'<script type="application/ld+json">{script}</script>' for script in escaped)
    return f'<!doctype html><html lang="cy"><head>{head}{tags}</head><body><p>Hello</p></body></html>'.encode()


class TestCoverage:
    def test_the_head_is_mapped(self) -> None:
        coverage = blog().coverage
        assert coverage["title"] == "Marrowmere flood: as it happened"
        assert coverage["summary"] == "Water &amp; mud: the day in updates"
        assert coverage["language"] == "en-GB"
        assert coverage["labels"] == ["floods", "Marrowmere", "Valley"]
        assert coverage["started_at"] == "2026-03-12T13:00:00.000Z"
        assert coverage["authors"] == [{"name": "Ana Roe", "tagline": "Reporter", "url": "https://courier.example/ana"}]

    def test_of_a_picture_in_several_sizes_the_widest_is_taken(self) -> None:
        assert blog().coverage["image"] == {
            "url": "https://courier.example/pictures/dam.jpg?w=1600",
            "alt": "",
            "caption": "The dam",
            "width": 1600,
        }

    def test_an_end_in_the_past_ends_the_coverage(self) -> None:
        assert blog().ending == {"ended_at": "2026-03-12T17:00:00.000Z"}

    def test_an_end_to_come_is_noted_and_ends_nothing(self) -> None:
        imported = blog(now=datetime(2026, 3, 12, 16, tzinfo=UTC))
        assert imported.ending is None
        assert notes(imported, "left_out", about="planned to end later")

    def test_a_start_to_come_schedules_the_coverage(self) -> None:
        document = changed(coverageStartTime="2026-04-01T10:00:00Z", coverageEndTime=None, liveBlogUpdate=[])
        imported = blog(document)
        assert imported.coverage["starts_at"] == "2026-04-01T10:00:00.000Z"
        assert "started_at" not in imported.coverage
        assert imported.entries == []
        assert notes(imported, "left_out", about="no entries")

    def test_properties_without_a_place_are_named(self) -> None:
        found = notes(blog(), "left_out", about="property")
        assert {note.message.split()[2] for note in found} == {"publisher", "url", "dateModified"}

    def test_without_a_headline_the_file_gives_the_title(self) -> None:
        imported = blog(changed(headline=None), name="flood.json")
        assert imported.coverage["title"] == "flood.json"
        assert notes(imported, "assumed", about="flood.json")

    def test_videos_and_related_pages_become_links(self) -> None:
        document = changed(
            video={"@type": "VideoObject", "name": "The day", "embedUrl": "https://courier.example/v/1"},
            relatedLink=["https://courier.example/dam", "mailto:desk@courier.example"],
        )
        imported = blog(document)
        assert imported.coverage["links"] == [
            {"url": "https://courier.example/v/1", "title": "The day", "kind": "video"},
            {"url": "https://courier.example/dam", "title": "https://courier.example/dam", "kind": "story"},
        ]
        assert notes(imported, "left_out", about="mailto:desk")

    def test_a_description_that_is_too_long_is_cut_and_noted(self) -> None:
        imported = blog(changed(description="water " * 1_000))
        assert len(imported.coverage["summary"]) <= 2_500
        assert notes(imported, "changed", about="summary")


class TestEntries:
    def test_updates_become_entries_oldest_first(self) -> None:
        assert headlines(blog()) == ["Rain since dawn", None, "Spillway closed & dry"]

    def test_ids_are_the_ends_of_addresses(self) -> None:
        assert [entry["id"] for entry in blog().entries] == ["update-1", "update-2", "update-3"]

    def test_times_carry_their_zones(self) -> None:
        assert [entry["display_at"] for entry in blog().entries] == [
            "2026-03-12T14:00:00.000Z",
            "2026-03-12T15:00:00.000Z",
            "2026-03-12T15:40:00.000Z",
        ]

    def test_a_time_without_a_zone_is_taken_as_utc_and_noted(self) -> None:
        assert [note.where for note in notes(blog(), "assumed", about="without a zone")] == ["entry 2"]

    def test_a_missing_date_is_taken_from_the_last_change_and_noted(self) -> None:
        assert [note.where for note in notes(blog(), "assumed", about="no datePublished")] == ["entry 3"]

    def test_no_date_at_all_is_that_of_the_neighbour(self) -> None:
        document = changed()
        del document["liveBlogUpdate"][2]["dateModified"]
        imported = blog(document)
        assert imported.entries[0]["display_at"] == "2026-03-12T15:00:00.000Z"
        assert notes(imported, "assumed", about="neighbour")

    def test_html_becomes_sanitised_blocks_with_full_addresses(self) -> None:
        entry = blog().entries[-1]
        assert "<strong>closed</strong>" in html(entry)
        assert 'href="https://courier.example/dam"' in html(entry)
        assert "count()" not in html(entry)
        assert notes(blog(), "left_out", about="<script>")

    def test_plain_text_becomes_paragraphs(self) -> None:
        assert html(blog().entries[1]) == "<p>Two lanes are under water.</p><p>The school &lt; hall is open.</p>"

    def test_pictures_and_videos_follow_the_text(self) -> None:
        entry = blog().entries[-1]
        assert kinds(entry) == ["text", "image", "video"]
        assert pictures(entry)[0]["url"] == "https://courier.example/pictures/gate.jpg"
        assert entry["blocks"][-1] == {
            "type": "video",
            "url": "https://courier.example/gate.mp4",
            "title": "The gate closes",
            "poster": "https://courier.example/gate.jpg",
        }

    def test_the_pages_own_headline_and_picture_are_not_repeated_in_an_entry(self) -> None:
        entry = blog().entries[1]
        assert "headline" not in entry
        assert kinds(entry) == ["text"]
        assert [note.where for note in notes(blog(), "left_out", about="only the page’s".replace("’", "'"))] == [
            "entry 2",
            "entry 2",
        ]

    def test_a_picture_in_the_text_is_not_shown_twice(self) -> None:
        document = updated(
            articleBody='<p>See:</p><img src="https://courier.example/a.jpg?w=1">',
            image=["https://courier.example/a.jpg?w=2", "https://courier.example/b.jpg"],
        )
        shown = [picture["url"] for picture in pictures(blog(document).entries[0])]
        assert shown == ["https://courier.example/a.jpg?w=1", "https://courier.example/b.jpg"]

    def test_shared_content_becomes_what_it_is(self) -> None:
        document = updated(
            headline="Shared",
            sharedContent=[
                {"@type": "WebPage", "url": "https://lake.example/notice", "headline": "Notice"},
                {"@type": "ImageObject", "contentUrl": "https://lake.example/map.png", "creditText": "Lake Authority"},
                {"@type": "AudioObject", "contentUrl": "https://lake.example/call.mp3", "name": "The call"},
                {"@type": "VideoObject", "embedUrl": "https://video.example/1"},
                {"@type": "VideoObject", "name": "Nowhere"},
            ],
        )
        imported = blog(document)
        blocks = imported.entries[0]["blocks"]
        assert [block["type"] for block in blocks] == ["image", "embed", "audio", "link"]
        assert blocks[0]["credit"] == "Lake Authority"
        assert blocks[-1] == {"type": "link", "url": "https://lake.example/notice", "title": "Notice", "kind": "story"}
        assert notes(imported, "left_out", about="without an address")

    def test_an_update_without_anything_is_noted(self) -> None:
        imported = blog(changed(liveBlogUpdate=[{"@type": "BlogPosting"}, "text", LIVE_BLOG["liveBlogUpdate"][0]]))
        assert len(imported.entries) == 1
        assert [note.where for note in notes(imported, "left_out", about="neither a headline")] == [
            "entry 1",
            "entry 2",
        ]

    def test_a_second_text_is_noted(self) -> None:
        imported = blog(updated(articleBody="It rains.", description="A dry day."))
        assert [note.excerpt for note in notes(imported, "left_out", about="second text")] == ["A dry day."]

    def test_entries_with_one_time_keep_the_order_of_the_file(self) -> None:
        updates = [{"@id": name, "articleBody": name, "datePublished": "2026-03-12T15:00:00Z"} for name in "cab"]
        imported = blog(changed(liveBlogUpdate=updates))
        assert [entry["id"] for entry in imported.entries] == ["b", "a", "c"]
        assert [entry["display_at"][-5:] for entry in imported.entries] == [".000Z", ".001Z", ".001Z"]
        assert notes(imported, "assumed", about="one and the same time")
        assert notes(imported, "changed", about="moved by milliseconds")

    def test_two_updates_with_one_id_are_kept_apart(self) -> None:
        updates = [
            {"@id": "#a", "articleBody": text, "datePublished": "2026-03-12T15:00:00Z"} for text in ("one", "two")
        ]
        imported = blog(changed(liveBlogUpdate=updates))
        assert sorted(entry["id"] for entry in imported.entries) == ["a", "a-2"]
        assert notes(imported, "changed", about="was taken already")

    def test_html_beyond_all_bounds_is_taken_as_plain_text(self) -> None:
        imported = blog(updated(articleBody="<div>" * 500 + "deep"))
        assert html(imported.entries[0]) == "<p>deep</p>"
        assert notes(imported, "changed", about="nested")


class TestWhereItStands:
    @pytest.mark.parametrize(
        "document",
        [
            [LIVE_BLOG],
            {"@context": "https://schema.org", "@graph": [{"@type": "WebPage"}, LIVE_BLOG]},
            {"article": {"linkedData": [{"@type": "WebPage"}, LIVE_BLOG]}},
            changed(**{"@type": ["NewsArticle", "LiveBlogPosting"]}),
            changed(**{"@type": "http://schema.org/LiveBlogPosting"}),
            {f"schema:{name}" if name[0] != "@" else name: value for name, value in LIVE_BLOG.items()},
        ],
        ids=["list", "graph", "nested", "two types", "whole type", "prefixed"],
    )
    def test_it_is_found(self, document: Any) -> None:
        assert headlines(blog(document)) == headlines(blog())

    def test_references_within_a_graph_are_followed(self) -> None:
        updates = [{"@id": f"#{number}", **update} for number, update in enumerate(LIVE_BLOG["liveBlogUpdate"])]
        people = [{"@type": "Person", "@id": "#ana", "name": "Ana Roe"}]
        document = {
            "@graph": [
                changed(liveBlogUpdate=[{"@id": update["@id"]} for update in updates], author={"@id": "#ana"}),
                *updates,
                *people,
            ]
        }
        imported = blog(document)
        assert len(imported.entries) == 3
        assert imported.coverage["authors"] == [{"name": "Ana Roe"}]

    def test_it_is_found_in_a_page(self) -> None:
        imported = jsonld.read(in_a_page('{"@type": "WebSite"}', json.dumps(LIVE_BLOG)), now=NOW)
        assert headlines(imported) == headlines(blog())

    def test_the_pages_language_counts_where_the_data_says_nothing(self) -> None:
        imported = jsonld.read(in_a_page(json.dumps(changed(inLanguage=None))), now=NOW)
        assert imported.coverage["language"] == "cy"

    @pytest.mark.parametrize(
        "wrapped",
        [
            "\n<!--\n{}\n-->\n",
            "/*<![CDATA[*/{}/*]]>*/",
            "//<![CDATA[\n{}\n//]]>",
            "{};",
        ],
    )
    def test_what_is_wrapped_around_it_does_not_matter(self, wrapped: str) -> None:
        imported = jsonld.read(in_a_page(wrapped.replace("{}", json.dumps(LIVE_BLOG))), now=NOW)
        assert len(imported.entries) == 3

    def test_line_breaks_within_its_texts_are_read(self) -> None:
        source = json.dumps(LIVE_BLOG).replace("It rains.", "It rains.\n\nStill.")
        imported = jsonld.read(in_a_page(source), now=NOW)
        assert html(imported.entries[0]) == "<p>It rains.</p><p>Still.</p>"

    def test_a_script_in_a_comment_is_not_read(self) -> None:
        hidden = f'<!-- <script type="application/ld+json">{json.dumps(LIVE_BLOG)}</script> -->'
        with pytest.raises(ImportFormatError, match="There is no JSON-LD"):
            jsonld.read(f"<html>{hidden}</html>".encode())

    def test_a_broken_script_beside_it_is_noted_with_its_line(self) -> None:
        imported = jsonld.read(in_a_page("\n{broken", json.dumps(LIVE_BLOG)), now=NOW)
        assert len(imported.entries) == 3
        assert [note.line for note in notes(imported, "left_out", about="JSON-LD that cannot be read")] == [1]

    def test_a_broken_script_alone_is_refused(self) -> None:
        with pytest.raises(ImportFormatError, match="In the JSON-LD that begins on line 1: Line 1 is not valid JSON"):
            jsonld.read(in_a_page("{broken"))

    def test_other_data_is_named(self) -> None:
        with pytest.raises(ImportFormatError, match="Its JSON-LD describes: NewsArticle"):
            blog({"@type": "NewsArticle"})

    def test_of_several_the_one_with_most_updates_is_taken_and_the_others_noted(self) -> None:
        imported = blog([changed(headline="Empty", liveBlogUpdate=[]), LIVE_BLOG])
        assert imported.coverage["title"] == LIVE_BLOG["headline"]
        assert [note.excerpt for note in notes(imported, "left_out", about="further LiveBlogPosting")] == ["Empty"]
