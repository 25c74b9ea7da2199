"""Finding one's way: key events, filters, what changed, where one stopped, how long it has been quiet."""

from __future__ import annotations

import msgspec
from playwright.async_api import expect

from tests.pages.samples import at, coverage, entry, many, view

from .conftest import Opener, leave, turn_wheel
from .desk import Desk
from .stage import Stage


async def test_key_events_are_listed_as_they_come_and_lead_to_their_entry(desk: Desk, open_page: Opener) -> None:
    old = desk.publish("The dam opens", key_event=True, display_at="2026-03-11T23:00:00Z")
    desk.publish_many(60)
    page = await open_page(desk.page)
    guide = page.get_by_role("region", name="Key events")
    await expect(guide).to_be_hidden()

    new = desk.publish("The crest passes", key_event=True, display_at="2026-03-12T09:00:00Z")
    await expect(guide.get_by_role("listitem")).to_have_count(1)
    await guide.get_by_role("button", name="Earlier key events").click()
    await expect(guide.get_by_role("listitem")).to_have_count(2)
    await expect(guide.get_by_role("listitem").last).to_contain_text("11 Mar 2026")

    await turn_wheel(page, 3000)
    await guide.get_by_role("link", name="The crest passes").click()
    await expect(page.locator(f"#e-{new}")).to_be_focused()
    await expect(page.locator(f"#e-{new}")).to_be_in_viewport()
    await guide.get_by_role("link", name="The dam opens").click()
    await page.wait_for_url(f"**/e/{old}")
    await expect(page.locator(f"#e-{old}")).to_be_in_viewport()


async def test_a_key_event_that_is_withdrawn_or_is_none_any_more_leaves_the_list(desk: Desk, open_page: Opener) -> None:
    wrong, plain = desk.publish("Wrong", key_event=True), desk.publish("Plain", key_event=True)
    page = await open_page(desk.page)
    items = page.locator("#guide-list li")
    await expect(items).to_have_count(2)
    desk.retract(wrong, "It was not so.")
    await expect(items).to_have_count(1)
    desk.revise(plain, key_event=False)
    await expect(page.locator("#guide")).to_be_hidden()


async def test_a_filter_shows_what_was_asked_for_also_from_older_pages_and_of_what_comes(
    desk: Desk, open_page: Opener
) -> None:
    first = desk.publish("First of the harbour", labels=["Harbour"], display_at="2026-03-11T23:00:00Z")
    desk.publish_many(60)
    desk.publish("Trains", labels=["Trains"])
    page = await open_page(desk.page)
    shown = page.locator("#entries > article:visible")
    buttons = page.get_by_role("group", name="Show")
    await buttons.get_by_role("button", name="Trains").click()
    await expect(shown).to_have_count(1)
    await expect(shown).to_have_attribute("aria-setsize", "1")  # all pages were looked through
    await expect(buttons.get_by_role("button", name="Harbour")).to_be_visible()

    await buttons.get_by_role("button", name="Harbour").click()
    await expect(page.locator(f"#e-{first}")).to_be_visible()
    desk.publish("Trains again", labels=["Trains"])
    desk.publish("The harbour again", labels=["Harbour"])
    await expect(shown).to_have_count(2)
    await expect(shown.first).to_contain_text("The harbour again")
    await expect(page.locator("#waiting")).to_be_hidden()
    await buttons.get_by_role("button", name="All").click()
    await expect(shown).to_have_count(64)


async def test_what_changed_between_the_revisions_is_shown_word_by_word(desk: Desk, open_page: Opener) -> None:
    changed = desk.publish("Gate 6 stops", html="<p>It hangs <b>1.4 metres</b> above the sill.</p>")
    desk.revise(changed, headline="Gate 5 stops", correction="The number was wrong.")
    desk.revise(changed, html="<p>It hangs 1.2 metres above the sill.</p><p>A crew goes there.</p>")
    page = await open_page(desk.page)
    button = page.get_by_role("button", name="Updated")
    await button.focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="What changed")
    items = dialog.get_by_role("listitem")
    await expect(items).to_have_count(3)
    assert await items.nth(0).locator("del").all_inner_texts() == ["1.4"]
    assert [text.strip() for text in await items.nth(0).locator("ins").all_inner_texts()] == [
        "1.2",
        "A crew goes there.",
    ]
    assert await items.nth(1).locator("del").all_inner_texts() == ["6"]
    await expect(items.nth(1)).to_contain_text("The number was wrong.")
    await expect(items.nth(2)).to_contain_text("First published")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(button).to_be_focused()


