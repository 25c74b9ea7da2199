"""Reading: without script, in one's own zone, with a keyboard, in light and dark, on any screen."""

from __future__ import annotations

from zoneinfo import available_timezones

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Response, expect

from feed.model import Gallery, Moment, Picture
from feed.pages import render_index, render_problem
from feed.zones import zone_named
from tests.pages.samples import ORIGIN, at, coverage, ended, entry, every_entry, many, picture, view

from .conftest import Opener, turn_wheel
from .desk import Desk
from .stage import Stage

# A whole first view: what every reader of a page loads before the first picture.
LIGHT = 100_000


async def test_without_script_the_page_is_complete(stage: Stage, open_page: Opener) -> None:
    url = stage.show(view(pinned=every_entry()[5], coverage=ended(), next="t"))
    page = await open_page(url, java_script_enabled=False)
    await expect(page.locator("#entries > article")).to_have_count(18)
    for words in (
        "Aldmere flood: 14,000 people left",
        "upper dam is holding",
        "About 14,000 people",
        "This live page has now been closed.",
        "Mill Street at noon",
        "16:20 GMT",
        "Withdrawn",
        "Both were found at home.",
    ):
        await expect(page.get_by_text(words).first).to_be_visible()
    await expect(page.get_by_role("link", name="Aldmere flood, day two")).to_be_visible()
    await expect(page.get_by_role("link", name="Older updates")).to_have_attribute("href", "/c/aldmere?before=t")
    await expect(page.locator("#waiting")).to_be_hidden()


async def test_without_script_an_open_page_says_to_reload(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(3))), java_script_enabled=False)
    await expect(page.get_by_text("Reload the page to see new updates.")).to_be_visible()


@pytest.mark.parametrize(
    ("zone", "moment", "date", "clock"),
    [
        ("Europe/London", "2026-03-28T16:27:00.000Z", "28 Mar 2026", "16:27 (16:27 GMT)"),
        ("Europe/London", "2026-03-29T16:27:00.000Z", "29 Mar 2026", "17:27 (16:27 GMT)"),
        ("America/New_York", "2026-03-08T06:30:00.000Z", "8 Mar 2026", "01:30 (06:30 GMT)"),
        ("America/New_York", "2026-03-08T07:30:00.000Z", "8 Mar 2026", "03:30 (07:30 GMT)"),
        ("Asia/Yerevan", "2023-09-28T22:27:00.000Z", "29 Sep 2023", "02:27 (22:27 GMT)"),
        ("Asia/Kathmandu", "2026-03-12T00:00:00.000Z", "12 Mar 2026", "05:45 (00:00 GMT)"),
    ],
)
async def test_times_are_the_readers_own_and_gmt_right_for_their_own_date(
    stage: Stage, open_page: Opener, zone: str, moment: str, date: str, clock: str
) -> None:
    first, second = (entry(n, display_at=Moment(moment), published_at=Moment(moment)) for n in (1, 2))
    page = await open_page(stage.show(view(entries=[first])), timezone_id=zone)
    await stage.line()
    await stage.publish(second)
    for number in (1, 2):
        time = page.locator(f"#e-n00{number} time").first
        await expect(time).to_have_text(f"{date} {clock}")
        assert await time.get_attribute("datetime") == moment


async def test_the_day_of_gmt_is_at_hand_where_it_is_another(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=[entry(1, "22:27")])), timezone_id="Asia/Yerevan")
    await expect(page.locator("#e-n001 time").first).to_have_attribute("title", "12 Mar 2026, 22:27 GMT")


async def test_the_newsrooms_time_is_at_hand(stage: Stage, open_page: Opener) -> None:
    page = await open_page(
        stage.show(view(coverage=coverage(timezone="Asia/Yerevan"), entries=[entry(1, "16:27")])),
        timezone_id="Europe/London",
    )
    time = page.locator("#e-n001 time").first
    await expect(time).to_have_text("12 Mar 2026 16:27 (16:27 GMT)")
    await expect(time).to_have_attribute("title", "20:27 in Yerevan")


