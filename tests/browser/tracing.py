"""How long the main thread of a page was busy at a stretch."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from playwright.async_api import Page

_CATEGORIES = ["toplevel", "disabled-by-default-devtools.timeline", "__metadata"]
_SETTLED = "new Promise((done) => requestAnimationFrame(() => requestIdleCallback(done)))"


async def longest_tasks(page: Page, act: Callable[[], Awaitable[None]]) -> list[float]:
    """Milliseconds of the tasks of the page's main thread while `act` runs, the longest first.

    They are milliseconds of the processor, not of the wall clock: what else the machine does meanwhile does not count.
    """
    browser = page.context.browser
    assert browser is not None
    await browser.start_tracing(page=page, categories=_CATEGORIES)
    try:
        await act()
        await page.evaluate(_SETTLED)
    finally:
        trace = json.loads(await browser.stop_tracing())
    events = trace["traceEvents"]
    main = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        event["tdur"] / 1000
        for event in events
        if event["name"].endswith("RunTask") and (event["pid"], event["tid"]) in main and "tdur" in event
    ]
    assert tasks, "nothing was traced"
    return sorted(tasks, reverse=True)
