#!/usr/bin/env python3
"""Takes the pictures of the reader's page that the README shows, from the sample coverage of `feed demo`.

`scripts/screenshots.py [FOLDER]`, by default clients/reader/screenshots. Needs what the tests need: see scripts/setup.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import httpx2  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.async_api import Browser, Page, async_playwright, expect  # noqa: E402

from feed.demo.script import Create, Step, load_script, steps  # noqa: E402
from tests.machine import find_browser  # noqa: E402
from tests.running import ServerProcess, running_server  # noqa: E402

FOLDER = ROOT / "clients/reader/screenshots"
LARGEST = 120_000  # bytes of one picture
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}}
SMALL: dict[str, Any] = {"viewport": {"width": 1000, "height": 640}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
# Somewhere in the night all of it is on the page: corrections, a retraction, a film, a picture, a pinned entry.
MIDDLE, LATER = 95, 126
PACE = timedelta(seconds=15)  # for each of the sample's seconds: a night of entries is not published in one minute

ARABIC: dict[str, Any] = {
    "id": "marsa-al-qamar",
    "language": "ar",
    "title": "ميناء مرسى القمر: السفن تعود بعد العاصفة",
    "summary": "بعد ليلة من الأمواج العالية يفتح الميناء أرصفته من جديد. نتابع عودة القوارب ساعة بساعة.",
    "key_points": [
        "عادت <strong>14</strong> سفينة صيد من أصل 16 قبل الفجر.",
        "تقول هيئة الميناء إن الرصيف الشمالي يبقى مغلقًا حتى المساء.",
    ],
    "timezone": "Asia/Dubai",
    "authors": [{"name": "ليلى منصور", "tagline": "من الرصيف الجنوبي"}],
}
ARABIC_ENTRIES: list[dict[str, Any]] = [
    {"headline": "أول قارب يدخل الميناء", "text": "دخل القارب «نورس» عند السادسة صباحًا، وعلى متنه خمسة صيادين."},
    {
        "headline": "الرصيف الشمالي ما زال مغلقًا",
        "text": "وجد الغواصون حبالًا مقطوعة قرب المدخل.",
        "labels": ["الميناء"],
        "verification": {"status": "confirmed", "by": "هيئة الميناء"},
    },
    {
        "headline": "عودة السفينة الرابعة عشرة",
        "key_event": True,
        "markdown": "صفّق الواقفون على الرصيف حين ظهر ضوء السفينة.\n\n> كنا نعدّ الأضواء طوال الليل.",
        "labels": ["الصيادون"],
    },
]

EMPTY: dict[str, Any] = {
    "id": "harbour-race",
    "title": "The harbour race: forty boats, one buoy, no wind",
    "summary": "The start was to be at ten. We are on the jetty, and wait with everybody else.",
    "authors": [{"name": "Lena Braskow", "tagline": "On the quays"}],
}
EMBEDDING = """<!doctype html><html lang="en"><title>Elsewhere</title>
<style>body {{ margin: 0; padding: 2rem; background: #f2f2ee; font: 1rem/1.6 Georgia, serif; color: #222; }}
.beside {{ display: grid; grid-template-columns: 1fr 24rem; gap: 2.5rem; align-items: start; }}</style>
<div class="beside"><main><h1>What a barrier is for</h1>
<p>A page of somebody else’s, with its own type and its own colours. What happens now stands beside it, and moves
nothing around it, whatever is published.</p></main>
<live-feed src="{page}" style="--live-feed-height: 33rem"></live-feed></div>
<script src="{url}/embed.js"></script></html>"""

SEEN_ARE_THERE = """() => [...document.images].every((one) => {
  const { top, bottom } = one.getBoundingClientRect();
  return one.naturalWidth || top > innerHeight || bottom < 0;
})"""


class Newsroom:
    """Plays the sample coverage as far as it is asked to."""

    def __init__(self, server: ServerProcess) -> None:
        headers = {"Authorization": f"Bearer {server.admin_token}"}
        self._client = httpx2.Client(base_url=server.url, headers=headers)
        script = load_script()
        self.page = f"{server.url}/c/{script.coverage}"
        self.successor = next(act.coverage["id"] for act in script.steps if isinstance(act, Create))
        self._began = datetime.now(UTC) - LATER * PACE
        self._left: Iterator[Step] = iter(steps(script, self._began))
        self._next: Step | None = next(self._left)

    def play(self, until_s: float) -> None:
        while self._next is not None and self._next.at_s <= until_s:
            body = self._next.body
            if self._next.do == "publish" and "display_at" not in body:
                at = min(self._began + self._next.at_s * PACE, datetime.now(UTC))
                body = body | {"display_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
            self.send(self._next.method, self._next.path, body)
            self._next = next(self._left, None)

    def send(self, method: str, path: str, body: dict[str, Any]) -> None:
        self._client.request(method, path, json=body).raise_for_status()


async def main(folder: Path) -> None:
    with running_server() as server:
        newsroom = Newsroom(server)
        newsroom.play(MIDDLE)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=find_browser())
            await save(await opened(browser, newsroom.page, **DESKTOP), folder / "live.webp")
            await save(await opened(browser, newsroom.page, **DESKTOP, color_scheme="dark"), folder / "dark.webp")
            phone = await opened(browser, newsroom.page, **PHONE)
            await save(phone, folder / "phone.webp")

            reading = await opened(browser, newsroom.page, **DESKTOP)
            await go_to(reading, "#e-hawser")
            newsroom.play(LATER)
            await expect(reading.locator("#waiting")).to_be_visible()
            await save(reading, folder / "waiting.webp")
            await go_to(reading, "#e-infirmary")
            await save(reading, folder / "withdrawn.webp")
            await go_to(reading, "#e-gate-stops")
            await save(reading, folder / "corrected.webp")
            await reading.locator("#e-water-levels .entry-updated").click()
            await expect(reading.get_by_role("dialog")).to_be_visible()
            await save(reading, folder / "revisions.webp")
            await reading.keyboard.press("Escape")
            await reading.evaluate("document.activeElement.blur(); scrollTo({top: 0, behavior: 'instant'})")
            await expect(reading.locator("#waiting")).to_be_hidden()
            await reading.context.set_offline(True)
            await expect(reading.locator("#state")).to_have_attribute("data-state", "offline")
            await save(reading, folder / "offline.webp")

            before = f"{server.url}/c/{newsroom.successor}"
            await save(await opened(browser, before, **DESKTOP), folder / "before.webp")
            newsroom.send("POST", "/v1/coverages", EMPTY)
            await save(await opened(browser, f"{server.url}/c/{EMPTY['id']}", **DESKTOP), folder / "empty.webp")
            embedding = await opened(browser, f"{server.url}/", state=None, bypass_csp=True, **SMALL)
            await embedding.set_content(EMBEDDING.format(url=server.url, page=newsroom.page), wait_until="networkidle")
            await expect(embedding.locator("live-feed article").first).to_be_visible()
            await save(embedding, folder / "embed.webp")

            newsroom.send("POST", "/v1/coverages", ARABIC)
            for entry in ARABIC_ENTRIES:
                newsroom.send("POST", f"/v1/coverages/{ARABIC['id']}/entries", entry)
            arabic = f"{server.url}/c/{ARABIC['id']}"
            await save(await opened(browser, arabic, **DESKTOP, locale="ar"), folder / "right-to-left.webp")
            newsroom.play(float("inf"))
            ended = await opened(browser, newsroom.page, state="ended", **DESKTOP)
            await save(ended, folder / "ended.webp")
            await ended.emulate_media(media="print")
            await ended.set_viewport_size({"width": 760, "height": 1075})
            await save(ended, folder / "print.webp")
            await save(await opened(browser, f"{server.url}/", state=None, **DESKTOP), folder / "list.webp")
            await browser.close()


async def opened(browser: Browser, url: str, state: str | None = "live", **options: Any) -> Page:
    """A page as its readers have it; `state` is None for one that is not live."""
    context = await browser.new_context(**{"locale": "en-GB", "timezone_id": "Europe/London", **options})
    page = await context.new_page()
    await page.goto(url)
    if state is not None:
        await expect(page.locator("#state")).to_have_attribute("data-state", state)
    await page.wait_for_function("[...document.images].every((one) => one.complete || one.loading === 'lazy')")
    return page


async def go_to(page: Page, selector: str) -> None:
    """Scrolls to below an entry's start, clear of the button for new ones; what is on the screen is loaded."""
    await page.locator(selector).evaluate(
        "(one) => scrollBy({top: one.getBoundingClientRect().top - 112, behavior: 'instant'})"
    )
    await page.wait_for_function(SEEN_ARE_THERE)
    await page.evaluate("async () => { for (const one of document.images) if (one.naturalWidth) await one.decode(); }")


async def save(page: Page, path: Path) -> None:
    """As WebP, as good as it can be while small enough for a README."""
    await page.wait_for_load_state("networkidle")
    taken = await page.screenshot(animations="disabled")
    await asyncio.to_thread(shrink, taken, path)


def shrink(taken: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(taken)) as picture:
        for quality in (90, 82, 74, 66, 58, 50):
            picture.convert("RGB").save(path, "WEBP", quality=quality, method=6)
            if path.stat().st_size < LARGEST:
                break
    sys.stdout.write(f"{path.name}: {path.stat().st_size // 1000} kB\n")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
