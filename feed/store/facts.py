"""What a store tells of itself, for whoever runs it: version, how it keeps data, who replicates it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redis import exceptions

from . import keys
from .connect import Clients
from .port import Facts, Shard, Watch

_SETTINGS = ("appendonly", "appendfsync", "maxmemory", "maxmemory-policy", "min-replicas-to-write")
# A replica speaks every second.
_SILENT_S = 2


async def facts_of(clients: Clients) -> Facts:
    """In a cluster the node that has the layout's key speaks for all. Raises what redis-py raises."""
    node: Any = await clients.following(keys.LAYOUT)
    info = await node.info()
    seconds, micros = await node.time()
    settings = await _settings(node)
    name = "valkey" if info.get("server_name") == "valkey" or "valkey_version" in info else "redis"
    return Facts(
        name=name,
        version=str(info.get(f"{name}_version", info["redis_version"])),
        role=str(info.get("role", "")),
        fsync=settings.get("appendfsync", "unknown"),
        eviction=settings.get("maxmemory-policy", "unknown"),
        append_only={"yes": True, "no": False}.get(settings.get("appendonly", "")),
        clock_ms=int(seconds) * 1000 + int(micros) // 1000,
        used_memory=int(info.get("used_memory", 0)),
        memory_limit=int(settings.get("maxmemory", 0)),
        min_replicas=int(settings.get("min-replicas-to-write", 0)),
        shards=await _cluster(node) if clients.cluster else (_shard(info),),
        watch=await _watch(*clients.sentinel) if clients.sentinel else None,
    )


async def _settings(node: Any) -> dict[str, str]:
    try:
        return dict(await node.config_get(*_SETTINGS))
    except exceptions.ResponseError:  # hosted stores do not let CONFIG be read
        return {}


def _shard(info: Mapping[str, Any]) -> Shard:
    replicas = [
        one for name, one in info.items() if name.startswith("slave") and name[5:].isdigit() and isinstance(one, dict)
    ]
    in_step = [one for one in replicas if one.get("state") == "online" and int(one.get("lag", 0)) <= _SILENT_S]
    return Shard("", len(replicas), len(in_step))


async def _cluster(node: Any) -> tuple[Shard, ...]:
    """Its nodes as it sees them: a replica that it can reach counts as one in step."""
    nodes: Mapping[str, Any] = await node.execute_command("CLUSTER NODES")
    shards = []
    for address, primary in nodes.items():
        if "master" not in primary["flags"] or not primary["slots"]:
            continue
        replicas = [one for one in nodes.values() if one["master_id"] == primary["node_id"]]
        in_step = [one for one in replicas if one["connected"] and "fail" not in one["flags"]]
        failed = "fail" in primary["flags"]
        shards.append(Shard(address, len(replicas), len(in_step), failed=failed))
    return tuple(sorted(shards, key=lambda shard: shard.primary))


async def _watch(sentinel: Any, service: str) -> Watch:
    answering, known, quorum = 0, 0, 0
    for one in sentinel.sentinels:
        try:
            told = await one.sentinel_master(service)
        except exceptions.RedisError:
            continue
        answering += 1
        known = max(known, int(told["num-other-sentinels"]) + 1)
        quorum = int(told["quorum"])
    return Watch(named=len(sentinel.sentinels), answering=answering, known=known, quorum=quorum)
