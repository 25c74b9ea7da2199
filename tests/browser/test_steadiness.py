"""A live page as a reader feels it: nothing moves, nothing stalls, and it is heard as well as seen."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
import pytest
from playwright.async_api import Page, expect

from feed.model import Adverts, Coverage, Entry, Image, Retraction, Text
from tests.pages.samples import at, coverage, ended, entry, picture, view

from .conftest import Opener
from .desk import Desk
from .stage import Stage
from .tracing import longest_tasks

# Milliseconds of one task: what a reader begins to feel (https://w3c.github.io/longtasks).
LONGEST = 50
# Where "good" ends is 0.1 (https://web.dev/articles/cls).
SHIFT = 0.01

WATCH = """
window.moved = 0;
window.what = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    window.moved += entry.value;
    const where = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
    const sources = entry.sources.map(({ node, previousRect, currentRect }) =>
      `${(node?.outerHTML ?? node?.data)?.slice(0, 50)}: ${where(previousRect)} > ${where(currentRect)}`);
    window.what.push(`${entry.value.toFixed(4)} ${sources.join("; ")}`);
  }
}).observe({ type: "layout-shift", buffered: true });
"""
AT_REST = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  await frame();
  const ends = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < 1000);
  await Promise.all(ends.map((one) => one.finished.catch(() => {})));
  await frame();
}"""
UNSIZED: dict[str, Any] = {"width": None, "height": None}
HEAD: dict[str, Any] = {"image": Image(**picture()), "adverts": Adverts(every=5, height=200)}


def pictured(number: int, clock: str, size: dict[str, Any] | None = None, **changes: Any) -> Entry:
    blocks = (Text(html=f"<p>What picture {number} shows, in some words.</p>"), Image(**picture(**(size or {}))))
    return entry(number, clock, **{"blocks": blocks, **changes})


async def at_rest(page: Page) -> None:
    await page.evaluate(AT_REST)


@pytest.mark.parametrize("where", ["at the top", "further down"])
@pytest.mark.parametrize("width", [1280, 390])
async def test_nothing_jumps_from_the_first_moment_to_the_last(
    stage: Stage, open_page: Opener, width: int, where: str
) -> None:
    """Pictures with the sizes they have, with none and with wrong ones; advertisements; whatever a newsroom does."""
    entries = [
        pictured(number, f"10:{number:02d}", UNSIZED if number % 2 else None, key_event=number % 7 == 0)
        for number in range(30, 0, -1)
    ]
    stage.answers["/v1/coverages/aldmere/entries/n010"] = {"entry": msgspec.to_builtins(entries[20])}
    url = stage.show(view(entries=entries, coverage=coverage(**HEAD)))
    page = await open_page(url, before=WATCH, viewport={"width": width, "height": 800})
    await stage.line()
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    await at_rest(page)
    if where == "further down":
        await page.locator("#e-n015").evaluate("(one) => one.scrollIntoView({block: 'center', behavior: 'instant'})")
        await page.wait_for_function("() => document.querySelector('#e-n015 img').complete")

    longer = (Text(html="<p>More of it.</p>" * 6), Image(**picture()))
    again = {"revision": 2, "updated_at": at("16:40"), "blocks": longer}
    published = [
        pictured(50, "16:30"),
        pictured(51, "16:31", UNSIZED | {"url": "/pictures/tower.svg?1"}),
        pictured(52, "16:32", {"url": "/pictures/tower.svg?2"}),  # said to be wide, and is tall
        pictured(53, "16:33", key_event=True, labels=("Harbour",)),
        pictured(54, "10:16"),  # back-timed: between two that are there
    ]
    for one in published:
        await stage.publish(one)
        await at_rest(page)
    # And some that come while those before them are still on their way to their places.
    for number in range(60, 66):
        await stage.publish(pictured(number, f"16:{number - 20}", labels=(f"Label {number}",)))
    shown = (
        "() => document.getElementById('e-n065') || document.querySelector('#waiting').textContent.startsWith('11 ')"
    )
    await page.wait_for_function(shown)
    await at_rest(page)
    for number in (29, 15):
        await stage.publish(entry(number, f"10:{number:02d}", **again), "entry.revised")
        await expect(page.locator(f"#e-n{number:03d}")).to_have_attribute("data-revision", "2")
        await at_rest(page)
    heads: list[Coverage] = [
        coverage(**HEAD, pin="n010"),
        coverage(**HEAD, pin="n010", title="A title that takes more room " * 3, key_points=("a", "b", "c", "d", "e")),
        coverage(**HEAD, title="Short", summary=None),
    ]
    for head in heads:
        await stage.change(head)
        await expect(page.locator("#title")).to_have_text(head.title.strip())
        await at_rest(page)
    await stage.lines[-1].send(**stage.event("entry.deleted", entry={"id": "n053"}))
    await stage.change(ended(**HEAD), "coverage.ended")
    await stage.lines[-1].close(1000)
    await expect(page.locator("#state")).to_have_attribute("data-state", "ended")
    await at_rest(page)
    assert await page.evaluate("moved") < SHIFT, "\n".join(await page.evaluate("what"))


