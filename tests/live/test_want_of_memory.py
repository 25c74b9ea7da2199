"""No memory to spare: what cannot be done now is put off, and nobody takes it for a fault of the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from feed.desk import Desk
from feed.live.socket import LiveSocket
from tests.newsroom import fresh
from tests.running import StoreProcess

from .serving import ADMIN, served


async def test_a_change_that_there_is_no_memory_for_may_be_repeated(
    each_store: StoreProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, tries = Desk.publish, 0

    async def starved(desk: Desk, *sent: Any, **more: Any) -> Any:
        nonlocal tries
        tries += 1
        receipt = await publish(desk, *sent, **more)
        if tries == 1:
            raise MemoryError  # where it hurts most: it is in the log already
        return receipt

    monkeypatch.setattr(Desk, "publish", starved)
    coverage, bearer = fresh(), {"Authorization": f"Bearer {ADMIN}"}
    async with (
        served(each_store, tmp_path, ws=LiveSocket) as server,
        httpx2.AsyncClient(base_url=server.url, headers=bearer, timeout=20) as http,
    ):
        await http.post("/v1/coverages", json={"id": coverage, "title": "Storm"})
        address, key = f"/v1/coverages/{coverage}/entries", {"Idempotency-Key": "once"}
        refused = await http.post(address, json={"text": "x"}, headers=key)
        assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
        assert int(refused.headers["Retry-After"]) >= 1
        receipt = await http.post(address, json={"text": "x"}, headers=key)
        assert (receipt.status_code, receipt.headers["Idempotent-Replay"]) == (200, "true")
        assert len((await http.get(address)).json()["entries"]) == 1
