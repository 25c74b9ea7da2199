"""Without network the last timeline can still be read, and the page can be installed."""

from __future__ import annotations

from playwright.async_api import expect

from tests.running import ServerProcess

from .conftest import COMES_BACK, Opener
from .desk import Desk

KEPT = """async (headline) => {
  const copy = await caches.match(location.pathname);
  const parts = [...document.querySelectorAll("link[rel=modulepreload], link[rel=stylesheet]")].map((one) => one.href);
  const kept = await Promise.all([...parts, "/static/reader.js"].map((one) => caches.match(one)));
  return kept.every(Boolean) && (await copy?.text() ?? "").includes(headline);
}"""
LEAVE = """() => {
  Object.defineProperty(document, "visibilityState", { get: () => "hidden", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
  delete document.visibilityState;
}"""


async def test_the_timeline_as_it_was_last_seen_is_there_without_the_server(
    desk: Desk, server: ServerProcess, open_page: Opener
) -> None:
    desk.publish("There from the start")
    page = await open_page(desk.page)
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.wait_for_function(KEPT, arg="There from the start")
    desk.publish("Came while it was open")
    await expect(page.get_by_role("heading", name="Came while it was open")).to_be_visible()
    await page.evaluate(LEAVE)
    await page.wait_for_function(KEPT, arg="Came while it was open")

    port = server.port
    server.stop()
    try:
        await page.reload()
        await expect(page.get_by_role("heading", name="Came while it was open")).to_be_visible()
        await expect(page.locator("#state")).to_have_attribute("data-state", "reconnecting")
    finally:
        server.start(port)
    desk.publish("And on it goes")
    await expect(page.get_by_role("heading", name="And on it goes")).to_be_visible(timeout=COMES_BACK)


async def test_the_page_can_be_installed(desk: Desk, open_page: Opener) -> None:
    page = await open_page(desk.page)
    session = await page.context.new_cdp_session(page)
    manifest = await session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    problems = await session.send("Page.getInstallabilityErrors")
    ours = {one["errorId"] for one in problems["installabilityErrors"]} - {"in-incognito"}
    assert ours == set()
