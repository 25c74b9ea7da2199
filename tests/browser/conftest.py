"""A real browser, and readers in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.machine import find_browser
from tests.running import ServerProcess

from .desk import Desk
from .stage import Stage, running

# What is waited for comes within moments; on a machine that does much else, later.
expect.set_options(timeout=20_000)
# Milliseconds in which a page finds a server that has come back: between two tries it may wait twenty seconds.
COMES_BACK = 60_000

Opener = Callable[..., Awaitable[Page]]

# What the browser itself says of a request that the network did not answer, of its own for a worker's script too.
UNREACHABLE = ("Failed to load resource", "An unknown error occurred when fetching the script.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One event loop for all, for one browser for all."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_browser())
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    async with running(stage.app()) as stage.url:
        yield stage


async def leave(page: Page) -> None:
    """Goes elsewhere, as somebody does who comes back later."""
    # Where a reader stopped is kept by what is loaded after everything else.
    await page.evaluate("import('/static/visit.js').then(() => new Promise((done) => setTimeout(done)))")
    # A page may be kept for a second: whoever comes back sooner would be shown the one that was left. What is routed is
    # not taken from the browser's cache.
    await page.route("**/c/*", lambda route: route.continue_())
    await page.goto("about:blank")


async def stop_clock(page: Page) -> None:
    """From now on time goes on only when the test says so, in a page that was opened with `clock`."""
    # It cannot go back: what lies ahead must still do so when it gets there.
    await page.clock.pause_at(await page.evaluate("Date.now() + 10_000"))


async def turn_wheel(page: Page, by: int) -> None:
    """And waits until the page has come to rest where that leads: the wheel itself is back at once."""
    await page.evaluate("window.rests = false; addEventListener('scrollend', () => { rests = true; }, { once: true })")
    await page.mouse.wheel(0, by)
    await page.wait_for_function("() => rests")


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser) -> AsyncIterator[Opener]:
    """``await open_page(url, **options of the browser context)``. No script may fail, and no policy be broken."""
    complaints: list[str] = []
    contexts = []

    async def opened(url: str, *, clock: bool = False, before: str = "", **options: Any) -> Page:
        context = await browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and not message.text.startswith(UNREACHABLE)
                else None
            ),
        )
        if clock:
            await page.clock.install()
        if before:
            await page.add_init_script(before)
        await page.goto(url)
        return page

    yield opened
    for context in contexts:
        await context.close()
    # What the browser itself remarks on a socket that failed, or was closed by the other side a moment ago.
    assert [one for one in complaints if not one.startswith("WebSocket ")] == []


@pytest.fixture
def producer(server: ServerProcess) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {server.admin_token}"}
    with httpx2.Client(base_url=server.url, headers=headers, timeout=30) as client:
        yield client


@pytest.fixture
def desk(producer: httpx2.Client, server: ServerProcess) -> Desk:
    return Desk(producer, server.url)
