"""A page on paper."""

from __future__ import annotations

from playwright.async_api import expect

from feed.model import Adverts, Image, Picture, Text
from tests.pages.samples import ORIGIN, coverage, ended, entry, every_entry, picture, view

from .conftest import Opener
from .stage import Stage

CHROME = ".bar, .skip, .filter, .waiting, .older, .advert, .entry-share, .since, #guide-more, video, audio"


async def test_on_paper_there_is_what_was_written_and_nothing_to_press(stage: Stage, open_page: Opener) -> None:
    head = ended(image=Picture(**picture()), adverts=Adverts(every=3))
    page = await open_page(stage.show(view(coverage=head, next="t")), color_scheme="dark")
    await page.emulate_media(media="print")
    await expect(page.locator(CHROME).locator("visible=true")).to_have_count(0)
    await expect(page.locator("#entries > article:visible")).to_have_count(len(every_entry()))
    await expect(page.get_by_text("This live page has now been closed.")).to_be_visible()
    await expect(page.get_by_text(f"{ORIGIN}/c/aldmere", exact=True)).to_be_visible()
    # Also from a screen that is dark: ink on white, whatever the note is about.
    for note in await page.locator(".note, .points, .notice, body").all():
        ink, paper = await note.evaluate(
            "(one) => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]"
        )
        assert (ink, paper) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")
    widths = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]


async def test_on_paper_links_say_where_they_lead(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(coverage=ended())))
    await page.emulate_media(media="print")
    for selector in ("#e-n003 .text a", "#e-n008 .card", "#e-n008 .embed-link", ".successor a"):
        link = page.locator(selector).first
        shown = await link.evaluate("(one) => getComputedStyle(one, '::after').content")
        assert await link.get_attribute("href") in shown.replace('"', "").replace(" ", "")


async def test_pictures_that_nobody_scrolled_to_are_printed_too(stage: Stage, open_page: Opener) -> None:
    tall = Text(html="<p>Some words.</p>" * 40)
    entries = [
        entry(number, blocks=(tall, Image(**picture(url=f"/pictures/{number}.svg")))) for number in range(9, 0, -1)
    ]
    page = await open_page("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(stage.show(view(coverage=coverage(), entries=entries)))
    await stage.line()
    assert not any(url.endswith("/pictures/1.svg") for url in asked)
    assert (await page.pdf(format="A4")).startswith(b"%PDF")
    assert all(any(url.endswith(f"/pictures/{number}.svg") for url in asked) for number in range(1, 10))
