"""A newsroom on one server, for every case."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.newsroom import Newsroom
from tests.running import ServerProcess


@pytest.fixture(scope="session")
def newsroom(server: ServerProcess) -> Iterator[Newsroom]:
    with Newsroom(server) as newsroom:
        yield newsroom
    assert "Traceback" not in server.log
