"""Clients of both SDKs in bad weather. The long form is a command: `python -m tests.network --help`."""

from __future__ import annotations

import pytest

from .crowd import Crowd, Options

SMALL = Options(clients=15, seconds=8, rate=10, calm_s=(0.2, 2.0), trouble_s=0.5)


@pytest.mark.timeout(240)
async def test_clients_of_both_sdks_come_to_the_timeline_of_the_store_in_any_weather() -> None:
    outcome = await Crowd(SMALL, print)()
    assert outcome.findings == []
    assert {name: len(observations) for name, observations in outcome.observations.items()} == {
        "python": SMALL.clients,
        "javascript": SMALL.clients,
    }
    assert outcome.acknowledged > 20
    for name, reconnects in outcome.reconnects.items():
        assert reconnects >= SMALL.clients, f"the weather spared the clients in {name}"
