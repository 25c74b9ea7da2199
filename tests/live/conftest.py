"""A newsroom for every test of the live interfaces, on one server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.newsroom import Newsroom
from tests.running import ServerProcess


@pytest.fixture(scope="session")
def newsroom(server: ServerProcess) -> Iterator[Newsroom]:
    with Newsroom(server) as newsroom:
        yield newsroom
    # Whatever readers did, nothing failed.
    assert "Traceback" not in server.log


@pytest.fixture
def coverage(newsroom: Newsroom) -> str:
    """An empty public coverage of the test's own."""
    return newsroom.create()
