"""Atom and RSS, read by a parser that knows nothing of us, and brought back in by our own."""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import feedparser  # type: ignore[import-untyped]
import pytest

from feed import exchange
from feed.model import Author, Entry, Image, Picture, Quote, Text
from feed.pages import xml
from feed.pages.plain import plain_text

from .feeds import WRITERS, a_feed
from .samples import ORIGIN, at, coverage, entry, every_entry, many, picture

PAGE = f"{ORIGIN}/c/aldmere"
ATOM = "{http://www.w3.org/2005/Atom}"
MEDIA = "{http://search.yahoo.com/mrss/}"
BOTH = {"atom": xml.atom, "rss": xml.rss}


def parsed(format_: str, **changes: Any) -> Any:
    # A title of RSS is text (https://www.rssboard.org/rss-profile); the parser's guess that it is HTML is not wanted.
    document = feedparser.parse(BOTH[format_](a_feed(**changes)), sanitize_html=False, resolve_relative_uris=False)
    assert not document.bozo, document.get("bozo_exception")
    return document


@pytest.fixture(params=BOTH)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_parser_of_feeds_finds_the_head(kind: str) -> None:
    document = parsed(kind, head=coverage(image=Picture(**picture()), labels=("floods",)))
    assert document.version == {"atom": "atom10", "rss": "rss20"}[kind]
    assert document.feed.title == coverage().title
    assert document.feed.subtitle == coverage().summary
    assert document.feed.link == PAGE
    assert document.feed.language == "en"
    assert [tag.term for tag in document.feed.tags] == ["floods"]
    assert {"rel": "self", "href": f"{PAGE}/{kind}.xml"}.items() <= document.feed.links[-1].items()
    assert timegm(document.feed.updated_parsed) == datetime.fromisoformat(at("16:20")).timestamp()
    assert (document.feed.image.href if kind == "rss" else document.feed.logo) == f"{ORIGIN}/pictures/river.svg"


def test_a_parser_of_feeds_finds_the_entries_newest_first(kind: str) -> None:
    entries = parsed(kind).entries
    assert [one.id for one in entries] == [f"{PAGE}/e/{one.id}" for one in every_entry()]
    assert [one.link for one in entries] == [one.id for one in entries]
    assert [timegm(one.published_parsed) for one in entries] == [
        datetime.fromisoformat(one.display_at).timestamp() for one in every_entry()
    ]
    assert [one.get("title") or None for one in entries] == [
        "Withdrawn" if one.retraction else one.headline for one in every_entry()
    ]


def test_a_parser_of_feeds_finds_what_is_in_an_entry(kind: str) -> None:
    one = entry(
        1,
        headline="‘Up’ & <away> ]]>",
        authors=(Author(name="Ada & Tom"), Author(name="Ines <x>")),
        labels=("a & b",),
        updated_at=at("13:00"),
        blocks=(Text(html='<p>H<sub>2</sub>O &amp; <a href="/c/x">“more”</a> ]]&gt;</p>'), Image(**picture())),
    )
    (found,) = parsed(kind, entries=[one]).entries
    assert found.title == "‘Up’ & <away> ]]>"
    assert [author.name for author in found.authors] == ["Ada & Tom", "Ines <x>"]
    assert [tag.term for tag in found.tags] == ["a & b"]
    assert timegm(found.updated_parsed) == datetime.fromisoformat(at("13:00")).timestamp()
    (body,) = (part for part in found.content if part.type == "text/html")
    assert f'<p>H<sub>2</sub>O &amp; <a href="{ORIGIN}/c/x">“more”</a> ]]&gt;</p>' in body.value
    (enclosure,) = found.enclosures
    assert (enclosure.href, enclosure.type) == (f"{ORIGIN}/pictures/river.svg", "image/svg+xml")


def test_what_was_withdrawn_is_not_said_again(kind: str) -> None:
    document = BOTH[kind](a_feed()).decode()
    assert "neighbours" not in document
    assert "Both were found at home. The report was wrong." in document


def test_pictures_in_rss_have_their_words_and_who_took_them() -> None:
    (item,) = ElementTree.fromstring(xml.rss(a_feed(entries=[entry(4, blocks=(Image(**picture()),))]))).iter("item")
    assert [one.attrib["url"] for one in item.iter("enclosure")] == [f"{ORIGIN}/pictures/river.svg"]
    (media,) = item.iter(f"{MEDIA}content")
    assert media.attrib == {
        "url": f"{ORIGIN}/pictures/river.svg",
        "medium": "image",
        "type": "image/svg+xml",
        "width": "1200",
        "height": "800",
    }
    assert [part.text for part in media] == ["A street under water", "Mill Street at noon", "Lena Fors/Aldmere Echo"]


