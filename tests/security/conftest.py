"""A server that takes JWTs, with everything logged that it logs at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.newsroom import Newsroom
from tests.running import ServerProcess, running_server

from .provider import SECRET, Pair, write_keys


@dataclass(frozen=True)
class Guarded:
    server: ServerProcess
    newsroom: Newsroom
    pair: Pair
    keys: Path


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    pair, keys = Pair("EdDSA", "of-the-tests"), tmp_path_factory.mktemp("keys") / "keys.json"
    write_keys(keys, pair)
    settings = {"FEED_JWT_SECRET": SECRET, "FEED_JWT_KEYS": str(keys), "FEED_LOG_LEVEL": "debug"}
    with running_server(**settings) as server, Newsroom(server) as newsroom:
        yield Guarded(server, newsroom, pair, keys)
        # Whatever was tried, nothing failed.
        assert "Traceback" not in server.log


@pytest.fixture(scope="session")
def newsroom(guarded: Guarded) -> Newsroom:
    return guarded.newsroom


@pytest.fixture
def coverage(newsroom: Newsroom) -> str:
    """An empty public coverage of the test's own."""
    return newsroom.create()
