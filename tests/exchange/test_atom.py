"""Atom."""

from __future__ import annotations

import pytest

from feed.errors import ImportFormatError
from feed.exchange import atom

from .samples import headlines, html, kinds, notes

FEED = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
  <title type="html">Marrowmere &amp;amp; the flood</title>
  <subtitle>Water &lt; mud</subtitle>
  <id>urn:uuid:60a76c80-d399-11d9-b93c-0003939e0af6</id>
  <link href="https://courier.example/live"/>
  <updated>2026-03-12T17:00:00Z</updated>
  <author><name>Ana Roe</name><uri>https://courier.example/ana</uri></author>
  <category term="floods" label="Floods"/>
  <logo>https://courier.example/logo.png</logo>
  <rights>The Courier</rights>
  <entry>
    <title>Gate &lt;closed&gt;</title>
    <id>tag:courier.example,2026:2</id>
    <link rel="alternate" href="https://courier.example/live/2"/>
    <link rel="enclosure" type="video/mp4" href="https://courier.example/v.mp4" title="The gate"/>
    <link rel="related" href="https://lake.example/notice" title="Notice &amp; map"/>
    <link rel="replies" href="https://courier.example/live/2/replies"/>
    <published>2026-03-12T14:00:00Z</published>
    <updated>2026-03-12T14:10:00Z</updated>
    <author><name>Luca Brand</name></author>
    <category term="dam"/>
    <summary>Closed at noon</summary>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Closed at <b>noon</b> &amp; dry.<br/>
      <a href="/dam">Why</a></p></div></content>
  </entry>
  <entry>
    <title>Rain</title>
    <id>https://courier.example/live/1</id>
    <updated>2026-03-12T13:00:00Z</updated>
    <content>It &lt;b&gt; rains.</content>
  </entry>
  <entry>
    <title>Snow</title>
    <id>https://courier.example/live/0</id>
    <published>2026-03-12T12:00:00Z</published>
    <updated>2026-03-12T12:00:00Z</updated>
    <content type="html">&lt;p&gt;It snows.&lt;/p&gt;</content>
  </entry>
</feed>
"""


def test_entries_come_oldest_first() -> None:
    imported = atom.read(FEED.encode())
    assert headlines(imported) == ["Snow", "Rain", "Gate <closed>"]
    assert [entry["display_at"][11:16] for entry in imported.entries] == ["12:00", "13:00", "14:00"]
    assert [entry["id"] for entry in imported.entries][:2] == ["0", "1"]


def test_the_head_is_mapped() -> None:
    coverage = atom.read(FEED.encode()).coverage
    assert coverage["title"] == "Marrowmere & the flood"
    assert coverage["summary"] == "Water &lt; mud"
    assert coverage["language"] == "en"
    assert coverage["labels"] == ["Floods"]
    assert coverage["authors"] == [{"name": "Ana Roe", "url": "https://courier.example/ana"}]
    assert coverage["image"]["url"] == "https://courier.example/logo.png"


def test_each_kind_of_content_is_read_as_what_it_is() -> None:
    snow, rain, gate = atom.read(FEED.encode()).entries
    assert html(snow) == "<p>It snows.</p>"
    assert html(rain) == "<p>It &lt;b&gt; rains.</p>"
    assert "Closed at <strong>noon</strong> &amp; dry.<br>" in html(gate)
    assert 'href="https://courier.example/dam"' in html(gate)


def test_enclosures_and_related_pages_become_blocks() -> None:
    gate = atom.read(FEED.encode()).entries[-1]
    assert kinds(gate) == ["text", "video", "link"]
    assert gate["blocks"][1]["title"] == "The gate"
    assert gate["blocks"][2]["title"] == "Notice & map"


def test_content_elsewhere_becomes_a_block() -> None:
    feed = FEED.replace(
        "<content>It &lt;b&gt; rains.</content>", '<content src="https://courier.example/a.mp3" type="audio/mpeg"/>'
    )
    assert kinds(atom.read(feed.encode()).entries[1]) == ["audio"]


def test_what_is_assumed_or_left_out_is_noted() -> None:
    imported = atom.read(FEED.encode())
    assert [note.where for note in notes(imported, "assumed", about="no time of publication")] == ["entry 2"]
    assert notes(imported, "left_out", about="<atom:rights>")
    assert notes(imported, "left_out", about="relation replies")
    assert [note.where for note in notes(imported, "left_out", about="last change")] == ["entry 1"]


def test_what_is_no_atom_is_refused() -> None:
    with pytest.raises(ImportFormatError, match="no Atom feed: its root is <feed>"):
        atom.read(b"<feed/>")