async def test_an_entry_is_shared_by_the_device_else_its_address_is_copied(desk: Desk, open_page: Opener) -> None:
    shared = desk.publish("The crest passes")
    by_device = "navigator.share = async (what) => { window.shared = what; };"
    page = await open_page(desk.page, before=by_device)
    await page.get_by_role("button", name="Share").click()
    await page.wait_for_function("() => window.shared")
    assert await page.evaluate("shared") == {"title": "The crest passes", "url": f"{desk.page}/e/{shared}"}

    other = await open_page(desk.page, permissions=["clipboard-read", "clipboard-write"])
    await other.evaluate("delete Navigator.prototype.share")
    await other.get_by_role("button", name="Share").click()
    await expect(other.get_by_role("button", name="Link copied")).to_be_visible()
    assert await other.evaluate("navigator.clipboard.readText()") == f"{desk.page}/e/{shared}"


async def test_who_comes_back_is_told_how_much_was_missed_and_led_to_where_they_stopped(
    desk: Desk, open_page: Opener
) -> None:
    desk.publish_many(5)
    page = await open_page(desk.page, service_workers="block")  # a busy server is slower than the worker's copy
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    stopped = desk.publish("The last that was read")
    await expect(page.locator(f"#e-{stopped}")).to_be_visible()
    await leave(page)
    gone = desk.publish("Gone again")
    desk.delete(gone)
    for number in range(12):
        desk.publish(f"Missed {number}", text="Some words. " * 60)
    await page.goto(desk.page)
    told = page.get_by_role("complementary", name="12 updates since you left")
    await expect(told).to_be_visible()
    await expect(page.locator("#announcer")).to_have_text("12 updates since you left")
    await told.get_by_role("link", name="Go to where you stopped").click()
    await expect(page.locator(f"#e-{stopped}")).to_be_in_viewport()
    await expect(page.locator(f"#e-{stopped}")).to_have_attribute("data-left", "You left here")
    await page.reload()
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    await expect(told).to_have_count(0)


async def test_what_waits_unseen_is_missed_too(stage: Stage, open_page: Opener) -> None:
    url = stage.show(view(entries=many(30)))
    page = await open_page(url, service_workers="block")
    await stage.line()
    await turn_wheel(page, 2000)
    await stage.publish(entry(50, "16:41"))
    await expect(page.locator("#waiting")).to_be_visible()
    await leave(page)
    stage.answers["/v1/coverages/aldmere/entries"] = {
        "events": [stage.event("entry.published", entry=msgspec.to_builtins(entry(50, "16:41")))],
        "up_to_date": True,
    }
    stage.show(view(entries=[entry(50, "16:41"), *many(30)], cursor="1773333600001-0"))
    await page.goto(url)
    await expect(page.get_by_text("1 update since you left")).to_have_count(2)
    assert "/v1/coverages/aldmere/entries?limit=500&after=1773333600000-0" in stage.asked


async def test_a_long_silence_is_told(stage: Stage, open_page: Opener) -> None:
    url = stage.show(view(coverage=coverage(), entries=[entry(1, "16:26")]))
    page = await open_page("about:blank")
    await page.clock.install(time=at("16:40").replace("Z", "+00:00"))
    await page.goto(url)
    await stage.line()
    await expect(page.locator("#state")).to_have_text("Updating live · last update 14 minutes ago")
    await stage.publish(entry(2, "16:40"))
    await expect(page.locator("#state")).to_have_text("Updating live")
