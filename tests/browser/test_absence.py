"""Away and back: the browser's own cache of pages, a frozen tab, a server that is gone for a while."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.machine import find_browser
from tests.pages.samples import coverage, entry, many, view
from tests.running import ServerProcess

from .conftest import COMES_BACK, Opener
from .desk import Desk
from .stage import Stage


@pytest_asyncio.fixture(loop_scope="session")
async def caching_browser() -> AsyncIterator[Browser]:
    """One that keeps pages which are left, as readers' browsers do; for tests it is turned off."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_browser(), ignore_default_args=["--disable-back-forward-cache"]
        )
        yield browser
        await browser.close()


async def test_back_on_a_page_that_the_browser_kept_everything_missed_is_there_once(
    desk: Desk, server: ServerProcess, caching_browser: Browser
) -> None:
    desk.publish("Before")
    page = await caching_browser.new_page()
    await page.add_init_script(
        "addEventListener('pageshow', ({ persisted }) => { window.kept = persisted; }); window.made = Math.random();"
    )
    await page.goto(desk.page)
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    made = await page.evaluate("made")
    # A worker that takes over throws away the pages that were kept without it, and one that still loads is not kept.
    await page.wait_for_function("() => navigator.serviceWorker.controller")
    await page.evaluate("import('/static/visit.js').then(() => { delete window.kept; })")
    await page.goto(f"{server.url}/")
    for number in range(3):
        desk.publish(f"Missed {number}")
    await page.go_back(wait_until="commit")  # a page that was kept is not loaded
    await page.wait_for_function("() => window.kept !== undefined")
    assert await page.evaluate("[kept, made]") == [True, made], "it is the very same page, woken"
    entries = page.locator("#entries > article")
    await expect(entries).to_have_count(4)
    await expect(entries.first).to_contain_text("Missed 2")
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    desk.publish("After")
    await expect(entries).to_have_count(5)


async def test_a_tab_that_the_browser_froze_catches_up_when_it_thaws(desk: Desk, open_page: Opener) -> None:
    desk.publish("Before")
    page = await open_page(desk.page)
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    session = await page.context.new_cdp_session(page)
    await session.send("Page.setWebLifecycleState", {"state": "frozen"})
    for number in range(3):
        desk.publish(f"Missed {number}")
    await session.send("Page.setWebLifecycleState", {"state": "active"})
    await expect(page.locator("#entries > article")).to_have_count(4)
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")


async def test_a_server_that_was_gone_for_ten_seconds_is_found_again_and_nothing_is_missing(
    desk: Desk, server: ServerProcess, open_page: Opener
) -> None:
    desk.publish("Before")
    page = await open_page(desk.page, clock=True)
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    port = server.port
    server.kill()
    await expect(page.locator("#state")).to_have_attribute("data-state", "reconnecting")
    await page.clock.run_for(10_000)
    await expect(page.locator("#state")).to_have_attribute("data-state", "reconnecting")
    server.start(port)
    for number in range(3):
        desk.publish(f"Missed {number}")
    await page.clock.run_for(20_000)
    await expect(page.locator("#state")).to_have_attribute("data-state", "live", timeout=COMES_BACK)
    await expect(page.locator("#entries > article h3")).to_have_text(["Missed 2", "Missed 1", "Missed 0", "Before"])


async def test_the_number_of_readers_is_shown_where_the_server_tells_it(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(3))))
    await stage.line()
    await stage.publish(entry(50, headline="Now", display_at=await page.evaluate("new Date().toISOString()")))
    await expect(page.locator("#state")).to_have_text("Updating live")
    await stage.lines[-1].send(type="audience", count=1234)
    await expect(page.locator("#state")).to_have_text("Updating live · 1,234 reading")
    await stage.lines[-1].send(type="audience", count=0)
    await expect(page.locator("#state")).to_have_text("Updating live")
    assert await page.locator("#announcer").text_content() != "1,234 reading", "it is no news"


async def test_in_arabic_the_number_of_readers_has_its_own_forms(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(coverage=coverage(language="ar"), entries=many(3))))
    await stage.line()
    await stage.publish(entry(50, headline="Now", display_at=await page.evaluate("new Date().toISOString()")))
    for count, words in ((1, "قارئ واحد الآن"), (2, "قارئان الآن"), (7, "7 قراء الآن"), (40, "40 قارئًا الآن")):
        await stage.lines[-1].send(type="audience", count=count)
        await expect(page.locator("#state")).to_contain_text(words)
