"""Where no websocket gets through: the same timeline by server-sent events, and without those by polling."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from .conftest import Opener
from .desk import Desk

NO_WEBSOCKETS = """
window.WebSocket = class {
  static OPEN = 1;
  static CLOSED = 3;
  constructor() { setTimeout(() => this.onclose?.({ code: 1006, reason: "" }), 0); }
  close() {}
};
"""


async def follow(page: Page, desk: Desk) -> None:
    """From the state of the page to the end, with an interruption; all of it once."""
    entries = page.locator("#entries > article")
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    await expect(entries).to_have_count(2)
    wrong = desk.publish("Wrong")
    await expect(entries).to_have_count(3)
    desk.retract(wrong, "It was not so.")
    await expect(page.locator(f"#e-{wrong}")).to_contain_text("It was not so.")
    await page.evaluate("window.dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    for number in range(3):
        desk.publish(f"Missed {number}")
    await page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    await expect(entries).to_have_count(6)
    desk.end(entry={"headline": "Goodbye", "text": "Thank you."})
    await expect(page.locator("#closed")).to_contain_text("This live page has now been closed.")
    await expect(page.locator("#state")).to_have_attribute("data-state", "ended")
    headlines = await page.locator(".entry-headline").all_inner_texts()
    assert headlines == ["Goodbye", "Missed 2", "Missed 1", "Missed 0", "Wrong", "Second", "First"]


@pytest.mark.parametrize("held_back", [False, True], ids=["by server-sent events", "by polling"])
async def test_without_websockets_a_page_follows_its_coverage_all_the_same(
    desk: Desk, open_page: Opener, held_back: bool
) -> None:
    desk.publish("First")
    page = await open_page("about:blank", before=NO_WEBSOCKETS)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    if held_back:
        await page.route("**/events?*", lambda route: route.fulfill(status=502))
    await page.goto(desk.page)
    desk.publish("Second")
    await follow(page, desk)
    polls = [url for url in asked if "wait=20" in url]
    assert bool(polls) is held_back
