"""An open page changes in place, and never moves what is being read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from playwright.async_api import Locator, Page, expect

from feed.model import Entry, Reference, Retraction, Text
from tests.pages.samples import at, coverage, ended, entry, many, view

from .conftest import Opener, stop_clock
from .stage import Stage

HIDDEN = """
let shown = false;
Object.defineProperty(document, "visibilityState", { get: () => (shown ? "visible" : "hidden") });
window.show = () => { shown = true; document.dispatchEvent(new Event("visibilitychange")); };
"""


def shown(page: Page, number: int) -> Locator:
    return page.locator(f"#e-n{number:03d}")


async def order(page: Page) -> list[str]:
    ids: list[str] = await page.eval_on_selector_all("#entries > article", "all => all.map((one) => one.dataset.id)")
    return ids


async def read_at(page: Page, number: int) -> float:
    """Scrolls until an entry is in the middle of the screen; returns where it is."""
    await shown(page, number).evaluate("(one) => one.scrollIntoView({block: 'center', behavior: 'instant'})")
    assert await page.evaluate("scrollY") > 200
    return await top(page, number)


async def top(page: Page, number: int) -> float:
    place: float = await shown(page, number).evaluate("(one) => one.getBoundingClientRect().top")
    return place


def longer(number: int, clock: str, lines: int = 8, **changes: Any) -> Entry:
    html = "".join(
        f"<p>Line {line} of what was added to update {number} later in the day.</p>" for line in range(lines)
    )
    return entry(number, clock, revision=2, blocks=(Text(html=html),), updated_at=at("16:41"), **changes)


async def test_a_new_entry_comes_in_by_itself_at_the_top(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(5))))
    await stage.line()
    await stage.publish(entry(50, "16:41", headline="The crest has passed"))
    await expect(page.locator("#entries > article").first).to_contain_text("The crest has passed")
    await expect(page.locator("#waiting")).to_be_hidden()
    assert await page.title() == coverage().title
    assert await shown(page, 50).get_attribute("aria-posinset") == "1"
    assert await shown(page, 1).get_attribute("aria-setsize") == "6"


async def test_new_entries_wait_behind_a_counted_button_while_the_reader_is_further_down(
    stage: Stage, open_page: Opener
) -> None:
    page = await open_page(stage.show(view(entries=many(40))))
    await stage.line()
    before = await read_at(page, 20)
    for number in (51, 52, 53):
        await stage.publish(entry(number, f"16:{number}"))
    button = page.get_by_role("button", name="3 new updates")
    await expect(button).to_be_visible()
    assert (await page.title()).startswith("(3) ")
    assert await shown(page, 51).count() == 0
    assert await top(page, 20) == before
    await button.click()
    assert (await order(page))[:4] == ["n053", "n052", "n051", "n040"]
    await expect(shown(page, 53)).to_be_in_viewport()
    await expect(shown(page, 53)).to_be_focused()
    await expect(button).to_be_hidden()
    assert await page.title() == coverage().title


async def test_after_the_button_the_reader_follows_along_again(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(40))), viewport={"width": 390, "height": 800})
    await stage.line()
    await read_at(page, 20)
    await stage.publish(entry(51, "16:51"))
    await page.get_by_role("button", name="1 new update").click()
    await expect(shown(page, 51)).to_be_in_viewport()
    await stage.publish(entry(52, "16:52"))
    await expect(shown(page, 52)).to_be_in_viewport()
    await read_at(page, 20)
    await stage.publish(entry(53, "16:53"))
    await expect(page.get_by_role("button", name="1 new update")).to_be_visible()


async def test_scrolling_to_the_top_brings_in_what_waits(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(40))))
    await stage.line()
    await read_at(page, 20)
    await stage.publish(entry(51, "16:51"))
    await expect(page.locator("#waiting")).to_be_visible()
    await page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    await expect(shown(page, 51)).to_be_visible()
    await expect(page.locator("#waiting")).to_be_hidden()


async def test_new_entries_wait_while_the_tab_is_hidden_and_until_the_reader_acts(
    stage: Stage, open_page: Opener
) -> None:
    page = await open_page(stage.show(view(entries=many(5))), before=HIDDEN)
    await stage.line()
    await stage.publish(entry(51, "16:51"))
    await expect(page).to_have_title(f"(1) {coverage().title}")
    await page.evaluate("show()")
    await expect(page.get_by_role("button", name="1 new update")).to_be_visible()
    await stage.publish(entry(52, "16:52"))
    await expect(shown(page, 52)).to_be_visible()
    await expect(shown(page, 51)).to_be_visible()


async def test_new_entries_wait_while_text_is_selected_or_the_keyboard_is_in_the_feed(
    stage: Stage, open_page: Opener
) -> None:
    page = await open_page(stage.show(view(entries=many(5))))
    await stage.line()
    await shown(page, 5).evaluate("(one) => document.getSelection().selectAllChildren(one)")
    await stage.publish(entry(51, "16:51"))
    await expect(page.get_by_role("button", name="1 new update")).to_be_visible()
    await page.evaluate("document.getSelection().empty()")
    await page.keyboard.press("Tab")
    await shown(page, 5).locator("a").first.focus()
    await stage.publish(entry(52, "16:52"))
    await expect(page.get_by_role("button", name="2 new updates")).to_be_visible()
    await expect(shown(page, 5).locator("a").first).to_be_focused()


async def test_an_entry_that_waits_can_be_changed_and_taken_down(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(40))))
    await stage.line()
    await read_at(page, 20)
    await stage.publish(entry(51, "16:51"))
    await stage.publish(entry(52, "16:52"))
    await stage.publish(entry(51, "16:51", revision=2, headline="Changed while it waited"), "entry.revised")
    await stage.lines[-1].send(**stage.event("entry.deleted", entry={"id": "n052"}))
    await page.get_by_role("button", name="1 new update").click()
    await expect(shown(page, 51)).to_contain_text("Changed while it waited")
    await expect(shown(page, 52)).to_have_count(0)


async def test_a_back_timed_entry_takes_its_place_and_one_older_than_what_is_loaded_does_not_come(
    stage: Stage, open_page: Opener
) -> None:
    page = await open_page(stage.show(view(entries=many(20)[:10], next="older")))
    await stage.line()
    await stage.publish(entry(60, "07:32"))  # between n015 (07:30) and n016 (07:36)
    await stage.publish(entry(61, "06:10"))
    await stage.publish(entry(62, "16:00"))
    await expect(shown(page, 62)).to_be_visible()
    ids = await order(page)
    assert ids.index("n016") < ids.index("n060") < ids.index("n015")
    assert "n061" not in ids


async def test_an_edit_changes_only_what_differs(stage: Stage, open_page: Opener) -> None:
    first = entry(3, "06:18", blocks=(Text(html="<p>One stays.</p><p>Two goes.</p><p>Three stays.</p>"),))
    second = msgspec.structs.replace(
        first,
        revision=2,
        headline="A new headline",
        updated_at=at("16:41"),
        blocks=(Text(html="<p>One stays.</p><p>Two is new.</p><p>Three stays.</p><p>Four.</p>"),),
    )
    page = await open_page(stage.show(view(entries=[first])))
    await stage.line()
    await page.evaluate("window.kept = [...document.querySelectorAll('#e-n003 .text p')]")
    await stage.publish(second, "entry.revised")
    await expect(shown(page, 3).locator("h3")).to_have_text("A new headline")
    await expect(shown(page, 3).locator(".text p")).to_have_text(["One stays.", "Two is new.", "Three stays.", "Four."])
    await expect(shown(page, 3)).to_contain_text("Updated")
    assert await page.evaluate(
        "[0, 2].every((index) => document.querySelectorAll('#e-n003 .text p')[index] === kept[index])"
    )


async def test_an_edit_that_moves_an_entry_in_time_moves_it_on_the_page(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(5))))
    await stage.line()
    await stage.publish(entry(1, "06:27", revision=2), "entry.revised")
    await expect(page.locator("#entries > article:nth-child(2)")).to_have_id("e-n001")
    assert await order(page) == ["n005", "n001", "n004", "n003", "n002"]


async def test_a_retraction_strikes_the_entry_and_says_why(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(5))))
    await stage.line()
    withdrawn = entry(
        4, "06:24", status="retracted", revision=2, retraction=Retraction(at=at("16:41"), reason="It was not so.")
    )
    await stage.publish(withdrawn, "entry.retracted")
    await expect(shown(page, 4)).to_contain_text("It was not so.")
    await expect(shown(page, 4).locator("h3 del")).to_have_text("Update number 4")
    await expect(shown(page, 4).locator(".entry-body > del")).to_contain_text("The words of update 4")


async def test_an_entry_taken_down_is_gone_and_the_focus_goes_on(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(5))))
    await stage.line()
    await shown(page, 4).locator("a").first.focus()
    await stage.lines[-1].send(**stage.event("entry.deleted", entry={"id": "n004", "reason": "Legal"}))
    await expect(shown(page, 4)).to_have_count(0)
    await expect(shown(page, 3)).to_be_focused()
    assert await shown(page, 3).get_attribute("aria-posinset") == "2"


@pytest.mark.parametrize("width", [1280, 390])
async def test_whatever_changes_above_the_text_being_read_stays_where_it_is(
    stage: Stage, open_page: Opener, width: int
) -> None:
    stage.answers["/v1/coverages/aldmere/entries/n005"] = {"entry": msgspec.to_builtins(entry(5, "06:30"))}
    page = await open_page(stage.show(view(entries=many(40))), viewport={"width": width, "height": 800})
    await stage.line()
    before = await read_at(page, 20)
    changes: list[Callable[[], Awaitable[None]]] = [
        lambda: stage.publish(longer(38, "09:48"), "entry.revised"),
        lambda: stage.publish(longer(35, "09:30", lines=3), "entry.revised"),
        lambda: stage.lines[-1].send(**stage.event("entry.deleted", entry={"id": "n037"})),
        lambda: stage.publish(entry(2, "09:31", revision=2), "entry.revised"),
        lambda: stage.change(coverage(pin="n005", title="Short")),
        lambda: stage.change(
            coverage(pin=None, summary=None, key_points=("a", "b", "c", "d", "e", "f", "g") * 3, links=())
        ),
        lambda: stage.change(coverage(links=(Reference(url="/x", title="More to read"),) * 5)),
        lambda: stage.change(ended(), "coverage.ended"),
        lambda: stage.change(coverage(), "coverage.reopened"),
    ]
    for number, change in enumerate(changes, 70):
        await change()
        await stage.publish(entry(number, "16:59"))
        await expect(page.locator("#waiting")).to_contain_text(f"{number - 69} new update")
        # Browsers scroll by whole pixels of the screen, lay out by fractions of one.
        assert abs(await top(page, 20) - before) < 1, number


async def test_an_edit_within_the_entry_being_read_keeps_the_line_in_view(stage: Stage, open_page: Opener) -> None:
    paragraphs = [f"<p class='x'>Paragraph {n} of a long report that has many of them.</p>" for n in range(60)]
    first = entry(1, "06:06", blocks=(Text(html="".join(paragraphs)),))
    page = await open_page(stage.show(view(entries=[first, *many(1)][:1])))
    await stage.line()
    line = page.locator("#e-n001 .text p", has_text="Paragraph 30 ")
    await line.evaluate("(one) => one.scrollIntoView({block: 'center', behavior: 'instant'})")
    before = await line.evaluate("(one) => one.getBoundingClientRect().top")
    paragraphs[3:5] = [f"<p>Inserted {n}</p>" for n in range(9)]
    changed = msgspec.structs.replace(first, revision=2, blocks=(Text(html="".join(paragraphs)),))
    await stage.publish(changed, "entry.revised")
    await expect(page.locator("#e-n001")).to_contain_text("Inserted 8")
    assert abs(await line.evaluate("(one) => one.getBoundingClientRect().top") - before) < 1


async def test_the_head_changes_in_place(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(5))))
    await stage.line()
    await stage.change(
        coverage(title="The river falls", summary="It is <em>over</em>.", key_points=("One", "Two"), pin="n002")
    )
    await expect(page.locator("h1")).to_have_text("The river falls")
    await expect(page).to_have_title("The river falls")
    await expect(page.locator("#standfirst em")).to_have_text("over")
    await expect(page.locator("#points li")).to_have_text(["One", "Two"])


async def test_an_entry_is_pinned_changed_and_unpinned_in_place(stage: Stage, open_page: Opener) -> None:
    stage.answers["/v1/coverages/aldmere/entries/n002"] = msgspec.to_builtins(entry(2, "06:12"))
    page = await open_page(stage.show(view(entries=many(5))))
    await stage.line()
    pin = page.get_by_role("region", name="Pinned")
    await stage.change(coverage(pin="n002"))
    await expect(pin).to_contain_text("Update number 2")
    await stage.publish(entry(2, "06:12", revision=2, headline="Two, again"), "entry.revised")
    await expect(pin).to_contain_text("Two, again")
    await expect(shown(page, 2)).to_contain_text("Two, again")
    await stage.change(coverage())
    await expect(pin).to_be_hidden()


async def test_the_end_closes_the_page_in_place_and_it_stays_closed(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(5))))
    line = await stage.line()
    await stage.publish(entry(51, "16:29", headline="Goodbye"))
    await stage.change(ended(), "coverage.ended")
    await line.close(1000)
    await expect(page.locator("h1")).to_have_text(ended().title)
    banner = page.locator("#closed")
    await expect(banner).to_contain_text("This live page has now been closed.")
    await expect(banner).to_contain_text("16:30 GMT")
    await expect(banner.get_by_role("link", name="Aldmere flood, day two")).to_have_attribute("href", "/c/aldmere-2")
    await expect(page.locator("#badge")).to_have_text("Closed")
    await expect(page.locator("#state")).to_have_attribute("data-state", "ended")
    await expect(shown(page, 51)).to_be_visible()
    await page.evaluate("window.dispatchEvent(new Event('online'))")
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await page.wait_for_timeout(1500)
    assert len(stage.lines) == 1


async def test_a_page_that_was_closed_when_it_was_opened_does_not_connect(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(coverage=ended(), entries=many(5))))
    await expect(page.locator("#state")).to_have_attribute("data-state", "ended")
    await page.wait_for_timeout(500)
    assert stage.lines == []


async def test_the_first_entry_makes_a_scheduled_page_live(stage: Stage, open_page: Opener) -> None:
    later = coverage(status="scheduled", starts_at=at("18:00"), started_at=None)
    page = await open_page(stage.show(view(coverage=later, entries=[])))
    await stage.line()
    await expect(page.locator("#begins")).to_be_visible()
    await expect(page.get_by_text("No updates yet.")).to_be_visible()
    await stage.publish(entry(1, "17:55"))
    await expect(shown(page, 1)).to_be_visible()
    await expect(page.locator("#badge")).to_have_text("Live")
    await expect(page.locator("#begins")).to_be_hidden()
    await expect(page.get_by_text("No updates yet.")).to_be_hidden()
    await expect(page.get_by_role("feed")).to_have_count(1)


async def test_a_reset_replaces_the_list_and_keeps_the_readers_place(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(40))))
    line = await stage.line()
    before = await read_at(page, 20)
    entries = [one for one in many(40) if one.id not in ("n030", "n010")]
    entries[0] = longer(40, "10:00")
    await line.send(
        type="snapshot",
        coverage=msgspec.to_builtins(coverage(title="After the reset")),
        entries=[msgspec.to_builtins(one) for one in [entry(51, "16:51"), *entries]],
        cursor="1773339999999-0",
    )
    await line.send(type="live")
    await expect(page.locator("h1")).to_have_text("After the reset")
    await expect(page.get_by_role("button", name="1 new update")).to_be_visible()
    ids = await order(page)
    assert ids == [one.id for one in entries]
    assert abs(await top(page, 20) - before) < 1


async def test_older_updates_come_in_place(stage: Stage, open_page: Opener) -> None:
    rest = [msgspec.to_builtins(one) for one in many(20)[10:]]
    stage.answers["/v1/coverages/aldmere/entries"] = {"entries": rest, "cursor": "1-0"}
    page = await open_page(stage.show(view(entries=many(20)[:10], next="a/b")))
    await page.get_by_role("link", name="Older updates").click()
    await expect(shown(page, 1)).to_be_visible()
    assert stage.asked == ["/v1/coverages/aldmere/entries?limit=50&before=a%2Fb"]
    assert await order(page) == [one.id for one in many(20)]
    await expect(page.get_by_role("link", name="Older updates")).to_have_count(0)
    assert await shown(page, 1).get_attribute("aria-setsize") == "20"


async def test_older_updates_are_a_page_where_they_cannot_come_in_place(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(20)[:10], next="t")))
    await page.get_by_role("link", name="Older updates").click()
    await page.wait_for_url("**/c/aldmere?before=t")


async def test_an_older_page_counts_new_entries_and_leads_to_them(stage: Stage, open_page: Opener) -> None:
    stage.show(view(entries=many(20)[10:], before="t"), "/c/older")
    page = await open_page(f"{stage.url}/c/older")
    await stage.line()
    await stage.publish(entry(51, "16:51"))
    await stage.publish(entry(5, "06:30", revision=2, headline="Five, again"), "entry.revised")
    await expect(shown(page, 5)).to_contain_text("Five, again")
    assert await order(page) == [one.id for one in many(20)[10:]]
    stage.show(view(entries=many(20)[:10]))
    await page.get_by_role("button", name="1 new update").click()
    await page.wait_for_url("**/c/aldmere")


async def test_a_permalink_shows_its_entry_clear_of_the_bar(stage: Stage, open_page: Opener) -> None:
    stage.show(view(entries=many(40), focus="n020"), "/c/aldmere/e/n020")
    page = await open_page(f"{stage.url}/c/aldmere/e/n020")
    await expect(shown(page, 20)).to_be_in_viewport()
    await expect(shown(page, 20)).to_be_focused()
    bar = await page.eval_on_selector(".bar", "(bar) => bar.getBoundingClientRect().bottom")
    assert bar <= await top(page, 20) < bar + 100


async def test_new_entries_are_announced_together_and_not_too_often(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(5))), clock=True)
    await stage.line()
    await stop_clock(page)
    announcer = page.locator("#announcer")
    await stage.publish(entry(51, "16:51", headline="The crest has passed"))
    await expect(shown(page, 51)).to_be_visible()
    await page.clock.run_for(1000)
    await expect(announcer).to_have_text("New update: The crest has passed")
    await stage.publish(entry(52, "16:52"))
    await stage.publish(entry(53, "16:53"))
    await expect(shown(page, 53)).to_be_visible()
    await expect(announcer).to_have_text("New update: The crest has passed")
    await page.clock.run_for(8000)
    await expect(announcer).to_have_text("2 new updates")
