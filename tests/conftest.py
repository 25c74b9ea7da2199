"""Fixtures: real stores and real servers."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import HealthCheck, settings

from feed.store.redis import RedisStore

from .running import STORES, ServerProcess, StoreProcess, running_server, running_store

# How long an example takes says nothing on a busy machine.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# A script that runs the tests in the background has them ignore Ctrl-C, and so would every program that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", params=STORES)
def each_store(request: pytest.FixtureRequest) -> Iterator[StoreProcess]:
    """Valkey, then Redis."""
    with running_store(request.param) as process:
        yield process


@pytest.fixture(scope="session")
def valkey() -> Iterator[StoreProcess]:
    with running_store("valkey") as process:
        yield process


@pytest.fixture
async def store(each_store: StoreProcess) -> AsyncIterator[RedisStore]:
    """An empty store, on Valkey and on Redis."""
    with each_store.client() as client:
        client.flushall()
    store = RedisStore.open(each_store.url)
    yield store
    await store.close()


@pytest.fixture(scope="session")
def server() -> Iterator[ServerProcess]:
    """One server for all tests: use coverage ids of your own."""
    with running_server() as process:
        yield process
