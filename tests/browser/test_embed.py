"""`<live-feed>` in a page of another origin."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2
import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page, Route, expect

from tests.running import ServerProcess

from .conftest import COMES_BACK, Opener
from .desk import Desk
from .stage import Stage

# Styles that would break anything outside a shadow root.
HOST = """<!doctype html><html lang="en"><title>Elsewhere</title>
<style>* {{ color: maroon; }} h3 {{ display: none; }} live-feed {{ --live-feed-accent: rgb(0, 100, 0); }}</style>
<main><h1>Another site</h1><live-feed src="{src}"></live-feed><p id="below">Below</p></main>
<script src="{url}/embed.js" async></script>"""


async def embedded(open_page: Opener, stage: Stage, server: ServerProcess, desk: Desk) -> Page:
    """Served by another server: of another origin."""
    return await open_page(elsewhere(stage, server, desk))


def elsewhere(stage: Stage, server: ServerProcess, desk: Desk) -> str:
    stage.policy = ""
    stage.pages["/elsewhere"] = HOST.format(src=desk.page, url=server.url)
    return f"{stage.url}/elsewhere"


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


async def test_where_a_picture_does_not_load_it_says_so(
    desk: Desk, server: ServerProcess, open_page: Opener, stage: Stage
) -> None:
    desk.publish("Served", images=[{"url": "/demo/barrier.webp?1", "alt": "A barrier"}])
    page = await open_page("about:blank")
    await page.context.route("**/demo/*", lambda route: route.abort())
    await page.goto(elsewhere(stage, server, desk))
    await expect(page.locator("live-feed .picture-gap")).to_have_text("Picture not available hereA barrier")
    desk.publish("Later", images=[{"url": "/demo/barrier.webp?2", "alt": "A second"}])
    await expect(page.locator("live-feed .picture-gap").first).to_contain_text("A second")
    await expect(page.locator("live-feed .picture-gap")).to_have_count(2)


async def test_where_there_is_no_such_coverage_a_link_remains(
    desk: Desk, server: ServerProcess, open_page: Opener, stage: Stage
) -> None:
    desk.page = f"{server.url}/c/nothing-here"
    page = await embedded(open_page, stage, server, desk)
    await expect(page.get_by_role("link", name=desk.page)).to_be_visible()


async def test_it_shows_what_is_pinned_and_leaves_to_the_page_what_belongs_there(
    desk: Desk, server: ServerProcess, open_page: Opener, stage: Stage
) -> None:
    changed = desk.publish("Changed", labels=["Harbour"])
    desk.revise(changed, text="Other words.", correction="It was another pier.")
    desk.publish_many(20)
    desk.change(pin=changed)
    page = await embedded(open_page, stage, server, desk)
    pinned = page.get_by_role("region", name="Pinned")
    await expect(pinned).to_contain_text("It was another pier.")
    await expect(pinned.get_by_text("Updated")).to_be_visible()
    await expect(page.locator("live-feed button:visible")).to_have_count(0)
    await expect(page.locator("live-feed .older a")).to_have_attribute("href", desk.page)

    desk.retract(changed, "It was no pier.")
    await expect(pinned).to_contain_text("It was no pier.")
    desk.change(pin=None)
    await expect(pinned).to_be_hidden()
    desk.end(successor={"title": "Day two", "url": "https://example.org/2"})
    await expect(page.locator("live-feed").get_by_role("link", name="Day two")).to_be_visible()


async def test_it_lets_go_of_the_network_when_its_page_is_put_aside_and_catches_up_after(
    desk: Desk, server: ServerProcess, open_page: Opener, stage: Stage
) -> None:
    desk.publish("Before")
    page = await open_page("about:blank")
    async with page.expect_websocket() as opened:
        await page.goto(elsewhere(stage, server, desk))
    socket = await opened.value
    articles = page.locator("live-feed article")
    await expect(articles).to_have_count(1)
    async with socket.expect_event("close"):
        await page.evaluate("window.dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    desk.publish("Meanwhile")
    await page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    await expect(articles).to_have_count(2)
    await expect(articles.first).to_contain_text("Meanwhile")


async def test_nothing_is_shown_before_its_style_is_there(
    desk: Desk, server: ServerProcess, open_page: Opener, stage: Stage
) -> None:
    desk.publish("First")
    page = await open_page("about:blank")

    async def slowly(route: Route) -> None:
        await asyncio.sleep(0.5)
        await route.continue_()

    await page.route("**/board.css", slowly)
    await page.goto(elsewhere(stage, server, desk))
    shown = await page.wait_for_function(
        """() => {
          const root = document.querySelector("live-feed").shadowRoot;
          return root?.querySelector("h2") && { dressed: Boolean(root.querySelector("link").sheet) };
        }"""
    )
    assert await shown.json_value() == {"dressed": True}


async def test_one_that_shows_another_coverage_before_the_first_is_there_shows_the_other(
    desk: Desk, server: ServerProcess, producer: httpx2.Client, open_page: Opener, stage: Stage
) -> None:
    desk.publish("Of the first")
    other = Desk(producer, server.url, title="The other")
    other.publish("Of the other")
    page = await open_page("about:blank")
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    there = asyncio.Event()

    async def late(route: Route) -> None:
        await there.wait()
        await route.continue_()

    await page.route(f"**/v1/coverages/{desk.coverage}", late)
    async with page.expect_request(f"**/v1/coverages/{desk.coverage}"):
        await page.goto(elsewhere(stage, server, desk))
    await page.locator("live-feed").evaluate("(feed, src) => { feed.setAttribute('src', src); }", other.page)
    await expect(page.locator("live-feed h2")).to_have_text("The other")
    # The words of its language are the last that the first one asks for.
    async with page.expect_response("**/words/en.json"):
        there.set()
    other.publish("And on it goes")
    await expect(page.locator("live-feed article")).to_have_count(2)
    await expect(page.locator("live-feed h2")).to_have_text("The other")
    assert [url for url in sockets if desk.coverage in url] == []


async def test_after_a_restart_of_the_server_it_goes_on(
    desk: Desk, server: ServerProcess, open_page: Opener, stage: Stage
) -> None:
    desk.publish("Before")
    page = await embedded(open_page, stage, server, desk)
    articles = page.locator("live-feed article")
    await expect(articles).to_have_count(1)
    port = server.port
    server.kill()
    server.start(port)
    desk.publish("Meanwhile")
    await expect(articles).to_have_count(2, timeout=COMES_BACK)
    await expect(articles.first).to_contain_text("Meanwhile")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_example_shows_how_a_site_dresses_it(
    desk: Desk, server: ServerProcess, open_page: Opener, stage: Stage, scheme: str
) -> None:
    desk.publish("First", key_event=True, verification={"status": "unverified"})
    example = (Path(__file__).parents[2] / "clients/reader/examples/embed.html").read_text()
    stage.policy = ""
    stage.pages["/example"] = example.replace("http://127.0.0.1:8000/c/eddersea-surge", desk.page).replace(
        "http://127.0.0.1:8000", server.url
    )
    page = await open_page(f"{stage.url}/example", color_scheme=scheme)
    await expect(page.locator("live-feed article")).to_have_count(2)
    colours = await page.eval_on_selector_all(
        "live-feed",
        """(all) => all.map((one) => {
          const style = getComputedStyle(one.shadowRoot.querySelector(".frame"));
          return [style.backgroundColor, style.fontFamily.split(",")[0], style.borderRadius];
        })""",
    )
    assert colours[0] == ["rgb(251, 252, 251)", "Georgia", "0px"]
    assert colours[1][::2] == ["rgb(19, 20, 23)", "4px"]
    found = await Axe().run(page)
    assert [one["id"] for one in found.response["violations"] if one["impact"] in ("serious", "critical")] == []
