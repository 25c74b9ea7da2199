"""Drafts and patches applied to entries and to the head of a coverage."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.drafts import CoverageDraft, CoveragePatch, EntryDraft, EntryPatch
from feed.editing import edited_coverage, edited_entry, edited_successor, moment, new_entry, plain
from feed.errors import InvalidInput
from feed.model import Adverts, Coverage, Entry, Gallery, Image, Link, Moment, Quote, Successor, Text, Visibility
from feed.wire import decode, encode, entry_from_json

NOW = datetime(2026, 11, 23, 3, 33, 0, 123_456, UTC)
AT = Moment("2026-11-23T03:33:00.123Z")


def draft(**fields: Any) -> EntryDraft:
    return msgspec.convert(fields, EntryDraft)


def entry(**fields: Any) -> Entry:
    return new_entry(draft(**fields), NOW)


def revised(before: Entry, **fields: Any) -> Entry:
    return edited_entry(before, msgspec.convert(fields, EntryPatch))


def coverage(visibility: Visibility = "public", **fields: Any) -> Coverage:
    return Coverage(
        id="c",
        title="T",
        status="live",
        visibility=visibility,
        revision=1,
        created_at=AT,
        updated_at=AT,
        language="en",
        **fields,
    )


def changed(before: Coverage, **fields: Any) -> Coverage:
    return edited_coverage(before, msgspec.convert(fields, CoveragePatch))


def refusal(**fields: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        entry(**fields)
    return caught.value


PICTURE = {"url": "https://example.org/a.jpg", "alt": "A"}
OTHER = {"url": "https://example.org/b.jpg", "alt": "B", "width": 640, "height": 480}
STORY = {"url": "https://example.org/story", "title": "Story"}


def test_a_new_entry_has_revision_1_and_the_time_of_now() -> None:
    made = entry(text="Hello")
    assert (made.revision, made.status, made.kind, made.importance) == (1, "published", "update", 1)
    assert (made.display_at, made.published_at, made.updated_at) == (AT, AT, AT)
    assert made.blocks == (Text(html="<p>Hello</p>"),)


def test_ids_are_made_in_the_order_of_time_or_taken_as_they_are_given() -> None:
    first, second = entry(text="a").id, entry(text="b").id
    assert first < second
    assert entry(text="a", id="a.b:c-d_1").id == "a.b:c-d_1"


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ({"html": "<p>One <b>two</b></p><script>x</script>"}, "<p>One <strong>two</strong></p>"),
        ({"markdown": "One **two**"}, "<p>One <strong>two</strong></p>"),
        ({"text": "One <b>two</b>"}, "<p>One &lt;b&gt;two&lt;/b&gt;</p>"),
        ({"blocks": [{"type": "text", "html": "<p onclick=x>One</p>"}]}, "<p>One</p>"),
    ],
)
def test_every_form_of_text_becomes_sanitised_blocks(body: dict[str, Any], html: str) -> None:
    assert entry(**body).blocks == (Text(html=html),)


def test_images_and_links_become_blocks_after_the_text() -> None:
    assert entry(text="x", images=[PICTURE], links=[STORY]).blocks == (
        Text(html="<p>x</p>"),
        Image(url="https://example.org/a.jpg", alt="A"),
        Link(url="https://example.org/story", title="Story"),
    )


def test_several_images_are_a_gallery() -> None:
    (gallery,) = entry(images=[PICTURE, OTHER]).blocks
    assert isinstance(gallery, Gallery)
    assert [image.url for image in gallery.images] == [PICTURE["url"], OTHER["url"]]
    assert gallery.images[1].width == 640


def test_the_words_of_pictures_and_links_are_plain_lines() -> None:
    image, link = entry(
        images=[{**PICTURE, "caption": " The\n sea\x00 ", "credit": ""}],
        links=[{"url": "https://example.org/x", "title": "A\tb", "summary": " "}],
    ).blocks
    assert image == Image(url="https://example.org/a.jpg", alt="A", caption="The sea")
    assert link == Link(url="https://example.org/x", title="A b")


def test_an_image_without_address_needs_words() -> None:
    (image,) = entry(images=[{"caption": "The sea", "credit": "Somebody"}]).blocks
    assert image == Image(caption="The sea", credit="Somebody")
    for words in ({}, {"alt": " "}, {"caption": "\x00"}):
        error = refusal(images=[PICTURE, words])
        assert error.field == "images[1].url"


def test_only_one_form_of_text_is_taken() -> None:
    error = refusal(text="a", html="b")
    assert error.field in ("text", "html")
    assert "one of html, text" in error.detail


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"text": ""},
        {"text": " \n "},
        {"html": "<p> </p><script>x</script>"},
        {"headline": " \x00 "},
        {"blocks": []},
        {"images": []},
        {"labels": ["x"]},
    ],
)
def test_an_entry_without_anything_to_read_is_refused(fields: dict[str, Any]) -> None:
    assert "empty" in refusal(**fields).detail


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": "x", "labels": ["a", " "]}, "labels[1]"),
        ({"text": "x", "authors": [{"name": "a"}, {"name": "\t"}]}, "authors[1].name"),
        ({"text": "x", "display_at": "1969-12-31T23:59:59Z"}, "display_at"),
        ({"text": "x", "display_at": "9999-06-01T00:00:00Z"}, "display_at"),
        ({"text": "x", "display_at": "0001-01-01T00:00:00+14:00"}, "display_at"),
        ({"html": "<div>" * 2_000}, "html"),
        ({"blocks": [{"type": "video", "url": "http://@"}]}, "blocks"),
    ],
)
def test_what_cannot_be_shown_is_refused_at_its_place(fields: dict[str, Any], field: str) -> None:
    assert refusal(**fields).field == field


def test_times_are_kept_in_utc_with_milliseconds() -> None:
    assert entry(text="x", display_at="2026-11-23T09:00:00.9999+05:30").display_at == "2026-11-23T03:30:00.999Z"
    assert moment(datetime(1970, 1, 1, tzinfo=UTC), "x") == "1970-01-01T00:00:00.000Z"


def test_lines_of_words_keep_spaces_that_do_not_break() -> None:
    assert plain(" «\u00a0Oui\u202f!\u00a0»\r\n \x07fin ", "x") == "«\u00a0Oui\u202f!\u00a0» fin"
    with pytest.raises(InvalidInput, match="x: must not be blank"):
        plain("\x00 \n", "x")


# ---------------------------------------------------------------- revisions


def test_what_is_not_sent_stays() -> None:
    before = entry(headline="H", text="a", labels=["l"], key_event=True, kind="wrap", importance=3)
    after = revised(before, headline="New")
    assert after.headline == "New"
    assert (after.blocks, after.labels, after.key_event, after.kind, after.importance) == (
        before.blocks,
        ("l",),
        True,
        "wrap",
        3,
    )


def test_null_sets_a_field_back() -> None:
    before = entry(
        headline="H",
        text="a",
        labels=["l"],
        authors=[{"name": "n"}],
        key_event=True,
        kind="wrap",
        importance=3,
        verification={"status": "claim", "by": "b"},
        language="fr",
        display_at="2026-01-01T00:00:00Z",
    )
    fields = ("headline", "labels", "authors", "key_event", "kind", "importance", "verification", "language")
    after = revised(before, **dict.fromkeys((*fields, "display_at")))
    assert after == msgspec.structs.replace(entry(text="a"), id=before.id)


def test_text_takes_the_place_of_text_and_pictures_and_links_stay() -> None:
    before = entry(text="a", images=[PICTURE], links=[STORY])
    assert revised(before, markdown="b").blocks == (Text(html="<p>b</p>"), *before.blocks[1:])


def test_pictures_take_the_place_of_pictures() -> None:
    before = entry(text="a", images=[PICTURE], links=[STORY])
    assert revised(before, images=[OTHER]).blocks == (
        before.blocks[0],
        Image(url="https://example.org/b.jpg", alt="B", width=640, height=480),
        before.blocks[2],
    )
    assert revised(before, images=[]).blocks == (before.blocks[0], before.blocks[2])
    assert revised(before, links=None).blocks == before.blocks[:2]
    html = '<p>b</p><img src="https://example.org/b.jpg" alt="B">'
    assert [type(block) for block in revised(before, html=html).blocks] == [Text, Image, Link]


def test_blocks_take_the_place_of_everything() -> None:
    before = entry(text="a", images=[PICTURE], links=[STORY])
    assert revised(before, blocks=[{"type": "quote", "html": "<p>q</p>", "by": "Q"}]).blocks == (
        Quote(html="<p>q</p>", by="Q"),
    )


def test_a_revision_leaves_something_to_read() -> None:
    assert revised(entry(headline="H", text="a"), text=None).blocks == ()
    for before, fields in ((entry(headline="H"), {"headline": None}), (entry(text="a"), {"text": None})):
        with pytest.raises(InvalidInput, match="empty"):
            revised(before, **fields)


# ---------------------------------------------------------------- the head of a coverage


def test_the_head_is_sanitised() -> None:
    after = changed(
        coverage(),
        title=" A \n title ",
        summary="<p>One <script>x</script><b>two</b></p>",
        key_points=["<i>One</i>", "<script>x</script>"],
        image={**PICTURE, "caption": " c\n"},
        links=[{**STORY, "title": " s "}],
        labels=[" l "],
        authors=[{"name": " n ", "tagline": ""}],
        timezone="Europe/London",
        language="en-GB",
        starts_at="2026-11-23T04:00:00+01:00",
    )
    assert (after.title, after.summary, after.key_points) == ("A title", "One <strong>two</strong>", ("<em>One</em>",))
    assert after.image is not None
    assert (after.image.caption, after.links[0].title, after.labels) == ("c", "s", ("l",))
    assert (after.authors[0].name, after.authors[0].tagline) == ("n", None)
    assert (after.timezone, after.language, after.starts_at) == ("Europe/London", "en-GB", "2026-11-23T03:00:00.000Z")


def test_null_clears_what_the_head_can_do_without() -> None:
    full = changed(
        coverage(),
        summary="s",
        key_points=["k"],
        image=PICTURE,
        links=[STORY],
        labels=["l"],
        authors=[{"name": "n"}],
        timezone="Europe/London",
        language="fr",
        visibility="unlisted",
        starts_at="2026-11-23T04:00:00Z",
    )
    fields = ("summary", "key_points", "image", "links", "labels", "authors", "timezone", "language", "starts_at")
    assert changed(full, **dict.fromkeys(fields)) == coverage(visibility="unlisted")
    assert changed(full) == full


# A machine may have files for them among those of the zones; browsers have none.
NO_ZONES = ["localtime", "posixrules", "Factory", "right/UTC", "posix/Europe/London", "europe/london"]


@pytest.mark.parametrize(
    "zone", ["Europe/London", "America/Argentina/Buenos_Aires", "US/Eastern", "Asia/Calcutta", "UTC"]
)
def test_a_zone_may_have_a_name_from_earlier(zone: str) -> None:
    assert changed(coverage(), timezone=zone).timezone == zone


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " "}, "title"),
        ({"timezone": "Europe/Londom"}, "timezone"),
        ({"timezone": "Europe"}, "timezone"),
        *(({"timezone": zone}, "timezone") for zone in NO_ZONES),
        ({"labels": [" "]}, "labels[0]"),
        ({"image": {"alt": " "}}, "image.url"),
        ({"links": [{"url": "http://@", "title": "t"}]}, "links[0].url"),
        ({"starts_at": "1066-10-14T09:00:00Z"}, "starts_at"),
    ],
)
def test_a_head_that_cannot_be_shown_is_refused(fields: dict[str, Any], field: str) -> None:
    for type_ in (CoverageDraft, CoveragePatch):
        sent = msgspec.convert({"title": "T", **fields}, type_)
        with pytest.raises(InvalidInput) as caught:
            edited_coverage(coverage(), sent)
        assert caught.value.field == field


def test_a_successor_has_a_title_and_leads_somewhere() -> None:
    assert edited_successor(Successor(title=" Day 2\n", url="/c/day-2")) == Successor(title="Day 2", url="/c/day-2")
    with pytest.raises(InvalidInput) as caught:
        edited_successor(Successor(title=" ", url="/c/day-2"))
    assert caught.value.field == "successor.title"
    with pytest.raises(InvalidInput) as caught:
        edited_successor(Successor(title="t", url="http://@"))
    assert caught.value.field == "successor.url"


def test_places_for_advertisements_are_data_and_can_be_cleared() -> None:
    with_slots = changed(coverage(), adverts={"every": 5, "label": "  Sponsored\nlinks "})
    assert with_slots.adverts == Adverts(every=5, label="Sponsored links", height=250)
    assert changed(with_slots, title="Other").adverts == with_slots.adverts
    assert changed(with_slots, adverts=None).adverts is None


@pytest.mark.parametrize("plan", [{"every": 0}, {"every": 51}, {"every": 5, "height": 10}, {"every": 5, "html": "x"}])
def test_places_for_advertisements_have_limits(plan: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        changed(coverage(), adverts=plan)


# ---------------------------------------------------------------- anything at all

WORDS = st.text(max_size=40) | st.sampled_from(
    ["", " ", "\x00", "a\nb", "<b>x", "&amp;", "«\u00a0x\u202f»", "x" * 2_000]
)
URLS = st.sampled_from(
    ["https://example.org/a?b=1&c", "/path", "//host/x", "https://é.example/ü?q=%", "http://@", "http:// "]
)
PICTURES = st.fixed_dictionaries({"alt": WORDS}, optional={"url": URLS, "caption": WORDS, "credit": WORDS})
LINKS = st.fixed_dictionaries({"url": URLS, "title": WORDS}, optional={"summary": WORDS})
BLOCKS = st.one_of(
    st.builds(lambda html: {"type": "text", "html": html}, WORDS),
    st.builds(lambda html, by: {"type": "quote", "html": html, "by": by}, WORDS, WORDS),
    st.builds(lambda picture: {"type": "image", **picture}, PICTURES),
    st.builds(lambda pictures: {"type": "gallery", "images": pictures}, st.lists(PICTURES, min_size=1, max_size=3)),
    st.builds(lambda url, title: {"type": "embed", "url": url, "title": title}, URLS, WORDS),
    st.builds(lambda link: {"type": "link", **link}, LINKS),
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "headline": st.none() | WORDS,
        "text": st.none() | WORDS,
        "blocks": st.lists(BLOCKS, max_size=3),
        "images": st.lists(PICTURES, max_size=3),
        "links": st.lists(LINKS, max_size=3),
        "labels": st.lists(WORDS, max_size=2),
        "authors": st.lists(st.fixed_dictionaries({"name": WORDS, "tagline": WORDS}), max_size=2),
        "display_at": st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat),
    },
)


def applied(before: Entry | None, fields: dict[str, Any]) -> Entry | None:
    """None when it is refused."""
    try:
        if before is None:
            return new_entry(decode(encode(fields), EntryDraft), NOW)
        return edited_entry(before, decode(encode(fields), EntryPatch))
    except InvalidInput:
        return None


@given(st.lists(FIELDS, min_size=1, max_size=3))
def test_whatever_is_sent_is_refused_or_becomes_an_entry_that_can_be_kept(sent: list[dict[str, Any]]) -> None:
    current: Entry | None = None
    for fields in sent:
        current = applied(current, fields) or current
        if current is not None:
            assert entry_from_json(encode(current)) == current
            assert current.headline or current.blocks
            assert b"\\u0000" not in encode(current)
            # Blocks that are sent back as they came are what they were.
            again = applied(current, {"blocks": msgspec.to_builtins(current.blocks), "headline": current.headline})
            assert again is not None
            assert again.blocks == current.blocks
