"""The embedded store's directory, as it is to a process that has not claimed it."""

from __future__ import annotations

from pathlib import Path

import pytest

from feed.store.directory import StoreDirectory
from feed.store.embedded import EmbeddedStore


@pytest.mark.parametrize("name", ["data", f"{'d' * 60}/{'e' * 60}"])
async def test_a_server_that_runs_in_it_is_found_however_long_its_name_is(tmp_path: Path, name: str) -> None:
    data = tmp_path / name
    assert not StoreDirectory(data).finds_server()
    store = EmbeddedStore(data)
    async with store as url:
        found = StoreDirectory(data)
        assert found.finds_server()
        assert url == f"unix://{found.socket}"
    assert not StoreDirectory(data).finds_server()
