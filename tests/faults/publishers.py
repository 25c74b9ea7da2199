"""Publishers: each makes one write after another, repeats it with its key until it is acknowledged, and keeps account.

They wait for nothing longer than they must: how long publishing is away is measured with them.
"""

from __future__ import annotations

import asyncio
import json
import time
from random import Random
from typing import Any

import httpx2

from .ledger import Ledger, Write

AGAIN_S = 0.05
PASSING = (429, 502, 503, 504)


class Publisher:
    """`rate`: writes a second. Every write carries its key in its text, so that each effect in the log is known."""

    def __init__(self, name: str, url: str, token: str, coverage: str, ledger: Ledger, rate: float, seed: int) -> None:
        self.name = name
        self.stopping = False
        # The write under way, since when; and the first acknowledgement since `healed_at` with what it took.
        self.healed_at: float | None = None
        self.back_after_s: float | None = None
        self.back_with: str | None = None
        self._url = url
        self._path = f"/v1/coverages/{coverage}"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._ledger = ledger
        self._rate = rate
        self._chance = Random(f"{seed}/{name}")
        self._mine: list[str] = []
        self._number = 0

    async def run(self) -> None:
        timeout = httpx2.Timeout(5.0, connect=2.0)
        async with httpx2.AsyncClient(base_url=self._url, headers=self._headers, timeout=timeout) as http:
            due = time.monotonic() + self._chance.random() / self._rate
            while not self.stopping:
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                due = max(due + 1 / self._rate, time.monotonic() - 1.0)
                await self.write(http)

    def heal(self, at: float) -> None:
        """From here on is counted how long it takes until a write is acknowledged."""
        self.back_after_s = self.back_with = None
        self.healed_at = at

    async def write(self, http: httpx2.AsyncClient) -> None:
        self._number += 1
        key = f"{self.name}-{self._number}"
        what = self._chance.random()
        if what < 0.8 or len(self._mine) < 5:
            body: dict[str, Any] = {"headline": key, "text": f"What {key} has to say. " * 8}
            await self._send(http, self._ledger.begin(key, "entry.published"), "POST", "/entries", body)
            return
        if what < 0.85:
            await self._send(http, self._ledger.begin(key, "coverage.changed"), "PATCH", "", {"summary": key})
            return
        # An entry is retracted or deleted once at most; what was deleted is left alone.
        entry = self._chance.choice(self._mine)
        path = f"/entries/{entry}"
        if what < 0.95:
            write = self._ledger.begin(key, "entry.revised", entry)
            await self._send(http, write, "PATCH", path, {"text": f"Put right by {key}.", "correction": key})
            return
        self._mine.remove(entry)
        if what < 0.975:
            await self._send(
                http, self._ledger.begin(key, "entry.retracted", entry), "POST", f"{path}/retract", {"reason": key}
            )
        else:
            await self._send(http, self._ledger.begin(key, "entry.deleted", entry), "DELETE", path, {"reason": key})

    async def publish(self, http: httpx2.AsyncClient, key: str, text: str) -> None:
        """One entry outside the usual pace."""
        write = self._ledger.begin(key, "entry.published")
        await self._send(http, write, "POST", "/entries", {"headline": key, "text": text})

    async def _send(self, http: httpx2.AsyncClient, write: Write, method: str, path: str, body: dict[str, Any]) -> None:
        began = time.monotonic()
        while not await self._try(http, write, method, path, body, began):
            if write.refusal is not None:
                return
            if self._chance.random() < 0.002:
                return  # a tool that was closed meanwhile: whether this took effect nobody ever learns
            await asyncio.sleep(AGAIN_S)
        if write.type == "entry.published":
            self._mine.append(str(write.acknowledgements[0].entry))
        if self._chance.random() < 0.05:
            # As by a tool that did not hear the answer.
            await self._try(http, write, method, path, body, began)

    async def _try(
        self, http: httpx2.AsyncClient, write: Write, method: str, path: str, body: dict[str, Any], began: float
    ) -> bool:
        write.tries += 1
        try:
            answer = await http.request(
                method,
                self._path + path,
                content=json.dumps(body),
                headers={"Content-Type": "application/json", "Idempotency-Key": write.key},
            )
        except httpx2.TransportError:
            self._ledger.failed += 1
            return False
        if answer.status_code in PASSING:
            self._ledger.failed += 1
            return False
        if not answer.is_success:
            write.refusal = f"{answer.status_code} {answer.text[:200]}"
            return False
        document = answer.json()
        now = time.monotonic()
        entry = document["entry"]["id"] if "entry" in document else None
        self._ledger.acknowledge(write, document["cursor"], entry, now)
        if self.healed_at is not None and self.back_after_s is None and now >= self.healed_at:
            self.back_after_s = now - max(began, self.healed_at)
            self.back_with = document["cursor"]
        return True
