"""A picture that does not load: words in its place, its room kept, and the picture as soon as it is there."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from feed.model import Entry, Gallery, Image, Picture
from tests.pages.samples import entry, many, view

from .conftest import Opener
from .stage import Stage

# The stage draws whatever has a name; what begins like this is stopped on the way.
LOST = "**/pictures/lost*"
GAP = ".picture-gap"
LOADED = "(selector) => document.querySelector(selector).naturalWidth > 0"


def lost(number: int, **changes: Any) -> Image:
    named = {"alt": f"A boat in the square, {number}", "caption": f"Mill Street {number}", "credit": "Aldmere Echo"}
    return Image(**{"url": f"/pictures/lost-{number}.svg", "width": 1200, "height": 800, **named, **changes})


def shown(number: int, clock: str, *images: Image) -> Entry:
    return entry(number, clock, blocks=images)


def gallery(number: int, clock: str) -> Entry:
    pictures = (Picture(url="/pictures/lost-g.svg", alt="The bridge"), Picture(url="/pictures/river.svg", alt="Boats"))
    return entry(number, clock, blocks=(Gallery(images=pictures),))


async def without_pictures(page: Page) -> None:
    await page.context.route(LOST, lambda route: route.abort())


@pytest.mark.parametrize("width", [390, 1280])
async def test_it_is_said_where_the_picture_would_be(stage: Stage, open_page: Opener, width: int) -> None:
    here = [gallery(3, "12:40"), shown(2, "12:30", lost(1)), shown(1, "12:20", lost(2, width=None, height=None))]
    url = stage.show(view(entries=here))
    page = await open_page(url, viewport={"width": width, "height": 3000})
    heights = "[...document.querySelectorAll('.picture')].map((one) => one.getBoundingClientRect().height)"
    await page.wait_for_function(LOADED, arg="#e-n001 img")
    whole = await page.evaluate(heights)
    await without_pictures(page)
    # What has failed before the script runs, and what fails after.
    await page.reload()
    await expect(page.locator(GAP)).to_have_count(3)
    assert await page.evaluate(heights) == pytest.approx(whole, abs=1)
    figure = page.locator("#e-n002 .picture")
    for words in ("Picture not available here", "A boat in the square, 1", "Mill Street 1", "[Aldmere Echo]"):
        await expect(figure.get_by_text(words, exact=True)).to_be_visible()
    await expect(figure.locator("img")).to_be_hidden()
    await expect(page.locator("#e-n003 img").nth(1)).to_be_visible()


async def test_it_is_said_in_what_comes_later_and_stays_when_the_entry_changes(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(2))))
    await without_pictures(page)
    await stage.line()
    await stage.publish(shown(50, "13:00", lost(1)))
    await expect(page.locator(f"#e-n050 {GAP}")).to_be_visible()
    later = entry(50, "13:00", revision=2, headline="The second", blocks=(lost(1),))
    await stage.publish(later, "entry.revised")
    await expect(page.get_by_role("heading", name="The second")).to_be_visible()
    await expect(page.locator(f"#e-n050 {GAP}")).to_have_count(1)
    third = entry(50, "13:00", revision=3, headline="The third", blocks=(lost(1, url="/pictures/river.svg"),))
    await stage.publish(third, "entry.revised")
    await expect(page.get_by_role("heading", name="The third")).to_be_visible()
    await expect(page.locator(f"#e-n050 {GAP}")).to_have_count(0)
    await page.wait_for_function(LOADED, arg="#e-n050 img")


async def test_when_it_comes_after_all_it_is_shown(stage: Stage, open_page: Opener) -> None:
    page = await open_page("about:blank")
    await without_pictures(page)
    await page.goto(stage.show(view(entries=[shown(1, "12:20", lost(1))])))
    await expect(page.locator(GAP)).to_be_visible()
    await page.context.unroute(LOST)
    await page.locator("#e-n001 img").evaluate("(image) => { image.src = image.src; }")
    await expect(page.locator("#e-n001 img")).to_be_visible()
    await expect(page.locator(GAP)).to_have_count(0)


async def test_pictures_that_nobody_has_scrolled_to_are_not_called_lost(stage: Stage, open_page: Opener) -> None:
    held: list[Route] = []
    page = await open_page("about:blank")
    await page.context.route(LOST, lambda route: held.append(route))
    above = [entry(number, "12:30") for number in range(100, 140)]
    await page.goto(stage.show(view(entries=[shown(200, "13:00", lost(1)), *above, shown(1, "12:20", lost(2))])))
    await stage.line()
    await stage.publish(entry(201, "13:10"))
    await expect(page.locator("#e-n201")).to_be_visible()
    await expect(page.locator(GAP)).to_have_count(0)
    await held[0].abort()
    await expect(page.locator(f"#e-n200 {GAP}")).to_be_visible()
    await expect(page.locator(GAP)).to_have_count(1)


async def test_what_is_being_read_stays_where_it_is(stage: Stage, open_page: Opener) -> None:
    """Also below a picture that is too small for the words."""
    held: list[Route] = []
    page = await open_page("about:blank")
    await page.context.route(LOST, lambda route: held.append(route))
    small = shown(300, "13:00", lost(1, width=40, height=30))
    await page.goto(stage.show(view(entries=[small, *many(12)])))
    await stage.line()
    read = page.locator("article").nth(6)
    await read.evaluate("(article) => article.scrollIntoView({ block: 'center', behavior: 'instant' })")
    top = "(article) => article.getBoundingClientRect().top"
    before = await read.evaluate(top)
    assert await page.evaluate("scrollY") > 16
    await held[0].abort()
    await expect(page.locator(GAP)).to_have_count(1)
    assert await read.evaluate(top) == pytest.approx(before, abs=1)