async def test_nothing_jumps_where_entries_come_just_as_the_one_before_has_arrived(
    stage: Stage, open_page: Opener
) -> None:
    url = stage.show(view(entries=[entry(number, f"10:{number:02d}") for number in range(9, 0, -1)]))
    page = await open_page(url, before=WATCH)
    await stage.line()
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    await at_rest(page)
    for number in range(20, 36):
        words = Text(html="<p>So many words that this entry is taller than most.</p>" * 4)
        await stage.publish(entry(number, f"10:{number:02d}", blocks=(words,)))
        await page.wait_for_timeout(300 + 5 * (number - 20))  # gliding lasts 320 ms
    await at_rest(page)
    assert await page.evaluate("moved") < SHIFT, "\n".join(await page.evaluate("what"))


async def test_many_updates_on_a_long_page_never_stall_it(stage: Stage, open_page: Opener) -> None:
    """From the load to 500 entries and 50 updates; the best of three times, since machines have their moods."""
    worst = []
    for _ in range(3):
        page = await open_page("about:blank")
        worst.append((await longest_tasks(page, partial(a_long_day, stage, page)))[:3])
        if worst[-1][0] <= LONGEST:
            return
        await page.close()
    raise AssertionError(f"milliseconds of the longest tasks: {worst}")


async def a_long_day(stage: Stage, page: Page) -> None:
    def body(number: int) -> tuple[Text, ...]:
        return (Text(html=f"<p>The words of {number}.</p><ul><li>One</li><li>Two</li></ul><p>And the rest.</p>"),)

    def clock(number: int) -> str:
        return f"{number // 60:02d}:{number % 60:02d}"

    day = [
        entry(number, clock(number), blocks=body(number), key_event=number % 25 == 0) for number in range(500, 0, -1)
    ]
    lines = len(stage.lines)
    await page.goto(stage.show(view(entries=day[:50], next="50")))
    await stage.line(lines + 1)
    for start in range(50, 500, 50):
        rest = [msgspec.to_builtins(one) for one in day[start : start + 50]]
        following = {"next": f"{start + 50}"} if start < 450 else {}
        stage.answers["/v1/coverages/aldmere/entries"] = {"entries": rest, "cursor": "1-0", **following}
        await page.locator("#older").click()
        await page.wait_for_function(
            "(count) => document.querySelector('#entries').children.length === count", arg=start + 50
        )

    # Some while the newest is read, which come in by themselves, some all at once as after a tunnel, some that wait.
    await page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    for number in range(600, 615):
        await stage.publish(entry(number, "16:41", blocks=body(number)))
    await page.wait_for_function("() => document.getElementById('e-n614')")
    await page.locator("#e-n250").evaluate("(one) => one.scrollIntoView({block: 'center', behavior: 'instant'})")
    for number in range(620, 645):
        await stage.publish(entry(number, "16:42", blocks=body(number)))
    for number in (300, 251, 250):
        await stage.publish(entry(number, clock(number), revision=2, blocks=body(1)), "entry.revised")
    gone = Retraction(at=at("16:43"), reason="It was not so.")
    await stage.publish(entry(252, clock(252), revision=2, status="retracted", retraction=gone), "entry.retracted")
    for number in range(650, 655):
        await stage.publish(entry(number, "04:00", blocks=body(number)))
    await stage.lines[-1].send(**stage.event("entry.deleted", entry={"id": "n253"}))
    await page.wait_for_function("() => document.getElementById('waiting').textContent.startsWith('30 ')")
    await page.locator("#waiting").click()
    await page.wait_for_function("() => document.querySelectorAll('#entries > article').length === 544")


async def test_what_comes_is_in_the_accessibility_tree_for_a_screen_reader(desk: Desk, open_page: Opener) -> None:
    page = await open_page(desk.page)
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    session = await page.context.new_cdp_session(page)
    desk.publish("The crest has passed")
    await expect(page.locator("#announcer")).to_have_text("New update: The crest has passed")
    nodes = (await session.send("Accessibility.getFullAXTree"))["nodes"]
    (status,) = [node for node in nodes if node.get("role", {}).get("value") == "status"]
    said = {one["name"]: one["value"].get("value") for one in status["properties"]}
    assert said["live"] == "polite"
    names = [node.get("name", {}).get("value") for node in nodes]
    assert "New update: The crest has passed" in names
    (feed,) = [node for node in nodes if node.get("role", {}).get("value") == "feed"]
    assert feed["name"]["value"] == "Updates"