def test_rss_has_every_element_that_its_rules_ask_for() -> None:
    for feed in (a_feed(), a_feed(coverage(summary=None, authors=()), [])):
        root = ElementTree.fromstring(xml.rss(feed))
        assert root.attrib["version"] == "2.0"
        (channel,) = root
        for name in ("title", "link", "description"):
            assert channel.findtext(name)
        for item in channel.iter("item"):
            assert item.findtext("title") or item.findtext("description")
            guid = item.find("guid")
            assert guid is not None
            assert guid.attrib == {"isPermaLink": "true"}
            assert guid.text == item.findtext("link")
            assert len(item.findall("enclosure")) <= 1
            for enclosure in item.iter("enclosure"):
                assert set(enclosure.attrib) == {"url", "length", "type"}


def test_atom_has_every_element_that_rfc_4287_asks_for() -> None:
    for feed in (a_feed(), a_feed(coverage(summary=None, authors=()), []), a_feed(coverage(authors=()))):
        root = ElementTree.fromstring(xml.atom(feed))
        assert root.tag == f"{ATOM}feed"
        assert root.findall(f"{ATOM}author/{ATOM}name"), "section 4.1.1: else every entry needs one"
        for element in (root, *root.iter(f"{ATOM}entry")):
            for name in ("id", "title", "updated"):
                assert len(element.findall(f"{ATOM}{name}")) == 1, name
        for one in root.iter(f"{ATOM}entry"):
            assert len(one.findall(f"{ATOM}content[@type='html']")) == 1
            assert [link.attrib["href"] for link in one.findall(f"{ATOM}link[@rel='alternate']")] == [
                one.findtext(f"{ATOM}id")
            ]
    arabic = root.find(f"{ATOM}entry[@{{http://www.w3.org/XML/1998/namespace}}lang='ar']")
    assert arabic is not None


def test_feeds_keep_to_what_validators_check(kind: str) -> None:
    """https://validator.w3.org/feed/docs/: a link to itself, unique ids, dates as written, whole addresses."""
    root = ElementTree.fromstring(BOTH[kind](a_feed(coverage(image=Picture(**picture())))))
    (own,) = root.findall(f".//{ATOM}link[@rel='self']")
    assert own.attrib["href"] == f"{PAGE}/{kind}.xml"
    ids = [element.text for element in root.iter() if element.tag in (f"{ATOM}id", "guid")]
    assert len(set(ids)) == len(ids) > len(every_entry()) - 1
    written = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT"
    for element in root.iter():
        if element.tag in ("pubDate", "lastBuildDate"):
            assert re.fullmatch(written, element.text or "")
        elif element.tag in (f"{ATOM}updated", f"{ATOM}published"):
            assert datetime.fromisoformat(element.text or "").tzinfo is not None
        addresses = [element.attrib.get(name) for name in ("href", "url")] + re.findall(
            r'(?:src|href|poster)="([^"]*)"', element.text or ""
        )
        assert all(one.startswith(("https://", "http://")) for one in addresses if one is not None), addresses


def test_a_character_that_xml_cannot_carry_does_not_take_the_feed_with_it(kind: str) -> None:
    document = BOTH[kind](a_feed(coverage(title="a\x00b\x0bc\ufffe"), [entry(1, headline="x\x1by \U0001f30a")]))
    root = ElementTree.fromstring(document)
    assert {"ab c", "xy \U0001f30a"} <= {element.text for element in root.iter() if element.tag.endswith("title")}


def words_of(htmls: Iterable[str]) -> str:
    return " ".join(" ".join(plain_text(html).split()) for html in htmls)


@pytest.mark.parametrize("format_", WRITERS)
def test_a_feed_can_be_brought_in_again(format_: str) -> None:
    # What has a note of ours beside its words comes back with the note among them.
    originals = [one for one in every_entry() if not (one.retraction or one.verification or one.corrections)]
    originals += [changed(one) for one in many(30)]
    imported = exchange.read(WRITERS[format_](a_feed(entries=originals)))
    assert imported.coverage["title"] == coverage().title
    brought = {one["id"]: one for one in imported.entries}
    assert brought.keys() == {one.id for one in originals}
    for one in originals:
        again = brought[one.id]
        # Whether a title of RSS is text or HTML nobody can tell: there, what looks like a tag is taken for one.
        headline = plain_text(one.headline or "") or None if format_ == "rss" else one.headline
        assert again.get("headline") == headline
        assert again["display_at"] == one.display_at
        assert again.get("labels", []) == list(one.labels)
        said = [part for part in one.blocks if isinstance(part, Text | Quote)]
        if len(said) == len(one.blocks):
            assert words_of(part["html"] for part in again["blocks"]) == words_of(part.html for part in said)
    pictured = [block["type"] for block in brought["n005"]["blocks"]]
    assert pictured in (["text", "gallery"], ["text", "image", "image", "image"])


def changed(one: Entry) -> Entry:
    return entry(
        100 + int(one.id[1:]), one.display_at[11:16], headline=f"{one.headline} & <more>", updated_at=at("16:00")
    )
