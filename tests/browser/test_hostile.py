"""Hostile text in a real browser: on the page as it is served, and in what comes while it is open, nothing runs."""

from __future__ import annotations

from playwright.async_api import Dialog, expect

from tests.security.payloads import BREAKERS, PAYLOADS

from .conftest import Opener
from .desk import Desk

# A machine that is busy takes its time over a hundred entries.
PATIENCE_MS = 60_000
# What runs would call one of these.
TRAP = """
  window.ran = [];
  for (const name of ["alert", "prompt", "confirm", "print"]) window[name] = (...words) => ran.push([name, ...words]);
  document.addEventListener("securitypolicyviolation", (event) => ran.push([event.violatedDirective, event.sample]));
"""
# Elements with a handler of their own, addresses that run, scripts that did not come from the server's files.
STRANGERS = """
  () => [...document.querySelectorAll("*")].flatMap((element) => [
    ...[...element.attributes].filter((one) => /^on/i.test(one.name) || /^\\s*(java|vb)script:/i.test(one.value)).map(
      (one) => `${element.tagName} ${one.name}=${one.value}`),
    ...(element.tagName === "SCRIPT" && element.type !== "application/json" && element.type !== "application/ld+json"
      && !new URL(element.src, location).pathname.startsWith("/static/") ? [element.outerHTML] : []),
  ])
"""


def fields(words: str) -> dict[str, object]:
    line = words[:90]
    return {
        "html": words,
        "labels": [line],
        "authors": [{"name": line, "tagline": line}],
        "verification": {"status": "claim", "by": line, "note": line},
        "links": [{"url": "https://a.example/", "title": line, "kind": "story"}],
        "key_event": True,
    }


async def test_nothing_of_it_runs(desk: Desk, open_page: Opener) -> None:
    payloads = [*BREAKERS, *PAYLOADS[::3]]
    usable = [one for one in payloads if one.isprintable() and not any("\ud800" <= c <= "\udfff" for c in one)]
    served, later = usable[::2], usable[1::2][:25]
    desk.change(title=BREAKERS[0], summary=BREAKERS[1] + "x", key_points=[BREAKERS[2] + "x"], labels=[BREAKERS[4]])
    for payload in served[:25]:
        desk.publish(payload[:900], **fields(payload))
    dialogs: list[str] = []

    async def dismissed(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        await dialog.dismiss()

    page = await open_page(desk.page, before=TRAP)
    page.on("dialog", dismissed)
    await expect(page.locator("#state")).to_have_attribute("data-state", "live", timeout=PATIENCE_MS)
    assert await page.evaluate(STRANGERS) == []

    for payload in later:
        desk.publish(payload[:900], **fields(payload))
    kept = desk.publish("The last of them")
    desk.revise(kept, headline=BREAKERS[7], correction=BREAKERS[0])
    desk.retract(kept, BREAKERS[6])
    desk.change(title=BREAKERS[6], summary=BREAKERS[2] + "x", key_points=[BREAKERS[7] + "x"], pin=kept)
    await expect(page.locator("h1")).to_have_text(BREAKERS[6], timeout=PATIENCE_MS)
    await expect(page.locator(f"#e-{kept}")).to_contain_text(BREAKERS[6], timeout=PATIENCE_MS)
    desk.end(title=BREAKERS[1], successor={"title": BREAKERS[0], "url": "https://a.example/"})
    await expect(page.locator("#state")).to_have_attribute("data-state", "ended", timeout=PATIENCE_MS)
    await page.mouse.move(300, 300)
    assert await page.evaluate(STRANGERS) == []
    assert (await page.evaluate("window.ran"), dialogs) == ([], [])
