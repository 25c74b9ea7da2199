"""`<live-feed>` in a page of another origin."""

from __future__ import annotations

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page, expect

from tests.running import ServerProcess

from .conftest import Opener
from .desk import Desk
from .stage import Stage

# Styles that would break anything outside a shadow root.
HOST = """<!doctype html><html lang="en"><title>Elsewhere</title>
<style>* {{ color: maroon; }} h3 {{ display: none; }} live-feed {{ --live-feed-accent: rgb(0, 100, 0); }}</style>
<main><h1>Another site</h1><live-feed src="{src}"></live-feed><p id="below">Below</p></main>
<script src="{url}/embed.js" async></script>"""


async def embedded(open_page: Opener, stage: Stage, server: ServerProcess, desk: Desk) -> Page:
    """Served by another server: of another origin."""
    stage.policy = ""
    stage.pages["/elsewhere"] = HOST.format(src=desk.page, url=server.url)
    return await open_page(f"{stage.url}/elsewhere")


async def test_it_shows_a_coverage_on_another_site_and_follows_it_to_the_end(
    desk: Desk, server: ServerProcess, open_page: Opener, stage: Stage
) -> None:
    desk.publish("First", key_event=True, images=[{"url": "/demo/barrier.webp", "alt": "A barrier"}])
    page = await embedded(open_page, stage, server, desk)
    articles = page.locator("live-feed article")
    await expect(articles).to_have_count(1)
    place = await page.locator("#below").bounding_box()
    assert await page.locator("live-feed img").get_attribute("src") == f"{server.url}/demo/barrier.webp"
    mark = page.locator("live-feed .mark")
    assert await mark.evaluate("(one) => getComputedStyle(one).color") == "rgb(0, 100, 0)"

    second = desk.publish("Second")
    await expect(articles).to_have_count(2)
    await expect(articles.first.get_by_role("link").first).to_have_attribute("href", f"{desk.page}/e/{second}")
    desk.retract(second, "It was not so.")
    await expect(articles.first).to_contain_text("It was not so.")
    for number in range(20):
        desk.publish(f"Number {number}")
    await expect(articles).to_have_count(22)
    await page.locator("live-feed .view").evaluate("(view) => view.scrollTo(0, 400)")
    desk.publish("Unseen")
    await page.locator("live-feed .waiting", has_text="1 new update").click()
    await expect(articles.first).to_contain_text("Unseen")
    desk.end(title="The river rose and fell")
    await expect(page.locator("live-feed .status")).to_have_text("Closed")
    await expect(page.locator("live-feed h2")).to_have_text("The river rose and fell")
    assert await page.locator("#below").bounding_box() == place, "what is around it has not moved"
    found = await Axe().run(page)
    assert [one["id"] for one in found.response["violations"] if one["impact"] in ("serious", "critical")] == []


async def test_where_there_is_no_such_coverage_a_link_remains(
    desk: Desk, server: ServerProcess, open_page: Opener, stage: Stage
) -> None:
    desk.page = f"{server.url}/c/nothing-here"
    page = await embedded(open_page, stage, server, desk)
    await expect(page.get_by_role("link", name=desk.page)).to_be_visible()
