"""RSS."""

from __future__ import annotations

import pytest

from feed.errors import ImportFormatError
from feed.exchange import rss

from .samples import headlines, html, kinds, notes, pictures

FEED = """
<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
     xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
  <title>Marrowmere &amp; the flood</title>
  <link>https://courier.example/live</link>
  <atom:link href="https://courier.example/rss" rel="self"/>
  <description>Water in the lower town</description>
  <language>en-gb</language>
  <category>floods</category>
  <managingEditor>desk@courier.example (Ana Roe)</managingEditor>
  <image><url>https://courier.example/icon.png</url><title>The Courier</title></image>
  <ttl>5</ttl>
  <item>
    <title>Gate &amp;amp; spillway</title>
    <link>https://courier.example/live/2</link>
    <guid isPermaLink="false">update-2</guid>
    <pubDate>Thu, 12 Mar 2026 15:00:00 +0100</pubDate>
    <description>&lt;p&gt;Closed&lt;/p&gt;</description>
    <content:encoded><![CDATA[<p>Closed at <b>noon</b>. <a href="/dam">Why</a></p>]]></content:encoded>
    <dc:creator>Luca Brand</dc:creator>
    <category>dam</category>
    <media:content url="https://courier.example/gate.jpg" medium="image" width="800" height="600">
      <media:title>A gate</media:title>
      <media:description>The gate at noon</media:description>
      <media:credit>Mira Sol</media:credit>
    </media:content>
    <enclosure url="https://courier.example/a.mp3" length="1" type="audio/mpeg"/>
    <comments>https://courier.example/live/2/comments</comments>
  </item>
  <item>
    <title>Rain</title>
    <link>https://courier.example/live/1</link>
    <guid>https://courier.example/live/1</guid>
    <pubDate>Thu, 12 Mar 2026 13:00:00 GMT</pubDate>
    <description>It rains, &lt;i&gt;still&lt;/i&gt;.</description>
    <media:thumbnail url="https://courier.example/rain.jpg"/>
    <author>luca@courier.example (Luca Brand)</author>
  </item>
</channel>
</rss>
"""


def test_items_become_entries_oldest_first() -> None:
    imported = rss.read(FEED.encode())
    assert headlines(imported) == ["Rain", "Gate & spillway"]
    assert [entry["id"] for entry in imported.entries] == ["1", "update-2"]
    assert [entry["display_at"] for entry in imported.entries] == [
        "2026-03-12T13:00:00.000Z",
        "2026-03-12T14:00:00.000Z",
    ]


def test_the_head_is_mapped() -> None:
    coverage = rss.read(FEED.encode()).coverage
    assert coverage["title"] == "Marrowmere & the flood"
    assert coverage["summary"] == "Water in the lower town"
    assert coverage["language"] == "en-gb"
    assert coverage["authors"] == [{"name": "Ana Roe"}]
    assert coverage["labels"] == ["floods"]
    assert coverage["image"]["url"] == "https://courier.example/icon.png"


def test_the_whole_text_counts_before_the_description() -> None:
    first, second = rss.read(FEED.encode()).entries
    assert html(first) == "<p>It rains, <em>still</em>.</p>"
    assert "<strong>noon</strong>" in html(second)
    assert 'href="https://courier.example/dam"' in html(second)


def test_media_become_blocks() -> None:
    first, second = rss.read(FEED.encode()).entries
    assert kinds(second) == ["text", "image", "audio"]
    assert pictures(second)[0] == {
        "type": "image",
        "url": "https://courier.example/gate.jpg",
        "alt": "A gate",
        "caption": "The gate at noon",
        "credit": "Mira Sol",
        "width": 800,
        "height": 600,
    }
    assert pictures(first)[0]["url"] == "https://courier.example/rain.jpg"
    assert first["authors"] == second["authors"] == [{"name": "Luca Brand"}]


def test_of_a_group_of_one_medium_the_default_is_taken() -> None:
    group = (
        '<media:group><media:content url="https://courier.example/s.mp4" type="video/mp4"/>'
        '<media:content url="https://courier.example/l.mp4" type="video/mp4" isDefault="true"/></media:group>'
    )
    entry = rss.read(FEED.replace("<comments>", group + "<comments>").encode()).entries[1]
    assert [block["url"] for block in entry["blocks"] if block["type"] == "video"] == ["https://courier.example/l.mp4"]


def test_elements_without_a_place_are_noted() -> None:
    imported = rss.read(FEED.encode())
    assert [note.where for note in notes(imported, "left_out", about="<comments>")] == ["entry 1"]
    assert [note.where for note in notes(imported, "left_out", about="<ttl>")] == ["page head"]


def test_rss_1_with_items_beside_the_channel_is_read() -> None:
    feed = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
      xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://courier.example/"><title>T</title></channel>
      <item rdf:about="https://courier.example/7"><title>Rain</title><description>It rains.</description>
      <dc:date>2026-03-12T13:00:00Z</dc:date></item></rdf:RDF>"""
    imported = rss.read(feed.encode())
    assert [(entry["id"], entry["display_at"]) for entry in imported.entries] == [("7", "2026-03-12T13:00:00.000Z")]


@pytest.mark.parametrize(
    ("feed", "message"),
    [
        ("<rss></rss>", "no RSS: its root is <rss>"),
        ("<html></html>", "no RSS: its root is <html>"),
        ("\n<rss>", "Line 2 is not well-formed XML: no element found"),
        ("<!DOCTYPE rss [<!ENTITY a 'b'>]><rss>&a;</rss>", "Line 1: a document type is declared"),
        ("<a>" * 300, "nested more than 200 deep"),
        ('<?xml version="1.0" encoding="no-such"?><rss/>', "encoding|unknown encoding"),
    ],
)
def test_what_is_no_rss_is_refused(feed: str, message: str) -> None:
    with pytest.raises(ImportFormatError, match=message):
        rss.read(feed.encode())
