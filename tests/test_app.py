"""The composition root: what runs for as long as a node does."""

from __future__ import annotations

import asyncio

import pytest

from feed import app
from feed.app import kept_running


class Part:
    def __init__(self) -> None:
        self.begun = 0

    async def run(self) -> None:
        self.begun += 1
        if self.begun < 3:
            raise RuntimeError("something that nobody thought of")
        await asyncio.Event().wait()


async def test_a_part_that_fails_begins_anew_and_ends_when_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "ANEW_S", 0.001)
    part = Part()
    running = asyncio.create_task(kept_running(part))
    async with asyncio.timeout(20):
        while part.begun < 3:
            await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
