"""Everybody can read it: by eye in any scheme and size, by ear, and by keyboard alone."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page, expect

from tests.pages.samples import coverage, ended, entry, every_entry, many, view
from tests.running import ServerProcess

from .conftest import COMES_BACK, Opener, leave, stop_clock
from .desk import Desk
from .stage import Stage


async def faults(page: Page, **where: Any) -> list[tuple[str, str]]:
    found = await Axe().run(page, **where)
    return [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]]


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("en", "dark"), ("ar", "light"), ("ar", "dark")])
async def test_axe_finds_nothing_in_whatever_opens_on_a_page(
    producer: httpx2.Client, server: ServerProcess, open_page: Opener, language: str, scheme: str
) -> None:
    desk = Desk(producer, server.url, language=language)
    changed = desk.publish("Gate 6 stops", labels=["Harbour"], key_event=True)
    desk.revise(changed, headline="Gate 5 stops", correction="It was another gate.")
    # Without a worker: from a busy server it takes its own copy, and nobody has left that.
    options = {"color_scheme": scheme, "reduced_motion": "reduce", "service_workers": "block"}
    page = await open_page(desk.page, **options)
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    await leave(page)
    for number in range(3):
        desk.publish(f"Missed {number}", text="Some words. " * 50)
    await page.goto(desk.page)

    await expect(page.locator(".since")).to_be_visible()
    await page.locator("#filter button").nth(1).click()
    share = page.locator(f"#e-{changed} .entry-share")
    before = await share.inner_text()
    await share.click()
    await expect(share).not_to_have_text(before)
    assert await faults(page) == [], "a filter, a copied link and what was missed"
    await page.locator("#filter button").first.click()
    await page.locator(f"#e-{changed} .entry-updated").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    assert await faults(page, context=".revisions") == [], "the revisions"
    await page.keyboard.press("Escape")
    await page.context.set_offline(True)
    await expect(page.locator("#state")).to_have_attribute("data-state", "offline")
    assert await faults(page, context=".bar") == [], "offline"
    await page.context.set_offline(False)
    await expect(page.locator("#state")).to_have_attribute("data-state", "live", timeout=COMES_BACK)
    desk.end(successor={"title": "Day two", "url": "/c/two"})
    await expect(page.locator("#state")).to_have_attribute("data-state", "ended")
    assert await faults(page, context=".page") == [], "the end"


async def test_a_page_can_be_read_and_worked_by_keyboard_alone(desk: Desk, open_page: Opener) -> None:
    changed = desk.publish("Changed", labels=["Harbour"])
    desk.revise(changed, text="Other words.")
    desk.publish_many(12)
    page = await open_page(desk.page, permissions=["clipboard-read", "clipboard-write"])
    await page.evaluate("delete Navigator.prototype.share")
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    keys = page.keyboard

    async def walk_to(selector: str) -> None:
        for _ in range(200):
            await keys.press("Tab")
            if await page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"{selector} cannot be reached")

    await keys.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the updates")).to_be_focused()
    await keys.press("Enter")
    await walk_to("#filter button[data-label=Harbour]")
    await keys.press("Enter")
    await expect(page.locator("#entries > article:visible")).to_have_count(1)
    await keys.press("Shift+Tab")
    await keys.press("Space")
    await expect(page.locator("#entries > article:visible")).to_have_count(13)

    await walk_to(".entry-time")
    await keys.press("PageDown")
    await expect(page.locator("#entries > article").nth(1)).to_be_focused()
    # While somebody is in the feed nothing comes in above; the button for it is on the way back.
    desk.publish("New")
    await expect(page.get_by_role("button", name="1 new update")).to_be_visible()
    await expect(page.locator("#entries > article").nth(1)).to_be_focused()
    for _ in range(12):
        await keys.press("PageDown")
    await expect(page.locator("#entries > article").last).to_be_focused()
    await keys.press("PageUp")
    await keys.press("PageDown")
    await page.locator(f"#e-{changed}").focus()
    await walk_to(".entry-updated")
    await keys.press("Enter")
    await expect(page.get_by_role("dialog").get_by_role("button", name="Close")).to_be_focused()
    await keys.press("Escape")
    await expect(page.locator(f"#e-{changed} .entry-updated")).to_be_focused()
    await keys.press("Tab")
    await keys.press("Enter")
    await expect(page.locator(f"#e-{changed}").get_by_role("button", name="Link copied")).to_be_visible()

    for _ in range(200):
        await keys.press("Shift+Tab")
        if await page.evaluate("document.activeElement.id") == "waiting":
            break
    await keys.press("Enter")
    await expect(page.locator("#entries > article").first).to_contain_text("New")
    await expect(page.locator("#entries > article").first).to_be_focused()


@pytest.mark.parametrize("width", [1280, 640])
async def test_text_can_be_made_twice_as_large(stage: Stage, open_page: Opener, width: int) -> None:
    """Zoom is never disabled, and by text alone (WCAG 1.4.4) nothing is cut off or covered; 1.4.10 is 320 pixels."""
    page = await open_page(
        stage.show(view(pinned=every_entry()[5], coverage=ended(), focus="n004")),
        viewport={"width": width, "height": 800},
    )
    content = await page.locator("meta[name=viewport]").get_attribute("content")
    assert content == "width=device-width, initial-scale=1"
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    cut = await page.evaluate(
        """() => [...document.querySelectorAll("h1, h2:not(.unseen), h3, p, li, button, .bar *")].filter(
          (one) => one.checkVisibility() && getComputedStyle(one).overflow !== "visible"
            && one.scrollHeight > one.clientHeight + 1
        ).map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert cut == []
    await page.locator("#e-n004").evaluate("(one) => one.scrollIntoView({block: 'start', behavior: 'instant'})")
    bar = await page.eval_on_selector(".bar", "(bar) => bar.getBoundingClientRect().bottom")
    assert await page.locator("#e-n004").evaluate("(one) => one.getBoundingClientRect().top") >= bar