async def test_where_the_browser_does_not_know_the_newsrooms_zone_gmt_is_shown(stage: Stage, open_page: Opener) -> None:
    """Names come up that it is too old for."""
    old = """
      const { DateTimeFormat } = Intl;
      Intl.DateTimeFormat = function (locale, options) {
        if (options?.timeZone === "Asia/Yerevan") throw new RangeError("Invalid time zone specified");
        return new DateTimeFormat(locale, options);
      };
    """
    first = entry(1, "16:27")
    url = stage.show(view(coverage=coverage(timezone="Asia/Yerevan"), entries=[first]))
    page = await open_page(url, timezone_id="Europe/London", before=old)
    await stage.line()
    await stage.publish(entry(2, "16:30"))
    await expect(page.locator("#e-n002 .when-own")).to_have_text("16:30")
    await expect(page.locator("#e-n002 .when-gmt")).to_have_text("(16:30 GMT)")
    assert not await page.locator("#e-n002 .when").get_attribute("title")


async def test_browsers_know_every_zone_that_is_taken(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=[])))
    taken = sorted(zone for zone in available_timezones() | {"localtime", "Factory"} if zone_named(zone))
    assert len(taken) > 400
    unknown = """(taken) => taken.filter((timeZone) => {
      try { new Intl.DateTimeFormat("en", { timeZone }); return false; } catch { return true; }
    })"""
    assert await page.evaluate(unknown, taken) == []


async def test_page_keys_walk_from_entry_to_entry(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(5))))
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the updates")).to_be_focused()
    await page.locator("#e-n005 a").first.focus()
    await page.keyboard.press("PageDown")
    await page.keyboard.press("PageDown")
    await expect(page.locator("#e-n003")).to_be_focused()
    await page.keyboard.press("PageUp")
    await expect(page.locator("#e-n004")).to_be_focused()


async def test_no_screen_scrolls_sideways(stage: Stage, open_page: Opener) -> None:
    url = stage.show(view(pinned=every_entry()[5], coverage=coverage(title="W" * 60)))
    for width in (320, 390, 768, 1024, 1280, 1920):
        page = await open_page(url, viewport={"width": width, "height": 800})
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, width


async def test_pictures_do_not_move_the_text_when_they_come(stage: Stage, open_page: Opener) -> None:
    url = stage.show(view())
    without = await open_page(url, viewport={"width": 390, "height": 800}, java_script_enabled=False)
    await without.route("**/pictures/**", lambda route: route.abort())
    await without.goto(url)
    loaded = await open_page(url, viewport={"width": 390, "height": 800}, java_script_enabled=False)
    await loaded.wait_for_load_state("networkidle")
    height = "document.documentElement.scrollHeight"
    assert await loaded.evaluate(height) == await without.evaluate(height)


@pytest.mark.parametrize(("width", "columns"), [(390, 1), (1280, 2)])
async def test_pictures_stand_side_by_side_where_a_name_fits_below_each(
    stage: Stage, open_page: Opener, width: int, columns: int
) -> None:
    names = ("Ghahramanyan/Reuters", "Aldmere Echo", "Aldmere Echo")
    pictures = tuple(Picture(url="/pictures/river.svg", caption="A road", credit=name) for name in names)
    entries = [entry(number, blocks=(Gallery(images=pictures[:number]),)) for number in (1, 2, 3)]
    page = await open_page(stage.show(view(entries=entries)), viewport={"width": width, "height": 800})
    rows = """(id) => {
      const boxes = [...document.querySelectorAll(`#${id} .picture`)].map((one) => one.getBoundingClientRect());
      return [...Map.groupBy(boxes, ({ top }) => Math.round(top)).values()].map((row) => row.length);
    }"""
    assert await page.evaluate(rows, "e-n001") == [1]
    assert await page.evaluate(rows, "e-n002") == ([2] if columns == 2 else [1, 1])
    assert await page.evaluate(rows, "e-n003") == ([1, 2] if columns == 2 else [1, 1, 1])
    whole = """(id) => {
      const gallery = document.querySelector(`#${id} .gallery`);
      return gallery.firstElementChild.offsetWidth === gallery.offsetWidth;
    }"""
    for first in ("e-n001", "e-n003"):
        assert await page.evaluate(whole, first)


