"""A live page as a reader feels it: nothing moves, nothing stalls, and it is heard as well as seen."""

from __future__ import annotations

from playwright.async_api import expect

from feed.model import Image
from tests.pages.samples import entry, picture, view

from .conftest import Opener
from .desk import Desk
from .stage import Stage

# Milliseconds of one task: what a reader begins to feel, and some for a machine that does other things too.
LONGEST = 100

WATCH = """
window.moved = 0;
window.stalled = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) window.stalled.push(duration);
}).observe({ type: "longtask" });
"""


async def test_nothing_moves_while_entries_with_pictures_come_above_what_is_read(
    stage: Stage, open_page: Opener
) -> None:
    entries = [entry(number, f"10:{number:02d}", blocks=(Image(**picture()),)) for number in range(30, 0, -1)]
    page = await open_page(stage.show(view(entries=entries)), before=WATCH)
    await stage.line()
    await page.locator("#e-n015").evaluate("(one) => one.scrollIntoView({block: 'center', behavior: 'instant'})")
    await page.wait_for_function("() => document.querySelector('#e-n015 img').complete")
    for number in range(50, 60):
        await stage.publish(entry(number, f"16:{number - 20}", blocks=(Image(**picture()),)))
        await stage.publish(entry(20, "10:20", revision=number, blocks=(Image(**picture()),)), "entry.revised")
    await expect(page.locator("#waiting")).to_have_text("10 new updates")
    await expect(page.locator("#e-n020")).to_have_attribute("data-revision", "59")
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert await page.evaluate("moved") < 0.01


async def test_many_updates_on_a_long_page_never_stall_it(stage: Stage, open_page: Opener) -> None:
    entries = [entry(number, f"{number // 60:02d}:{number % 60:02d}") for number in range(500, 0, -1)]
    page = await open_page(stage.show(view(entries=entries)), before=WATCH)
    await stage.line()
    await page.locator("#e-n250").evaluate("(one) => one.scrollIntoView({block: 'center', behavior: 'instant'})")
    await page.evaluate("new Promise((done) => requestIdleCallback(() => { window.stalled = []; done(); }))")
    for number in range(600, 650):
        await stage.publish(entry(number, "16:41"))
    await expect(page.locator("#waiting")).to_have_text("50 new updates")
    await page.evaluate("new Promise((done) => requestIdleCallback(done))")
    assert [duration for duration in await page.evaluate("stalled") if duration > LONGEST] == []


async def test_what_comes_is_in_the_accessibility_tree_for_a_screen_reader(desk: Desk, open_page: Opener) -> None:
    page = await open_page(desk.page)
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    session = await page.context.new_cdp_session(page)
    desk.publish("The crest has passed")
    await expect(page.locator("#announcer")).to_have_text("New update: The crest has passed")
    nodes = (await session.send("Accessibility.getFullAXTree"))["nodes"]
    (status,) = [node for node in nodes if node.get("role", {}).get("value") == "status"]
    said = {one["name"]: one["value"].get("value") for one in status["properties"]}
    assert said["live"] == "polite"
    names = [node.get("name", {}).get("value") for node in nodes]
    assert "New update: The crest has passed" in names
    (feed,) = [node for node in nodes if node.get("role", {}).get("value") == "feed"]
    assert feed["name"]["value"] == "Updates"
