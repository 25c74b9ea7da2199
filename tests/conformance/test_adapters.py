"""Every client is held to every case that it can be held to, by way of its adapter."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from feed_conformance.adapter import Adapter
from feed_conformance.cases import Case, read_cases
from feed_conformance.stage import Stage

ADAPTERS = Path(__file__).parents[2] / "clients" / "conformance" / "adapters"
CASES = read_cases()
EVERY_TRANSPORT = ["websocket", "events", "pages"]
# What each client says of itself, known before it is started so that every case it is held to is a test.
CAN = {"python": ["status"], "javascript": []}


def command(client: str) -> list[str]:
    if client == "python":
        return [sys.executable, str(ADAPTERS / "python_adapter.py")]
    node = shutil.which("node")
    assert node is not None, "Node is needed. Run scripts/setup --test."
    return [node, str(ADAPTERS / "javascript_adapter.js")]


@pytest.fixture(scope="module")
def adapters() -> Iterator[dict[str, Adapter]]:
    """Started once; they forget everything between cases."""
    started = {client: Adapter(command(client)) for client in CAN}
    yield started
    for adapter in started.values():
        adapter.close()


@pytest.mark.parametrize(
    ("client", "case"),
    [
        pytest.param(client, case, id=f"{client}: {case}")
        for client, can in CAN.items()
        for case in CASES
        if case.suits(EVERY_TRANSPORT, can)
    ],
)
def test_a_client_does_what_the_case_says(adapters: dict[str, Adapter], client: str, case: Case) -> None:
    Stage(adapters[client], case).play()


@pytest.mark.parametrize("client", CAN)
def test_a_client_is_held_to_all_that_it_can(adapters: dict[str, Adapter], client: str) -> None:
    assert adapters[client].transports == EVERY_TRANSPORT
    assert adapters[client].can == CAN[client]