@pytest.mark.parametrize("width", [390, 1000, 1280])
async def test_the_ring_of_the_focus_touches_no_text(stage: Stage, open_page: Opener, width: int) -> None:
    stage.show(view(entries=many(20), focus="n010"), "/c/aldmere/e/n010")
    page = await open_page(f"{stage.url}/c/aldmere/e/n010", viewport={"width": width, "height": 800})
    shared = page.locator("#e-n010")
    await expect(shared).to_be_focused()
    await shared.evaluate("(one) => { one.blur(); one.focus({ focusVisible: true }); }")
    offset, style = await shared.evaluate(
        "(one) => [getComputedStyle(one).outlineOffset, getComputedStyle(one).outlineStyle]"
    )
    assert style == "solid"
    assert float(offset.removesuffix("px")) >= 4
    ends = await shared.evaluate("(one) => [one.getBoundingClientRect().left, one.getBoundingClientRect().right]")
    assert ends[0] - float(offset.removesuffix("px")) - 3 >= 0, "it is on the screen"
    assert ends[1] + float(offset.removesuffix("px")) + 3 <= width


async def test_what_is_announced_can_be_listened_to(stage: Stage, open_page: Opener) -> None:
    """A flood of updates is told as one sentence, a withdrawal by name, and nothing while a page is only changed."""
    page = await open_page(stage.show(view(entries=many(5))), clock=True)
    await stage.line()
    session = await page.context.new_cdp_session(page)

    async def heard() -> str:
        nodes = (await session.send("Accessibility.getFullAXTree"))["nodes"]
        (status,) = [node for node in nodes if node.get("role", {}).get("value") == "status"]
        by_id = {node["nodeId"]: node for node in nodes}
        return " ".join(by_id[child]["name"]["value"] for child in status.get("childIds", ()))

    await stage.change(coverage(key_points=("One",)))
    await expect(page.locator("#points li")).to_have_text(["One"])
    await page.clock.fast_forward(10_000)
    assert await heard() == ""
    await stop_clock(page)
    for number in range(50, 70):
        await stage.publish(entry(number, "16:41"))
    await expect(page.locator("#e-n069")).to_be_visible()
    await page.clock.run_for(10_000)
    await expect(page.locator("#announcer")).to_have_text("20 new updates")
    assert await heard() == "20 new updates"
