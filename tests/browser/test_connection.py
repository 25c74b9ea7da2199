"""The connection of an open page: one cursor, whatever happens to the sockets."""

from __future__ import annotations

import msgspec
import pytest
from playwright.async_api import Page, expect

from tests.pages.samples import entry, many, view

from .conftest import Opener, stop_clock
from .stage import Line, Stage


async def connected(stage: Stage, open_page: Opener, clock: bool = False) -> Page:
    page = await open_page(stage.show(view(entries=many(3))), clock=clock)
    await stage.line()
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    return page


async def shows(page: Page, state: str) -> None:
    await expect(page.locator("#state")).to_have_attribute("data-state", state)


async def test_it_begins_where_the_page_ends(stage: Stage, open_page: Opener) -> None:
    await connected(stage, open_page)
    assert (await stage.line()).after == "1773333600000-0"


async def test_it_catches_up_once_with_all_that_was_missed(stage: Stage, open_page: Opener) -> None:
    async def greet(line: Line) -> None:
        await line.send(type="hello", v=1, coverage="aldmere", mode="resumed", cursor=line.after, heartbeat=20)
        for number in range(50, 90):
            one = entry(number, f"17:{number - 50:02d}")
            await line.send(**stage.event("entry.published", entry=msgspec.to_builtins(one)))
        await line.send(type="live")

    stage.greet = greet
    page = await open_page(stage.show(view(entries=many(3))))
    await expect(page.locator("#entries > article")).to_have_count(43)
    ids = await page.eval_on_selector_all("#entries > article", "all => all.map((one) => one.id)")
    assert len(set(ids)) == 43


@pytest.mark.parametrize("code", [1001, 1012, 4101, 4203])
async def test_after_a_lost_connection_it_comes_back_with_its_cursor(
    stage: Stage, open_page: Opener, code: int
) -> None:
    page = await connected(stage, open_page)
    await stage.publish(entry(51, "16:51"))
    await expect(page.locator("#e-n051")).to_be_visible()
    await stage.lines[-1].close(code)
    second = await stage.line(2)
    assert second.after == "1773333600001-0"
    await shows(page, "live")
    await stage.publish(entry(52, "16:52"))
    await expect(page.locator("#e-n052")).to_be_visible()


async def test_a_server_that_gets_nothing_new_is_shown_as_late(stage: Stage, open_page: Opener) -> None:
    page = await connected(stage, open_page)
    await stage.lines[-1].send(type="error", code="store_unavailable", detail="Away.", retryable=True)
    await shows(page, "delayed")
    await expect(page.locator("#state")).to_have_text("Updates are delayed")
    await stage.lines[-1].send(type="live")
    await shows(page, "live")
    assert len(stage.lines) == 1


@pytest.mark.parametrize("how", ["in the reason", "in an error"])
async def test_it_waits_at_least_as_long_as_the_server_asks(stage: Stage, open_page: Opener, how: str) -> None:
    page = await connected(stage, open_page, clock=True)
    await stop_clock(page)
    if how == "in an error":
        await stage.lines[-1].send(type="error", code="overload", retryable=True, retry_after_ms=60000)
    await stage.lines[-1].close(4202, '{"r":60000}' if how == "in the reason" else "")
    await shows(page, "reconnecting")
    await page.clock.run_for(59_000)
    assert len(stage.lines) == 1
    await page.clock.run_for(3_000)  # and the first wait of its own, a second at most
    await stage.line(2)


@pytest.mark.parametrize("code", [4001, 4003, 4004, 4009])
async def test_a_refusal_is_final_and_told(stage: Stage, open_page: Opener, code: int) -> None:
    page = await connected(stage, open_page, clock=True)
    await stage.lines[-1].close(code)
    await shows(page, "refused")
    await expect(page.locator("#state")).to_contain_text("Reload the page")
    await page.clock.run_for(60_000)
    assert len(stage.lines) == 1


