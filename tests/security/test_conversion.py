"""Text that takes long to convert holds up nobody but its producer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from feed.conversion import LIGHT, converted, portions, weight_of_entries, weight_of_head
from feed.desk import Desk
from feed.drafts import CoverageDraft, CoveragePatch, Ending, EntryDraft, EntryPatch
from feed.errors import InvalidInput
from feed.model import Text
from feed.pages.answering import written
from feed.pages.view import PageView, render_coverage
from feed.store.redis import RedisStore
from feed.wire import coverage_from_json, entry_from_json
from tests.running import StoreProcess

# Each takes most of a second where it is made, or more.
HEAVY = "![" * 20_000
SPREAD = [EntryDraft(markdown="[" * 1_900) for _ in range(60)]


@pytest.fixture
async def store(valkey: StoreProcess) -> AsyncIterator[RedisStore]:
    """One kind is enough: nothing here depends on it."""
    with valkey.client() as client:
        client.flushall()
    store = RedisStore.open(valkey.url)
    yield store
    await store.close()


class Ticker:
    """Counts how often anybody else came to work meanwhile, and the most work that the loop did in between: its own, as
    the time that passes is everybody's on the machine."""

    def __init__(self) -> None:
        self.count = 0
        self.most_s = 0.0

    async def run(self) -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0.001)
            now = time.thread_time()
            self.count += 1
            self.most_s, last = max(self.most_s, now - last), now


async def beside(work: Awaitable[Any]) -> tuple[Ticker, float]:
    """What could be done beside it, and how much work it was."""
    ticker = Ticker()
    task = asyncio.create_task(ticker.run())
    began = time.process_time()
    try:
        await work
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return ticker, time.process_time() - began


@pytest.mark.parametrize("what", ["publish", "batch", "revise", "end"])
async def test_others_go_on_while_it_is_converted(store: RedisStore, what: str) -> None:
    desk = Desk(store)
    await desk.create(CoverageDraft(title="T", id="c"))
    await desk.publish("c", [EntryDraft(id="a", text="x")])
    # Loaded beforehand: what is measured is the text.
    await desk.publish("c", [EntryDraft(markdown="*x*")])
    ways: dict[str, Callable[[], Awaitable[Any]]] = {
        "publish": lambda: desk.publish("c", [EntryDraft(markdown=HEAVY)]),
        "batch": lambda: desk.publish("c", SPREAD),
        "revise": lambda: desk.revise("c", "a", EntryPatch(markdown=HEAVY)),
        "end": lambda: desk.end("c", Ending(entry=EntryDraft(markdown=HEAVY))),
    }
    ticker, took_s = await beside(ways[what]())
    # Were it done in between, the most of it would be all of it.
    assert ticker.count >= 5, f"{took_s} s"
    assert ticker.most_s < max(took_s / 2, 0.1)


def test_weight_goes_by_what_has_to_be_read_through() -> None:
    drafts = {
        "markdown": EntryDraft(markdown="x" * LIGHT),
        "html": EntryDraft(html="x" * LIGHT),
        "text": EntryDraft(text="x" * LIGHT),
        "blocks": EntryDraft(blocks=(Text(html="x" * LIGHT),)),
    }
    weights = {name: weight_of_entries([draft]) for name, draft in drafts.items()}
    assert all(weight > LIGHT for weight in weights.values())
    assert weights["markdown"] > 2 * weights["html"]
    assert weight_of_entries([EntryDraft(text="x")] * 500) > LIGHT
    assert weight_of_entries([EntryDraft(markdown="An entry as they are. " * 50)]) < LIGHT
    assert weight_of_head(CoveragePatch(summary="x" * 5_000, key_points=("x" * 2_000,) * 2)) > LIGHT
    assert weight_of_head(CoveragePatch()) == 0


async def test_what_is_wrong_in_it_is_said_as_ever(store: RedisStore) -> None:
    desk = Desk(store)
    await desk.create(CoverageDraft(title="T", id="c"))
    good = EntryDraft(text="x" * LIGHT)
    with pytest.raises(InvalidInput) as refused:
        await desk.publish("c", [good, EntryDraft(html="<p>" * 30_000)])
    assert refused.value.extra["index"] == 1
    assert await converted(LIGHT + 1, lambda: 7) == await converted(1, lambda: 7)


async def test_a_page_of_very_much_text_holds_up_nobody_else(store: RedisStore) -> None:
    desk = Desk(store)
    await desk.create(CoverageDraft(title="T", id="c"))
    await desk.publish("c", [EntryDraft(id=f"e{n}", html="Some words <b>x</b>. " * 5_500) for n in range(3)])
    page = await store.page("c")
    many = page.entries * 8

    def write() -> str:
        entries = [entry_from_json(data) for data in many]
        coverage, now = coverage_from_json(page.coverage), datetime.now(UTC)
        return render_coverage(PageView(coverage, entries, str(page.cursor), None, None, "https://a.example", now))

    write()  # loads its templates
    ticker, took_s = await beside(written(many, write))
    assert ticker.count >= 5, f"{took_s} s"
    assert ticker.most_s < max(took_s / 2, 0.1)


async def test_a_large_batch_lets_others_have_their_turn(store: RedisStore) -> None:
    desk = Desk(store)
    await desk.create(CoverageDraft(title="T", id="c"))
    done: list[str] = []

    async def publish(name: str, drafts: list[EntryDraft]) -> None:
        written = await desk.publish("c", drafts)
        assert len({one.cursor for one in written}) == len(drafts)
        done.append(name)

    large = asyncio.create_task(publish("large", SPREAD))
    await asyncio.sleep(0)  # it comes first
    await asyncio.gather(large, publish("small", [EntryDraft(text="x" * LIGHT)]))
    assert done == ["small", "large"]


@pytest.mark.parametrize(
    ("weights", "parts"),
    [
        ([], []),
        ([1], [(0, 1)]),
        ([1] * 500, [(0, 500)]),
        ([LIGHT * 11, 1, LIGHT * 11], [(0, 1), (1, 2), (2, 3)]),
        ([LIGHT * 4] * 5, [(0, 2), (2, 4), (4, 5)]),
    ],
)
def test_portions_are_all_of_a_batch_in_its_order(weights: list[int], parts: list[tuple[int, int]]) -> None:
    assert [(part.start, part.stop) for part in portions(weights)] == parts
