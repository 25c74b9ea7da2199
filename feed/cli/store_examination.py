"""What doctor says of a store: version, how it keeps data, replicas, Sentinels, the parts of a cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator

from feed.store.port import Facts, Watch

from .finding import Finding

OLDEST = {"redis": (7, 0), "valkey": (8, 0)}
# A share of maxmemory.
FULL = 0.8
# Fewer Sentinels cannot agree when one is away.
FEWEST_SENTINELS = 3


def examine_store(facts: Facts, required: int) -> Iterator[Finding]:
    """`required`: FEED_REQUIRE_REPLICAS."""
    yield _version(facts)
    yield _persistence(facts)
    yield _eviction(facts)
    yield _replicas(facts, required)
    if facts.watch is not None:
        yield _watch(facts.watch)
    if len(facts.shards) > 1:
        yield _cluster(facts)


def _version(facts: Facts) -> Finding:
    numbers = tuple(int(number) for number in re.findall(r"[0-9]+", facts.version)[:2])
    found = f"{facts.name.capitalize()} {facts.version}, {facts.role or 'role unknown'}"
    oldest = OLDEST.get(facts.name, (7, 0))
    if numbers < oldest:
        return Finding("Store version", "fail", found, f"Feed needs {facts.name.capitalize()} {oldest[0]}.{oldest[1]}.")
    if facts.role == "slave":
        return Finding("Store version", "fail", found, "A replica takes no writes: name the primary, or a Sentinel.")
    return Finding("Store version", "ok", found)


def _persistence(facts: Facts) -> Finding:
    if facts.append_only is None:
        return Finding("Persistence", "warn", "the store does not tell", "See that its host keeps an append-only file.")
    if not facts.append_only:
        return Finding("Persistence", "warn", "appendonly no", "A crash of the store loses entries: appendonly yes.")
    found = f"appendonly yes, appendfsync {facts.fsync}"
    if facts.fsync == "no":
        return Finding(
            "Persistence", "warn", found, "The system decides when entries reach the disk: everysec, always."
        )
    return Finding("Persistence", "ok", found)


def _eviction(facts: Facts) -> Finding:
    memory = f"{facts.used_memory / 2**20:.0f} MiB used"
    if facts.memory_limit:
        memory += f" of {facts.memory_limit / 2**20:.0f}"
    if facts.eviction in ("noeviction", "unknown"):
        if facts.memory_limit and facts.used_memory > FULL * facts.memory_limit:
            mend = "When it is full, publishing fails with 503: raise maxmemory, or delete old coverages."
            return Finding("Memory", "warn", f"maxmemory-policy {facts.eviction}, {memory}", mend)
        return Finding("Memory", "ok", f"maxmemory-policy {facts.eviction}, {memory}")
    mend = "When memory runs out the store would delete coverage: maxmemory-policy noeviction."
    return Finding("Memory", "fail", f"maxmemory-policy {facts.eviction}, {memory}", mend)


def _replicas(facts: Facts, required: int) -> Finding:
    fewest = min((shard.in_step for shard in facts.shards), default=0)
    every = " behind each primary" if len(facts.shards) > 1 else ""
    found = f"{fewest} in step{every}, {required} required for an acknowledgement"
    if facts.min_replicas:
        found += f", min-replicas-to-write {facts.min_replicas}"
    if fewest < facts.min_replicas:
        return Finding(
            "Replicas", "fail", found, "The store takes no writes until it has them: start them, or change the setting."
        )
    if fewest < required:
        mend = "Every change would be answered 503 not_durable: start more replicas, or lower FEED_REQUIRE_REPLICAS."
        return Finding("Replicas", "fail", found, mend)
    silent = sum(shard.replicas - shard.in_step for shard in facts.shards)
    if silent:
        return Finding("Replicas", "warn", f"{found}; {silent} more not in step", "See what is wrong with the others.")
    if fewest and not required:
        mend = "A failover can lose the last moment of what was acknowledged; FEED_REQUIRE_REPLICAS=1 if it must not."
        return Finding("Replicas", "ok", found, mend)
    return Finding("Replicas", "ok", found)


def _watch(watch: Watch) -> Finding:
    found = (
        f"{watch.answering} of {watch.named} named answer, {watch.known} know of each other, {watch.quorum} must agree"
    )
    if watch.answering < watch.named:
        return Finding("Sentinels", "warn", found, "Start the others, or take them out of the address.")
    if watch.known < FEWEST_SENTINELS:
        return Finding("Sentinels", "warn", found, "Run three or more, or none can take over when one is away.")
    return Finding("Sentinels", "ok", found)


def _cluster(facts: Facts) -> Finding:
    found = f"{len(facts.shards)} primaries"
    failed = [shard.primary for shard in facts.shards if shard.failed]
    if failed:
        return Finding(
            "Cluster", "fail", f"{found}; {', '.join(failed)} failed", "Start it, or have a replica take over."
        )
    alone = [shard.primary for shard in facts.shards if not shard.replicas]
    if alone:
        mend = "When one of them is away the whole store takes no writes: give each a replica."
        return Finding("Cluster", "warn", f"{found}; without a replica: {', '.join(alone)}", mend)
    return Finding("Cluster", "ok", f"{found}, each with a replica")
