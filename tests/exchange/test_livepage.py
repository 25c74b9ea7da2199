"""The plain text of a live page."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.errors import ImportFormatError
from feed.exchange import Imported, livepage

from .samples import PAGE, headlines, html, kinds, notes, pictures


def page(text: str, *, name: str = "") -> Imported:
    return livepage.read(text.encode(), name=name)


def by_headline(imported: Imported, headline: str) -> dict[str, object]:
    return next(entry for entry in imported.entries if entry.get("headline") == headline)


class TestWholePage:
    def test_every_mark_begins_an_entry_and_they_come_oldest_first(self) -> None:
        assert headlines(page(PAGE)) == [
            "Council opens the school hall",
            None,
            "LISTEN: The sound of the spillway",
            "What engineers say about the spillway",
            "‘We heard it before we saw it’: Resident",
            "The day in brief",
            "That’s all from Marrowmere",
        ]

    def test_the_time_in_gmt_is_the_truth(self) -> None:
        times = [entry["display_at"] for entry in page(PAGE).entries]
        assert times[0] == "2026-03-12T13:45:00.000Z"
        assert times[-1] == "2026-03-12T16:40:00.000Z"
        assert times == sorted(times)

    def test_entries_of_one_minute_have_ids_that_keep_them_in_order(self) -> None:
        first, second = page(PAGE).entries[:2]
        assert first["display_at"] == second["display_at"]
        assert first["id"] < second["id"]

    def test_the_same_file_gives_the_same_ids(self) -> None:
        assert [entry["id"] for entry in page(PAGE).entries] == [entry["id"] for entry in page(PAGE).entries]

    def test_entries_published_later_do_not_change_the_ids_of_those_before(self) -> None:
        earlier = PAGE.split("\n", 4)[4]
        ids = [entry["id"] for entry in page(PAGE).entries]
        assert [entry["id"] for entry in page(earlier).entries] == ids[:-1]

    def test_title_standfirst_and_key_points_are_the_head_of_the_coverage(self) -> None:
        coverage = page(PAGE).coverage
        assert coverage["title"] == "Marrowmere flood: Spillway closed, 400 people home again"
        assert coverage["summary"].startswith("These were the updates on the flood")
        assert coverage["key_points"] == [
            "The spillway was closed at 15:30 GMT.",
            "About 400 people left the lower town &amp; came back.",
        ]

    def test_the_closed_banner_ends_the_coverage_with_its_newest_entry(self) -> None:
        imported = page(PAGE)
        assert imported.ending == {"ended_at": "2026-03-12T16:40:00.000Z"}
        assert notes(imported, "assumed", about="newest entry")

    def test_without_the_banner_the_coverage_stays_open(self) -> None:
        assert page(PAGE.replace("This live page has now been closed.\n", "")).ending is None

    def test_the_start_is_the_first_entry(self) -> None:
        coverage = page(PAGE).coverage
        assert coverage["started_at"] == coverage["created_at"] == "2026-03-12T13:45:00.000Z"

    def test_a_day_of_publication_before_the_first_entry_is_when_it_was_made(self) -> None:
        coverage = page(PAGE.replace("Published On 12 Mar", "Published On 11 Mar")).coverage
        assert coverage["created_at"] == "2026-03-11T00:00:00.000Z"

    def test_a_day_of_publication_after_the_first_entry_is_noted(self) -> None:
        imported = page(PAGE.replace("Published On 12 Mar", "Published On 13 Mar"))
        assert notes(imported, "left_out", about="2026-03-13")


class TestBodies:
    def test_items_become_a_list(self) -> None:
        brief = by_headline(page(PAGE), "The day in brief")
        assert "<p>Here is what happened on Thursday:</p><ul><li>The spillway" in html(brief)
        assert html(brief).count("<li>") == 3

    def test_deeper_items_are_nested(self) -> None:
        imported = page("- 12 Mar 2026 - 10:00(10:00 GMT)\nRoads\n- Closed:\n  - Mill Lane\n  - Weir Road\n- Open:\n")
        assert html(imported.entries[0]) == (
            "<ul><li>Closed:<ul><li>Mill Lane</li><li>Weir Road</li></ul></li><li>Open:</li></ul>"
        )

    def test_numbers_that_count_from_one_become_an_ordered_list(self) -> None:
        imported = page("- 12 Mar 2026 - 10:00(10:00 GMT)\nRoads\n1. Mill Lane\n2. Weir Road\n")
        assert html(imported.entries[0]) == "<ol><li>Mill Lane</li><li>Weir Road</li></ol>"

    def test_one_number_alone_is_text(self) -> None:
        imported = page("- 12 Mar 2026 - 10:00(10:00 GMT)\nRoads\n1. Mill Lane is closed.\n")
        assert html(imported.entries[0]) == "<p>1. Mill Lane is closed.</p>"

    def test_a_quotation_over_several_paragraphs_becomes_a_quote(self) -> None:
        blocks = by_headline(page(PAGE), "‘We heard it before we saw it’: Resident")["blocks"]
        assert isinstance(blocks, list)
        assert [block["type"] for block in blocks] == ["text", "quote", "text", "image"]
        assert blocks[1]["html"].count("<p>“") == 3
        assert blocks[1]["html"].endswith("any more.”</p>")

    def test_quotations_with_reporting_in_them_stay_paragraphs(self) -> None:
        entry = by_headline(page(PAGE), "What engineers say about the spillway")
        assert kinds(entry) == ["text", "gallery"]
        assert "<p>“There was no choice left by then,” she said.</p>" in html(entry)

    def test_a_whole_quotation_of_one_paragraph_stays_a_paragraph(self) -> None:
        imported = page("- 12 Mar 2026 - 10:00(10:00 GMT)\nMayor\nShe said:\n“Come to the hall.”\n")
        assert kinds(imported.entries[0]) == ["text"]

    def test_a_quotation_that_is_never_closed_stays_paragraphs_and_is_noted(self) -> None:
        imported = page("- 12 Mar 2026 - 10:00(10:00 GMT)\nMayor\n“Come.\n“There is tea.\nShe left.\n")
        assert kinds(imported.entries[0]) == ["text"]
        assert notes(imported, "assumed", about="is not closed")[0].line == 3

    @pytest.mark.parametrize(
        ("first", "second"),
        [("“Come.", "“Now.”"), ('"Come.', '"Now."'), ("«Venez.", "«Vite.»"), ("„Kommt.", "„Gleich.“")],
    )
    def test_quotation_marks_of_other_languages_count_as_well(self, first: str, second: str) -> None:
        imported = page(f"- 12 Mar 2026 - 10:00(10:00 GMT)\nMayor\nShe said:\n{first}\n{second}\n")
        assert kinds(imported.entries[0]) == ["text", "quote"]

    def test_text_is_escaped(self) -> None:
        imported = page("- 12 Mar 2026 - 10:00(10:00 GMT)\nLevels\nIt is < 3 m & falling <b>.\n")
        assert html(imported.entries[0]) == "<p>It is &lt; 3 m &amp; falling &lt;b&gt;.</p>"

    def test_a_line_without_words_is_left_out_and_noted(self) -> None:
        imported = page("- 12 Mar 2026 - 10:00(10:00 GMT)\nLevels\n* * *\nFalling now.\n")
        assert html(imported.entries[0]) == "<p>Falling now.</p>"
        assert [note.line for note in notes(imported, "left_out", about="without words")] == [3]

    def test_what_a_player_said_is_kept_and_the_missing_player_noted(self) -> None:
        imported = page(PAGE)
        assert "<p>Listen below:</p>" in html(by_headline(imported, "LISTEN: The sound of the spillway"))
        excerpts = [note.excerpt for note in notes(imported, "left_out", about="player that")]
        assert excerpts == ["LISTEN: The sound of the spillway", "Listen below:"]

    def test_an_advertisement_is_never_text(self) -> None:
        imported = page(PAGE)
        assert not any("dvertisement" in html(entry) for entry in imported.entries)
        assert not any("dvertisement" in str(picture) for entry in imported.entries for picture in pictures(entry))
        assert [note.where for note in notes(imported, "left_out", about="slot")] == ["entry 3", "entry 5"]


class TestHeadlines:
    def test_a_first_line_that_ends_like_a_sentence_is_text(self) -> None:
        entry = page(PAGE).entries[1]
        assert "headline" not in entry
        assert html(entry) == "<p>The council has asked people to stay away from Mill Lane.</p>"

    def test_the_missing_headline_is_noted_with_its_line(self) -> None:
        found = notes(page(PAGE), "assumed", about="no headline")
        assert [note.excerpt for note in found] == ["The council has asked people to stay away from Mill Lane."]

    def test_a_headline_may_be_a_question(self) -> None:
        imported = page("- 12 Mar 2026 - 10:00(10:00 GMT)\nIs it over?\nPerhaps.\n")
        assert headlines(imported) == ["Is it over?"]

    def test_a_line_by_itself_is_text(self) -> None:
        imported = page("- 12 Mar 2026 - 10:00(10:00 GMT)\nThe water is falling\n")
        assert headlines(imported) == [None]
        assert html(imported.entries[0]) == "<p>The water is falling</p>"

    def test_an_entry_may_begin_with_a_list(self) -> None:
        imported = page("- 12 Mar 2026 - 10:00(10:00 GMT)\n- Mill Lane\n- Weir Road\n")
        assert headlines(imported) == [None]
        assert html(imported.entries[0]).count("<li>") == 2

    def test_a_headline_with_a_picture_alone_is_an_entry(self) -> None:
        imported = page("- 12 Mar 2026 - 10:00(10:00 GMT)\nThe gate\n\nThe gate at noon [Mira Sol/Courier]\n")
        assert headlines(imported) == ["The gate"]
        assert kinds(imported.entries[0]) == ["image"]


class TestPictures:
    def test_a_caption_and_its_credit_become_a_picture_without_an_address(self) -> None:
        entry = by_headline(page(PAGE), "‘We heard it before we saw it’: Resident")
        assert pictures(entry) == [
            {
                "type": "image",
                "alt": "",
                "caption": "Ida Brandt outside her house on Mill Lane",
                "credit": "File: Tomas Rehn/Valley Courier",
            }
        ]

    def test_pictures_in_a_row_become_a_gallery(self) -> None:
        entry = by_headline(page(PAGE), "What engineers say about the spillway")
        assert pictures(entry) == [
            {"alt": "", "credit": "Aerial survey/Lake Authority"},
            {"alt": "", "caption": "The spillway seen from the north bank", "credit": "Mira Sol/Valley Courier"},
        ]

    def test_every_missing_picture_is_noted_by_its_place(self) -> None:
        found = notes(page(PAGE), "left_out", about="picture itself")
        assert [note.where for note in found] == ["entry 3, image 1", "entry 4, image 1", "entry 4, image 2"]

    def test_a_bracket_in_a_quotation_is_no_credit(self) -> None:
        assert "The [upper] gate" in html(by_headline(page(PAGE), "What engineers say about the spillway"))

    def test_a_paragraph_that_ends_with_a_bracket_is_no_picture(self) -> None:
        imported = page("- 12 Mar 2026 - 10:00(10:00 GMT)\nMayor\nShe had seen the minister. [More follows]\n")
        assert kinds(imported.entries[0]) == ["text"]

    def test_two_captions_on_one_line_are_two_pictures(self) -> None:
        imported = page(
            "- 12 Mar 2026 - 10:00(10:00 GMT)\nDam\nWet.\n\nThe dam [Ana Roe/AP] The gate [Luca Brand/AP]\n"
        )
        assert [picture["caption"] for picture in pictures(imported.entries[0])] == ["The dam", "The gate"]

    def test_where_every_paragraph_is_set_apart_only_a_credit_makes_a_picture(self) -> None:
        text = "- 12 Mar 2026 - 10:00(10:00 GMT)\n\nDam\n\nIt holds.\n\nSo far [so good]\n\nThe dam [Ana Roe/Courier]\n"
        entry = page(text).entries[0]
        assert [picture["caption"] for picture in pictures(entry)] == ["The dam"]
        assert "<p>So far [so good]</p>" in html(entry)


class TestHead:
    def test_a_head_above_the_entries_is_read_as_well(self) -> None:
        imported = page(
            "Marrowmere flood\nWater in the lower town.\nBy Ana Roe, Luca Brand and Tomas de Wit\n"
            "Published On 12 Mar 2026\n- Point one\n- 12 Mar 2026 - 10:00(10:00 GMT)\nDam\nIt holds.\n"
        )
        assert imported.coverage["title"] == "Marrowmere flood"
        assert imported.coverage["summary"] == "Water in the lower town."
        assert imported.coverage["key_points"] == ["Point one"]
        assert [author["name"] for author in imported.coverage["authors"]] == ["Ana Roe", "Luca Brand", "Tomas de Wit"]
        assert headlines(imported) == ["Dam"]

    def test_a_banner_below_does_not_take_lines_from_the_last_entry_when_the_title_is_above(self) -> None:
        imported = page(
            "Marrowmere flood\nPublished On 12 Mar 2026\n- 12 Mar 2026 - 10:00(10:00 GMT)\nDam\nIt holds\n"
            "This live page has now been closed.\n"
        )
        assert html(imported.entries[0]) == "<p>It holds</p>"
        assert imported.ending is not None

    def test_a_title_without_a_standfirst_is_told_from_the_last_paragraph(self) -> None:
        imported = page(
            "- 12 Mar 2026 - 10:00(10:00 GMT)\nDam\nIt holds, she said.\nMarrowmere flood\n\nPublished On 12 Mar 2026\n"
        )
        assert imported.coverage["title"] == "Marrowmere flood"
        assert "summary" not in imported.coverage
        assert html(imported.entries[0]) == "<p>It holds, she said.</p>"

    def test_without_a_head_the_title_comes_from_the_name_of_the_file(self) -> None:
        imported = page("- 12 Mar 2026 - 10:00(10:00 GMT)\nDam\nIt holds.\n", name="/tmp/marrowmere_flood.txt")
        assert imported.coverage["title"] == "marrowmere flood"
        assert notes(imported, "assumed", about="no page head")

    def test_without_a_head_and_a_name_the_day_is_the_title(self) -> None:
        imported = page("- 12 Mar 2026 - 10:00(10:00 GMT)\nDam\nIt holds.\n")
        assert imported.coverage["title"] == "Live page of 2026-03-12"

    def test_lines_of_the_head_without_a_place_are_noted(self) -> None:
        imported = page(PAGE.rstrip() + "\nSource: The Valley Courier\nAdvertisement\n----\n")
        assert [note.excerpt for note in notes(imported, "left_out", about="page head")] == [
            "Source: The Valley Courier",
            "Advertisement",
            "----",
        ]


class TestRobustness:
    @pytest.mark.parametrize(
        "text",
        [
            pytest.param(PAGE.replace("\n", "\r\n"), id="carriage returns"),
            pytest.param("\ufeff" + PAGE, id="byte order mark"),
            pytest.param(PAGE.replace("(", " ("), id="a space before the bracket"),
            pytest.param(PAGE.replace("- 12 Mar 2026 -", "– 12 March 2026 –"), id="dashes and whole months"),
            pytest.param(PAGE.replace(" GMT)", " UTC)").replace("15:30 UTC", "15:30 GMT"), id="UTC"),
        ],
    )
    def test_the_same_page_written_otherwise_is_the_same(self, text: str) -> None:
        assert page(text).entries == page(PAGE).entries
        assert page(text).coverage == page(PAGE).coverage

    def test_a_page_in_utf16_is_read(self) -> None:
        assert livepage.read(PAGE.encode("utf-16")).entries == page(PAGE).entries

    def test_a_page_in_an_old_encoding_is_read_and_noted(self) -> None:
        imported = livepage.read(PAGE.encode("cp1252"))
        assert imported.entries == page(PAGE).entries
        assert notes(imported, "assumed", about="Windows-1252")

    def test_entries_out_of_order_are_put_in_it_and_that_is_noted(self) -> None:
        text = "".join(
            f"- 12 Mar 2026 - {at}({at} GMT)\nAt {at}\nText.\n" for at in ("12:00", "11:00", "11:30", "10:00")
        )
        imported = page(text)
        assert headlines(imported) == ["At 10:00", "At 11:00", "At 11:30", "At 12:00"]
        assert notes(imported, "changed", about="out of the order")

    def test_a_page_that_runs_oldest_first_keeps_the_order_within_a_minute(self) -> None:
        text = "".join(
            f"- 12 Mar 2026 - {at}({at} GMT)\n{title}\nText.\n"
            for at, title in (("10:00", "A"), ("10:00", "B"), ("11:00", "C"))
        )
        assert headlines(page(text)) == ["A", "B", "C"]

    def test_a_time_with_nothing_below_is_noted(self) -> None:
        imported = page("- 12 Mar 2026 - 11:00(11:00 GMT)\n- 12 Mar 2026 - 10:00(10:00 GMT)\nDam\nIt holds.\n")
        assert len(imported.entries) == 1
        assert [note.line for note in notes(imported, "left_out", about="time without text")] == [1]

    def test_text_after_a_mark_on_its_line_is_the_headline(self) -> None:
        assert headlines(page("- 12 Mar 2026 - 10:00(10:00 GMT) Dam\nIt holds.\n")) == ["Dam"]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "No entry was found.*The file is empty"),
            ("Hello\nworld", "No entry was found.*begins: 'Hello world'"),
            ("- 12 Mar 2026 - 10:00(10:00 GMT)\n", "Line 1: .* no text below"),
            ("x\n- 40 Foo 2026 - 10:00(10:00 GMT)\nDam\nWet.", "Line 2: .* no date that can be read"),
        ],
    )
    def test_what_cannot_be_read_is_refused_in_words(self, text: str, message: str) -> None:
        with pytest.raises(ImportFormatError, match=message):
            page(text)

    @pytest.mark.parametrize("start", ["", "- ", "1. ", "“"])
    def test_a_line_too_long_for_a_block_is_parted_between_words_and_noted(self, start: str) -> None:
        text = start + "water & mud " * 20_000
        imported = page(f"- 12 Mar 2026 - 10:00(10:00 GMT)\nDam\n{text}\n")
        assert unescape(re.sub("</?p>", "", html(imported.entries[0]))).strip() == text.strip()
        assert notes(imported, "changed", about="was parted")

    @pytest.mark.parametrize("line", ["- item\n", "“Open.\n", "Text.\n", "1. x\n"])
    def test_thousands_of_lines_in_one_entry_are_several_blocks(self, line: str) -> None:
        imported = page("- 12 Mar 2026 - 10:00(10:00 GMT)\nDam\n" + line * 30_000)
        assert all(len(block["html"]) <= 200_000 for block in imported.entries[0]["blocks"])
        assert len(re.findall("item|Open|Text|x", html(imported.entries[0]))) == 30_000

    def test_control_characters_are_taken_out_and_noted(self) -> None:
        imported = page("- 12 Mar 2026 - 10:00(10:00 GMT)\nDam\nIt \x07holds.\n")
        assert html(imported.entries[0]) == "<p>It holds.</p>"
        assert [note.line for note in notes(imported, "changed")] == [3]


LINES = st.one_of(
    st.sampled_from(
        [
            "- 12 Mar 2026 - 18:40(16:40 GMT)",
            "The dam [Ana Roe/AP] Advertisement - 12 Mar 2026 - 18:25(16:25 GMT)",
            "- 2h ago(15:00 GMT)",
            "- 31 Feb 2026 - 18:40(16:40 GMT)",
            "- 12 Mar 2026 - 18:40",
            "Advertisement",
            "Published On 12 Mar 2026",
            "This live page has now been closed.",
            "By Ana Roe and Luca Brand",
            "A headline",
            "A sentence.",
            "“Open.",
            "“Closed.”",
            "- item",
            "  - deeper",
            "1. one",
            "2. two",
            "The dam [Ana Roe/AP]",
            "So far [so good]",
            "Listen below:",
            "***",
            "",
        ]
    ),
    st.text(max_size=40),
)


@given(st.lists(LINES, max_size=25))
def test_every_line_is_in_a_draft_or_in_a_note(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        imported = page(text)
    except ImportFormatError:
        return
    noted = {note.line for note in imported.notes}
    drafts = _words(json.dumps([imported.coverage, imported.entries], ensure_ascii=False))
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if number in noted or re.search(r"GMT\)|^- 12 Mar|^Published On|^This live page", line):
            continue
        words = _words(re.sub(r"^\s*([-*•·‣◦▪]|\d{1,3}[.)])\s+", "", line))
        assert words in drafts, (number, line)


def _words(text: str) -> str:
    """Letters and digits alone, of text or of JSON with HTML in it."""
    text = unescape(re.sub(r"\\[bfnrt\"]|\\u[0-9a-f]{4}|</?(?:p|ul|ol|li)>", "", text))
    return "".join(character for character in text if character.isalnum())
