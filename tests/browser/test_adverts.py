"""Places for advertisements: where they are said to be, kept free, and never put between what is being read."""

from __future__ import annotations

from playwright.async_api import expect

from feed.model import Adverts
from tests.pages.samples import coverage, entry, many, view

from .conftest import Opener
from .desk import Desk
from .stage import Stage

PLACES = """() => [...document.querySelectorAll("#entries > *")]
  .map((one) => (one.matches(".advert") ? "-" : "x")).join("")"""


async def test_slots_come_every_so_many_entries_also_with_new_and_older_ones(desk: Desk, open_page: Opener) -> None:
    desk.change(adverts={"every": 20, "label": "Sponsored", "height": 300})
    desk.publish_many(90)
    page = await open_page(desk.page)
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    assert await page.evaluate(PLACES) == f"{'x' * 20}-{'x' * 20}-{'x' * 10}"
    slot = page.locator(".advert").first
    await expect(slot).to_have_text("Sponsored")
    await page.evaluate("document.addEventListener('feed:advert', (event) => { window.told = event.target; })")

    await page.get_by_role("link", name="Older updates").click()
    await expect(page.locator("#entries > article")).to_have_count(90)
    assert await page.evaluate(PLACES) == "-".join(["x" * 20] * 4 + ["x" * 10])
    assert await page.evaluate("window.told.matches('.advert')")
    desk.publish("New")
    await page.locator("#waiting").click()
    await expect(page.locator("#entries > article")).to_have_count(91)
    assert await page.evaluate(PLACES) == "-".join(["x"] + ["x" * 20] * 4 + ["x" * 10])


async def test_a_slot_keeps_its_height_before_and_after_it_is_filled(stage: Stage, open_page: Opener) -> None:
    plan = Adverts(every=2, height=200)
    page = await open_page(stage.show(view(coverage=coverage(adverts=plan), entries=many(6))))
    slot = page.locator(".advert").first
    await expect(slot).to_have_text("Advertisement")
    before = await slot.bounding_box()
    assert before is not None
    assert before["height"] > 200
    await slot.evaluate(
        "(slot) => slot.append(Object.assign(document.createElement('canvas'), { width: 320, height: 200 }))"
    )
    assert await slot.bounding_box() == before


async def test_without_articles_around_it_a_slot_goes(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(coverage=coverage(adverts=Adverts(every=1)), entries=many(3))))
    await stage.line()
    assert await page.evaluate(PLACES) == "x-x-x"
    await stage.lines[-1].send(**stage.event("entry.deleted", id="n002"))
    await expect(page.locator("#e-n002")).to_have_count(0)
    assert await page.evaluate(PLACES) == "x-x"
    await stage.publish(entry(50, "16:41"))
    await expect(page.locator("#e-n050")).to_be_visible()
    assert await page.evaluate(PLACES) == "x-x-x"