@pytest.mark.parametrize("keys", [True, False])
async def test_what_is_last_beside_the_updates_stays_in_view(stage: Stage, open_page: Opener, keys: bool) -> None:
    """The key events, or the key points where nothing else is there."""
    entries = [entry(number, key_event=keys and number == 2) for number in range(40, 0, -1)]
    page = await open_page(stage.show(view(coverage=coverage(links=()), entries=entries)))
    await turn_wheel(page, 3000)
    await expect(page.locator("#guide")).to_be_visible(visible=keys)
    if keys:
        await expect(page.locator("#guide")).to_be_in_viewport(ratio=1)
        await expect(page.locator("#points")).not_to_be_in_viewport()
    else:
        await expect(page.locator("#points")).to_be_in_viewport(ratio=1)


async def test_script_and_style_are_light(desk: Desk, open_page: Opener) -> None:
    """All that a first visit loads of our own, uncompressed, also what comes when the page is there already."""
    loaded: list[Response] = []
    desk.publish_many(3)
    page = await open_page("about:blank", service_workers="block")
    page.on("response", lambda response: loaded.append(response))
    async with page.expect_response("**/visit.js"), page.expect_response("**/offline.js"):
        await page.goto(desk.page)
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    await page.wait_for_load_state("networkidle")
    ours = [one for one in loaded if one.request.resource_type in ("script", "stylesheet")]
    sizes = {one.url: len(await one.body()) for one in ours}
    assert sum(sizes.values()) < LIGHT, sizes


async def test_further_down_the_bar_says_what_the_page_is_about(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(40))))
    await stage.line()
    title = page.locator("#bar-title")
    await expect(title).to_be_hidden()
    await turn_wheel(page, 2000)
    await expect(title).to_be_visible()
    await stage.change(coverage(title="The river falls"))
    await expect(title).to_have_text("The river falls")
    await turn_wheel(page, -4000)
    await expect(title).to_be_hidden()


PAGES = {
    "live": lambda: view(
        pinned=every_entry()[5], coverage=coverage(image=Picture(**picture()), timezone="Europe/London"), next="t"
    ),
    "closed": lambda: view(coverage=ended()),
    "before the start": lambda: view(
        coverage=coverage(status="scheduled", starts_at=at("18:00"), key_points=()), entries=[]
    ),
    "right to left": lambda: view(coverage=coverage(language="ar", title="فيضان ألدمير")),
    "permalink": lambda: view(focus="n004", before="t"),
    "full of key points": lambda: view(
        coverage=coverage(links=(), key_points=("The river is higher than in 1931.",) * 30),
        entries=[entry(number) for number in range(9, 0, -1)],
    ),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", PAGES)
async def test_axe_finds_nothing_on_a_page_that_is(stage: Stage, open_page: Opener, kind: str, scheme: str) -> None:
    page = await open_page(stage.show(PAGES[kind]()), color_scheme=scheme, reduced_motion="reduce")
    if kind in ("live", "right to left"):
        await stage.line()
        await page.evaluate("scrollTo({top: 900, behavior: 'instant'})")
        await stage.publish(entry(51, "16:51"))
        await expect(page.locator("#waiting")).to_be_visible()
    assert (await Axe().run(page)).response["violations"] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_the_list_and_on_a_problem(stage: Stage, open_page: Opener, scheme: str) -> None:
    stage.pages["/"] = render_index(
        [coverage(), ended(), coverage(id="x", status="scheduled", starts_at=at("18:00"), language="ar")], ORIGIN
    )
    stage.pages["/none"] = render_problem(404, "No such page", "There is nothing at this address.")
    for path in ("/", "/none"):
        page = await open_page(stage.url + path, color_scheme=scheme)
        assert (await Axe().run(page)).response["violations"] == []


async def test_the_list_shows_times_in_the_readers_zone(stage: Stage, open_page: Opener) -> None:
    stage.pages["/"] = render_index([coverage()], ORIGIN)
    page = await open_page(stage.url + "/", timezone_id="Asia/Yerevan")
    await expect(page.locator(".teaser")).to_contain_text("12 Mar 2026 10:05 (06:05 GMT)")


async def test_who_asks_for_less_motion_gets_none(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(3))), reduced_motion="reduce")
    await stage.line()
    await stage.publish(entry(51, "16:51"))
    await expect(page.locator("#e-n051")).to_be_visible()
    lengths = "document.getAnimations().map((one) => one.effect.getComputedTiming().endTime)"
    assert all(length < 1 for length in await page.evaluate(lengths))