async def test_a_server_that_falls_silent_is_asked_and_then_left(stage: Stage, open_page: Opener) -> None:
    page = await open_page("about:blank", clock=True)
    await stop_clock(page)
    async with page.expect_websocket() as opened:
        await page.goto(stage.show(view(entries=many(3))))
    socket = await opened.value
    await shows(page, "live")
    async with socket.expect_event("framereceived", lambda text: "pong" in text):
        await page.clock.run_for(21_000)
    assert stage.lines[0].said == [{"type": "ping"}]
    await page.clock.run_for(6_000)
    assert len(stage.lines) == 1, "it answered"
    stage.answers_pings = False
    await page.clock.run_for(28_000)
    await stage.line(2)
    await stage.lines[0].gone.wait()
    assert stage.lines[0].said == [{"type": "ping"}] * 2


async def test_a_return_to_the_tab_probes_a_connection_that_may_have_died_in_sleep(
    stage: Stage, open_page: Opener
) -> None:
    page = await connected(stage, open_page, clock=True)
    stage.answers_pings = False
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await page.clock.run_for(6_000)
    await stage.line(2)


async def test_a_page_taken_back_from_the_browsers_cache_connects_at_once(stage: Stage, open_page: Opener) -> None:
    page = await connected(stage, open_page)
    await page.evaluate("window.dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    await stage.lines[0].gone.wait()
    await page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert (await stage.line(2)).after == "1773333600000-0"


async def test_without_network_it_says_so_and_comes_back_with_it(stage: Stage, open_page: Opener) -> None:
    page = await connected(stage, open_page)
    await page.context.set_offline(True)
    await shows(page, "offline")
    await stage.lines[-1].close(1012)
    await page.context.set_offline(False)
    await stage.line(2)
    await shows(page, "live")


async def test_it_moves_to_a_new_socket_before_it_leaves_the_old_one(stage: Stage, open_page: Opener) -> None:
    page = await connected(stage, open_page)
    first = stage.lines[0]
    await first.send(type="move", after_ms=50)
    await stage.line(2)
    await first.gone.wait()
    await stage.publish(entry(51, "16:51"))
    await expect(page.locator("#e-n051")).to_be_visible()
    await shows(page, "live")
    assert len(stage.lines) == 2


async def test_what_both_sockets_of_a_move_deliver_comes_once(stage: Stage, open_page: Opener) -> None:
    page = await connected(stage, open_page)
    first = stage.lines[0]

    async def greet(line: Line) -> None:
        await line.send(type="hello", v=1, coverage="aldmere", mode="resumed", cursor=line.after, heartbeat=20)
        for number in (51, 52):
            event = stage.event("entry.published", entry=msgspec.to_builtins(entry(number, f"16:{number}")))
            await line.send(**event)
            await first.send(**event)
        await line.send(type="live")

    stage.greet = greet
    await first.send(type="move", after_ms=0)
    await expect(page.locator("#e-n052")).to_be_visible()
    await expect(page.locator("#e-n051")).to_have_count(1)


async def test_a_gap_is_seen_and_asked_for(stage: Stage, open_page: Opener) -> None:
    page = await connected(stage, open_page)
    stage.event("entry.published")  # one that is never sent
    await stage.publish(entry(52, "16:52"))
    assert (await stage.line(2)).after == "1773333600000-0"
    await expect(page.locator("#e-n052")).to_have_count(0)


async def test_a_gap_that_stays_is_mended_by_a_snapshot(stage: Stage, open_page: Opener) -> None:
    page = await open_page(stage.show(view(entries=many(3))))
    for number in (1, 2, 3):
        line = await stage.line(number)
        await line.send(type="entry.published", cursor="1773333600009-0", prev="1773333600008-0", entry={"id": "x"})
    assert (await stage.line(4)).after is None
    assert page


async def test_what_a_newer_server_says_is_passed_over(stage: Stage, open_page: Opener) -> None:
    page = await connected(stage, open_page)
    await stage.lines[-1].send(type="audience", count=12)
    await stage.lines[-1].send(type="weather", sky="clear")
    await stage.lines[-1].send(**stage.event("coverage.praised"))
    await stage.publish(entry(51, "16:51"))
    await expect(page.locator("#e-n051")).to_be_visible()
