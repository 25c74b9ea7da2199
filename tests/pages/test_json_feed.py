"""JSON Feed 1.1, field by field (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

from typing import Any

from feed.model import Author, Image, Picture, Text, Video

from .feeds import a_feed, as_json
from .samples import ORIGIN, at, coverage, ended, entry, every_entry, picture

PAGE = f"{ORIGIN}/c/aldmere"


def item(**changes: Any) -> Any:
    (only,) = as_json(entries=[entry(1, **changes)])["items"]
    return only


def test_the_head_says_what_the_feed_is() -> None:
    head = {name: value for name, value in as_json(coverage(image=Picture(**picture()))).items() if name != "items"}
    assert head == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Aldmere flood: thousands leave their homes as the river keeps rising",
        "home_page_url": PAGE,
        "feed_url": f"{PAGE}/feed.json",
        "description": "The upper dam is holding, the water authority says, "
        "and the crest is expected in the town before midnight.",
        "language": "en",
        "icon": f"{ORIGIN}/pictures/river.svg",
        "authors": [{"name": "Ines Marlow", "url": "https://example.org/marlow"}, {"name": "Tomas Reed"}],
    }


def test_a_feed_that_will_not_change_any_more_says_so() -> None:
    assert as_json(ended())["expired"] is True
    assert "expired" not in as_json()


def test_a_coverage_without_entries_is_a_feed_without_items() -> None:
    assert as_json(entries=[])["items"] == []


def test_items_are_the_entries_newest_first_by_their_permalinks() -> None:
    items = as_json(entries=every_entry()[::-1])["items"]
    assert [one["id"] for one in items] == [f"{PAGE}/e/{one.id}" for one in every_entry()]
    assert [one["url"] for one in items] == [one["id"] for one in items]


def test_an_item_holds_all_of_its_entry() -> None:
    whole = item(
        headline="‘Up’ & <away>",
        authors=(Author(name="Ada", avatar="/ada.png"),),
        labels=("pictures", "Lower town"),
        language="hy",
        updated_at=at("13:00"),
        blocks=(
            Text(html='<p>See <a href="/c/other">the other</a>.</p>'),
            Image(**picture()),
            Video(url="/film.mp4", title="Film"),
        ),
    )
    assert whole == {
        "id": f"{PAGE}/e/n001",
        "url": f"{PAGE}/e/n001",
        "title": "‘Up’ & <away>",
        "content_html": whole["content_html"],
        "image": f"{ORIGIN}/pictures/river.svg",
        "date_published": at("12:00"),
        "date_modified": at("13:00"),
        "authors": [{"name": "Ada", "avatar": f"{ORIGIN}/ada.png"}],
        "tags": ["pictures", "Lower town"],
        "language": "hy",
        "attachments": [
            {
                "url": f"{ORIGIN}/pictures/river.svg",
                "mime_type": "image/svg+xml",
                "title": "Mill Street at noon",
            },
            {"url": f"{ORIGIN}/film.mp4", "mime_type": "video/mp4", "title": "Film"},
        ],
    }


def test_addresses_on_the_servers_own_site_are_written_out() -> None:
    html = item(blocks=(Text(html='<p><a href="/c/other">the other</a></p>'), Image(**picture())))["content_html"]
    assert f'<a href="{ORIGIN}/c/other">the other</a>' in html
    assert f'<img src="{ORIGIN}/pictures/river.svg" alt="A street under water" width="1200" height="800">' in html


def test_an_address_of_no_known_form_breaks_nothing() -> None:
    only = item(blocks=(Image(**picture(url="http://[x")), Video(url="http://[y")))
    assert only["image"] == "http://[x"
    assert [one["mime_type"] for one in only["attachments"]] == ["image/*"]


def test_a_film_on_a_page_of_its_own_is_a_link_and_no_attachment() -> None:
    only = item(blocks=(Video(url="https://example.org/films/7", title="The dam"),))
    assert '<a href="https://example.org/films/7">The dam</a>' in only["content_html"]
    assert "attachments" not in only


def test_what_was_withdrawn_is_not_said_again() -> None:
    for one in as_json()["items"]:
        if one["id"].endswith(("n014", "n015")):
            assert one["title"] == "Withdrawn"
            assert "image" not in one
            assert "attachments" not in one
    (missing,) = (one for one in as_json()["items"] if one["id"].endswith("n014"))
    assert missing["content_html"] == (
        "<p><strong>Withdrawn:</strong> Both were found at home. The report was wrong.</p>"
    )
    assert "neighbours" not in str(as_json())


def test_a_claim_is_told_as_one_and_a_correction_is_noted() -> None:
    items = {one["id"].rpartition("/")[2]: one for one in as_json()["items"]}
    assert items["n009"]["content_html"].startswith('<p class="note"><strong>Claim by the mayor</strong></p>')
    assert "<strong>Correction:</strong> The number was 14,000." in items["n013"]["content_html"]


def test_words_that_run_from_the_right_say_so_themselves() -> None:
    (arabic,) = as_json(coverage(language="ar"), [entry(1)])["items"]
    assert arabic["content_html"].startswith('<div lang="ar" dir="rtl">')
    assert item(language="fa")["content_html"].startswith('<div lang="fa" dir="rtl">')
    assert item()["content_html"].startswith("<p>")


def test_lines_of_code_keep_their_blank_ones() -> None:
    assert "<pre>a\n\n  b</pre>" in item(blocks=(Text(html="<pre>a\n\n  b</pre>"),))["content_html"]


def test_plain_text_in_a_body_is_escaped() -> None:
    html = item(blocks=(Image(**picture(alt='"><script>', caption="a < b & c", credit="<i>")),))["content_html"]
    assert 'alt="&#34;&gt;&lt;script&gt;"' in html
    assert "<figcaption>a &lt; b &amp; c [&lt;i&gt;]</figcaption>" in html


def test_a_feed_is_as_new_as_its_newest_change() -> None:
    assert a_feed().updated == at("16:20")
    assert a_feed(coverage(updated_at=at("16:50"))).updated == at("16:50")
