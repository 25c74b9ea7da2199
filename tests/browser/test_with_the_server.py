"""The page as our own server serves it, followed from the first entry to the end."""

from __future__ import annotations

from playwright.async_api import Route, expect

from tests.running import ServerProcess

from .conftest import COMES_BACK, Opener
from .desk import Desk


async def test_a_page_follows_its_coverage_to_the_end(desk: Desk, open_page: Opener) -> None:
    kept, wrong, gone = desk.publish("Kept"), desk.publish("Wrong"), desk.publish("Gone")
    page = await open_page(desk.page, timezone_id="Asia/Yerevan")
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    entries = page.locator("#entries > article")
    await expect(entries).to_have_count(3)

    desk.publish("New", key_event=True)
    await expect(entries.first).to_contain_text("New")
    desk.revise(kept, headline="Kept, and changed", correction="The first headline was short.")
    await expect(page.locator(f"#e-{kept}")).to_contain_text("Kept, and changed")
    await expect(page.locator(f"#e-{kept}")).to_contain_text("The first headline was short.")
    desk.retract(wrong, "It was not so.")
    await expect(page.locator(f"#e-{wrong}")).to_contain_text("It was not so.")
    desk.delete(gone)
    await expect(page.locator(f"#e-{gone}")).to_have_count(0)
    desk.change(title="The river falls", key_points=["Two", "Three"], pin=kept)
    await expect(page.locator("h1")).to_have_text("The river falls")
    await expect(page.locator("#points li")).to_have_text(["Two", "Three"])
    await expect(page.get_by_role("region", name="Pinned")).to_contain_text("Kept, and changed")

    desk.end(
        title="The river rose and fell",
        entry={"headline": "Goodbye", "text": "Thank you."},
        successor={"title": "Day two", "url": "https://example.org/2"},
    )
    await expect(page.locator("#closed")).to_contain_text("This live page has now been closed.")
    await expect(page.get_by_role("link", name="Day two")).to_be_visible()
    await expect(page.locator("h1")).to_have_text("The river rose and fell")
    await expect(entries.first).to_contain_text("Goodbye")
    await expect(page.locator("#state")).to_have_attribute("data-state", "ended")

    later = await open_page(desk.page, timezone_id="Asia/Yerevan")
    for part in ("#title", "#closed", "#points", "#entries", "#pin"):
        # An edit leaves its mark on an open page only: the class that lights it up.
        assert await later.locator(part).inner_text() == await page.locator(part).inner_text()


async def test_what_happened_between_the_page_and_its_connection_is_not_lost(desk: Desk, open_page: Opener) -> None:
    first = desk.publish("First")
    page = await open_page("about:blank")

    # The page is fetched, and only then, before its script connects, more is published.
    async def publish_meanwhile(route: Route) -> None:
        desk.publish("Second")
        desk.delete(first)
        await route.continue_()

    await page.route("**/static/reader.js", publish_meanwhile)
    await page.goto(desk.page)
    await expect(page.locator("#entries .entry-headline")).to_have_text(["Second"])


async def test_older_pages_and_permalinks_reach_every_entry(desk: Desk, open_page: Opener) -> None:
    desk.publish_many(120)
    page = await open_page(desk.page)
    older = page.get_by_role("link", name="Older updates")
    await expect(page.locator("#entries > article")).to_have_count(50)
    await older.click()
    await expect(page.locator("#entries > article")).to_have_count(100)
    await older.click()
    await expect(page.locator("#entries > article")).to_have_count(120)
    await expect(older).to_have_count(0)
    headlines = await page.locator(".entry-headline").all_inner_texts()
    assert headlines == [f"Number {number}" for number in reversed(range(120))]
    address = await page.locator("article", has_text="Number 10.").locator("a").first.get_attribute("href")
    assert address

    alone = await open_page(desk.page.rsplit("/c/", 1)[0] + address, java_script_enabled=False)
    await expect(alone.locator("[aria-current=true] h3")).to_have_text("Number 10")
    newest = alone.locator("#entries h3").first
    await alone.get_by_role("link", name="Latest updates").click()
    await expect(newest).to_have_text("Number 119")
    await alone.get_by_role("link", name="Older updates").click()
    await expect(newest).to_have_text("Number 69")
    await alone.get_by_role("link", name="Older updates").click()
    await expect(newest).to_have_text("Number 19")
    await expect(alone.locator("#entries > article")).to_have_count(20)
    await expect(alone.locator("#entries > article").last).to_contain_text("Number 0")


async def test_a_page_that_was_asleep_shows_what_it_missed_once(desk: Desk, open_page: Opener) -> None:
    desk.publish_many(3)
    page = await open_page(desk.page)
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    await page.evaluate("window.dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    for number in range(5):
        desk.publish(f"Missed {number}")
    await page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    await expect(page.locator("#entries > article")).to_have_count(8)
    await expect(page.locator("#entries > article").first).to_contain_text("Missed 4")


async def test_the_list_and_a_missing_page(desk: Desk, server: ServerProcess, open_page: Opener) -> None:
    page = await open_page(f"{server.url}/")
    await expect(page.locator(f'a[href="/c/{desk.coverage}"]')).to_be_visible()
    missing = await open_page(f"{server.url}/c/nothing-here")
    await expect(missing.locator("h1")).to_have_text("No such coverage")


async def test_a_restart_of_the_server_goes_unnoticed_but_for_a_moment(
    desk: Desk, server: ServerProcess, open_page: Opener
) -> None:
    desk.publish("Before")
    page = await open_page(desk.page)
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    port = server.port
    server.stop()
    await expect(page.locator("#state")).to_have_attribute("data-state", "reconnecting")
    server.start(port)
    desk.publish("After")
    await expect(page.locator("#state")).to_have_attribute("data-state", "live", timeout=COMES_BACK)
    await expect(page.locator("#entries > article").first).to_contain_text("After")
    await expect(page.locator("#entries > article")).to_have_count(2)
