"""The templates and the script write the same markup, whatever an entry holds."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from playwright.async_api import expect

from feed.content.address import web_address
from feed.model import Audio, Coverage, Embed, Image, Link, Video
from tests.content.addresses import FINE, HOSTLESS
from tests.pages.samples import at, coverage, ended, entry, every_entry, many, picture, view

from .conftest import Opener
from .stage import Stage

# Equal are two trees that a reader cannot tell apart: white space counts only between words.
NORMALISE = """
const BLOCKS = new Set((
  "P DIV FIGURE FIGCAPTION ARTICLE HEADER FOOTER UL OL LI BLOCKQUOTE H1 H2 H3 H4 TABLE PRE VIDEO AUDIO IMG SECTION "
  + "BUTTON"
).split(" "));
const isBlock = (node) => !node || node.nodeType === 1 &&
  (BLOCKS.has(node.tagName) || node.matches(".card, .entry-body > del"));
function normalise(node) {
  node.normalize();
  if (node.nodeType === 3) {
    if (node.parentElement.closest("pre")) return [JSON.stringify(node.data)];
    const text = node.data.replace(/\\s+/g, " ");
    if (text === " " && (isBlock(node.previousSibling) || isBlock(node.nextSibling))) return [];
    return [JSON.stringify(text)];
  }
  const dropped = ["aria-posinset", "aria-setsize"];
  const attributes = [...node.attributes].filter(({ name }) => !dropped.includes(name))
    .map(({ name, value }) => `${name}=${JSON.stringify(value)}`).sort();
  const inside = [...node.childNodes].flatMap(normalise).map((line) => "  " + line);
  return [`<${node.tagName.toLowerCase()} ${attributes.join(" ")}>`, ...inside];
}
async function served(path) {
  const html = await (await fetch(path)).text();
  return new DOMParser().parseFromString(html, "text/html");
}
"""

COMPARE_ENTRIES = (
    """async ([path, entries, zone, prefix]) => {"""
    + NORMALISE
    + """
  const { Renderer } = await import("/static/render.js");
  const { Clock } = await import("/static/time.js");
  const page = await served(path);
  const renderer = new Renderer("aldmere", new Clock(zone));
  return entries.map((entry) => [
    normalise(page.getElementById(prefix + "e-" + entry.id)).join("\\n"),
    normalise(renderer.article(entry, prefix)).join("\\n"),
  ]);
}"""
)

HEAD = ["badge", "title", "standfirst", "authors", "dates", "picture", "closed", "begins", "points", "related"]

COMPARE_HEADS = (
    """async ([path, zone, ids]) => {"""
    + NORMALISE
    + """
  const { Clock } = await import("/static/time.js");
  const page = await served(path);
  new Clock(zone).localise(page);
  return ids.map((id) => [
    normalise(page.getElementById(id)).join("\\n"),
    normalise(document.getElementById(id)).join("\\n"),
  ]);
}"""
)


@pytest.mark.parametrize(
    ("language", "zone"), [("en", None), ("en", "Europe/London"), ("en", "Asia/Yerevan"), ("ar", None)]
)
async def test_an_entry_is_the_same_from_the_server_and_from_the_script(
    stage: Stage, open_page: Opener, language: str, zone: str | None
) -> None:
    entries = every_entry()
    url = stage.show(view(coverage=coverage(language=language, timezone=zone), entries=entries))
    page = await open_page(url)
    data = [msgspec.to_builtins(one) for one in entries]
    for server, script in await page.evaluate(COMPARE_ENTRIES, ["/c/aldmere", data, zone, ""]):
        assert script == server


async def test_an_address_that_cannot_be_opened_takes_nothing_else_with_it(stage: Stage, open_page: Opener) -> None:
    """The server takes none by now; one may still be in its store."""
    addresses = [
        *HOSTLESS[:9],
        "https://e.com:99999999/v.mp4",
        "https://film.mp4",
        "/film.mp4?x=.mp3",
        "https://a/x.mp4",
    ]
    entries = [
        entry(number, blocks=(Video(url=url), Audio(url=url), Embed(url=url), Link(url=url, title="t")))
        for number, url in enumerate(addresses)
    ]
    stage.policy += "; media-src http: https:"
    page = await open_page(stage.show(view(entries=entries)))
    data = [msgspec.to_builtins(one) for one in entries]
    for server, script in await page.evaluate(COMPARE_ENTRIES, ["/c/aldmere", data, None, ""]):
        assert script == server
    await stage.line()
    await stage.publish(entry(50, "13:00", blocks=(Video(url="https://e.com:99999999/v"),), headline="With a film"))
    await expect(page.get_by_role("heading", name="With a film")).to_be_visible()


async def test_every_address_that_is_taken_can_be_opened_by_a_browser(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=[])))
    taken = [kept for one in (*FINE, *HOSTLESS) if (kept := web_address(one))]
    assert len(taken) == len(FINE)
    unknown = "(taken) => taken.filter((one) => !URL.canParse(one, location.href))"
    assert await page.evaluate(unknown, taken) == []


async def test_the_pinned_entry_is_the_same_from_the_server_and_from_the_script(
    stage: Stage, open_page: Opener
) -> None:
    for number, one in enumerate(every_entry()):
        stage.show(view(pinned=one, entries=[]), f"/c/{number}")
    page = await open_page(f"{stage.url}/c/0")
    for number, one in enumerate(every_entry()):
        ((server, script),) = await page.evaluate(
            COMPARE_ENTRIES, [f"/c/{number}", [msgspec.to_builtins(one)], None, "p-"]
        )
        assert script == server


BEFORE = coverage(timezone="Asia/Yerevan")
EMPTY: dict[str, Any] = {"summary": None, "key_points": (), "links": (), "authors": (), "timezone": "Asia/Yerevan"}


@pytest.mark.parametrize(
    "after",
    [
        coverage(**EMPTY),
        coverage(title="<b>New</b>", summary="A <em>new</em> one", key_points=("one",), timezone="Asia/Yerevan"),
        coverage(image=Image(**picture()), timezone="Asia/Yerevan"),
        coverage(status="scheduled", starts_at=at("18:00", 28).replace("2026", "2999"), timezone="Asia/Yerevan"),
        ended(timezone="Asia/Yerevan"),
        ended(successor=None, **EMPTY),
    ],
    ids=["emptied", "other words", "picture", "scheduled", "ended", "ended and emptied"],
)
async def test_a_changed_head_is_the_same_as_on_a_page_opened_later(
    stage: Stage, open_page: Opener, after: Coverage
) -> None:
    page = await open_page(stage.show(view(coverage=BEFORE, entries=many(3))))
    await stage.line()
    stage.show(view(coverage=after, entries=many(3)), "/c/later")
    await stage.change(after, "coverage.ended" if after.status == "ended" else "coverage.changed")
    await stage.publish(entry(1, "06:06", revision=2, headline="After the change"), "entry.revised")
    await expect(page.get_by_role("heading", name="After the change")).to_be_visible()
    for server, script in await page.evaluate(COMPARE_HEADS, ["/c/later", "Asia/Yerevan", HEAD]):
        assert script == server


@pytest.mark.parametrize("language", ["ar", "de", "es", "fr", "tr"])
async def test_dates_are_written_as_the_browser_writes_them(stage: Stage, open_page: Opener, language: str) -> None:
    """Not Armenian and Azerbaijani, which Chromium does not know: that is why the words have the months."""
    page = await open_page(stage.show(view(coverage=coverage(language=language), entries=many(1))))
    ours, browsers = await page.evaluate(
        """async (language) => {
          const { Clock } = await import("/static/time.js");
          const days = [...Array(12).keys()].map((month) => new Date(Date.UTC(2026, month, 12)).toISOString());
          const month = language === "de" ? "long" : "short";
          const options = { day: "numeric", month, year: "numeric", timeZone: "UTC" };
          const format = new Intl.DateTimeFormat(`${language}-u-nu-latn`, options);
          const clock = new Clock("");
          return [
            days.map((day) => clock.full(day).querySelector(".when-date").textContent),
            days.map((day) => format.format(new Date(day))),
          ];
        }""",
        language,
    )
    assert ours == browsers
