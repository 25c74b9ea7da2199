"""What doctor says of stores: each fault in how one is set up is named, with what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from feed.cli.store_examination import examine_store
from feed.store.port import Facts, Shard, Watch

WELL = Facts(
    name="valkey",
    version="9.1.2",
    role="master",
    fsync="everysec",
    eviction="noeviction",
    append_only=True,
    clock_ms=0,
    used_memory=2**20,
    memory_limit=2**30,
    min_replicas=0,
    shards=(Shard("", 0, 0),),
)
THREE = tuple(Shard(f"10.0.0.{at}:6379", 1, 1) for at in range(3))


def test_a_store_that_is_well_is_told_to_be() -> None:
    watched = replace(WELL, shards=(Shard("", 2, 2),), watch=Watch(3, 3, 3, 2), min_replicas=1)
    for facts, required in ((WELL, 0), (watched, 1), (replace(WELL, shards=THREE), 1)):
        assert {finding.state for finding in examine_store(facts, required)} == {"ok"}


@pytest.mark.parametrize(
    ("changed", "required", "what", "state", "says"),
    [
        ({"version": "7.2.4"}, 0, "Store version", "fail", "8.0"),
        ({"role": "slave"}, 0, "Store version", "fail", "primary"),
        ({"append_only": False}, 0, "Persistence", "warn", "appendonly yes"),
        ({"append_only": None}, 0, "Persistence", "warn", "append-only"),
        ({"fsync": "no"}, 0, "Persistence", "warn", "everysec"),
        ({"eviction": "allkeys-lru"}, 0, "Memory", "fail", "noeviction"),
        ({"used_memory": 2**30}, 0, "Memory", "warn", "raise maxmemory"),
        ({}, 1, "Replicas", "fail", "not_durable"),
        ({"min_replicas": 1}, 0, "Replicas", "fail", "takes no writes"),
        ({"shards": (Shard("", 2, 1),)}, 1, "Replicas", "warn", "others"),
        ({"shards": (Shard("", 1, 1),)}, 0, "Replicas", "ok", "FEED_REQUIRE_REPLICAS=1"),
        ({"shards": (*THREE, Shard("10.0.0.9:6379", 0, 0))}, 1, "Replicas", "fail", "not_durable"),
        ({"shards": (*THREE, Shard("10.0.0.9:6379", 0, 0))}, 0, "Cluster", "warn", "a replica"),
        ({"shards": (*THREE, Shard("10.0.0.9:6379", 1, 1, failed=True))}, 0, "Cluster", "fail", "take over"),
        ({"watch": Watch(3, 2, 3, 2)}, 0, "Sentinels", "warn", "Start the others"),
        ({"watch": Watch(1, 1, 1, 1)}, 0, "Sentinels", "warn", "three or more"),
    ],
)
def test_what_is_not_well_is_named_with_what_to_do(
    changed: dict[str, Any], required: int, what: str, state: str, says: str
) -> None:
    findings = {finding.what: finding for finding in examine_store(replace(WELL, **changed), required)}
    assert (findings[what].state, says in findings[what].mend) == (state, True), findings[what]
