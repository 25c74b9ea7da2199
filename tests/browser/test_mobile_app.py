"""The React Native example, as the page that React Native for Web makes of it, against our own server."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.machine import find_node
from tests.running import ServerProcess

from .conftest import Opener
from .desk import Desk
from .site import other_site

MOBILE = Path(__file__).parents[2] / "clients/mobile"
PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("mobile")
    subprocess.run([find_node(), "scripts/web.mjs", str(folder)], cwd=MOBILE, check=True, timeout=60)
    with other_site(folder) as address:
        yield address


async def opened(app: str, server: ServerProcess, desk: Desk, open_page: Opener) -> Page:
    page = await open_page(f"{app}/?site={server.url}&coverage={desk.coverage}", **PHONE)
    await expect(page.get_by_text("Updating live")).to_be_visible()
    return page


async def test_the_app_follows_a_coverage_to_its_end(
    app: str, server: ServerProcess, desk: Desk, open_page: Opener
) -> None:
    first = desk.publish("First")
    page = await opened(app, server, desk, open_page)
    await expect(page.get_by_role("heading", name="The river rises")).to_be_visible()
    await expect(page.get_by_test_id(f"entry-{first}")).to_contain_text("The words of First.")

    second = desk.publish("Second", key_event=True)
    await expect(page.get_by_test_id(f"entry-{second}")).to_contain_text("Key event")
    desk.revise(first, headline="First, mended", correction="It had a typo.")
    await expect(page.get_by_test_id(f"entry-{first}")).to_contain_text("Correction: It had a typo.")
    desk.retract(second, "It was not so.")
    await expect(page.get_by_test_id(f"entry-{second}")).to_contain_text("Withdrawn: It was not so.")
    desk.change(title="The river falls", pin=first)
    await expect(page.get_by_role("heading", name="The river falls")).to_be_visible()
    await expect(page.get_by_test_id(f"entry-{first}")).to_contain_text("Pinned")

    desk.end(successor={"title": "Day two", "url": "https://example.org/2"})
    await expect(page.get_by_text("This live page has now been closed.")).to_be_visible()
    await expect(page.get_by_role("link", name="Day two")).to_be_visible()


async def test_in_the_background_it_rests_and_then_catches_up_once(
    app: str, server: ServerProcess, desk: Desk, open_page: Opener
) -> None:
    desk.publish("First")
    page = await opened(app, server, desk, open_page)
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    await show(page, "hidden")
    away = desk.publish("While away")
    await show(page, "visible")
    await expect(page.get_by_test_id(f"entry-{away}")).to_have_count(1)
    assert "after=" in sockets[0]


async def show(page: Page, state: str) -> None:
    """The browser has no way to hide a page of its own; the app hears of it as it would."""
    await page.evaluate(
        """(state) => {
            Object.defineProperty(document, "visibilityState", { configurable: true, value: state });
            Object.defineProperty(document, "hidden", { configurable: true, value: state === "hidden" });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


async def test_what_is_new_waits_while_the_reader_is_further_down(
    app: str, server: ServerProcess, desk: Desk, open_page: Opener
) -> None:
    desk.publish_many(30)
    page = await opened(app, server, desk, open_page)
    newest = page.get_by_role("heading", name="Number 29")
    await expect(newest).to_be_in_viewport()
    await page.mouse.move(200, 400)
    await page.mouse.wheel(0, 1500)
    # The wheel turns before the page does. What is out of sight by scrolling is so after the app was told of it.
    await expect(newest).not_to_be_in_viewport()
    new = desk.publish("Brand new")
    button = page.get_by_role("button", name="1 new update")
    await expect(button).to_be_visible()
    await expect(page.get_by_test_id(f"entry-{new}")).to_have_count(0)
    await button.click()
    await expect(page.get_by_test_id(f"entry-{new}")).to_be_visible()
