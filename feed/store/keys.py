"""The names of what is kept. Everything of one coverage is in one slot of a cluster, and so atomic.

feed:{s07}:c:<id>            hash     coverage (JSON), status, revision, cursor (the log's tip), before_end, created
feed:{s07}:c:<id>:log        stream   one event per change: type, prev, data (JSON), entry
feed:{s07}:c:<id>:entries    hash     entry id -> JSON, as it is now
feed:{s07}:c:<id>:order      zset     entry id by display time in ms
feed:{s07}:c:<id>:deleted    hash     entry id -> {"id", "reason"?} of what was taken down
feed:{s07}:c:<id>:was:<id>   list     earlier revisions of one entry, oldest first
feed:{s07}:c:<id>:once:<…>   string   what a request with this Idempotency-Key did: digest cursor/entry/revision..., or
                                      where it changed nothing digest cursor LF answer; expires
feed:{s07}:c:<id>:audience   hash     node -> how many read it there, until when that is good (ms); expires
feed:{s07}:index:<status>    zset     coverage id by creation time in ms
feed:{s07}:news              stream   which coverage's log has grown, and up to where; short
feed:{s07}:mark              string   written to wait until replicas have what came before it; expires
feed:layout                  hash     the number of shards, fixed when the first coverage is made
feed:once:<…>                string   the coverage id that a creating request was given; expires
feed:tokens                  hash     token id -> JSON, the secret hashed
{feed:tokens}:once:<…>       hash     what a request about tokens with this Idempotency-Key did; expires
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from feed.errors import UnknownCoverage

SHARDS = 64
LAYOUT = "feed:layout"
TOKENS = "feed:tokens"
STATUSES = ("scheduled", "live", "ended")
# Every id that a coverage can have. What else is asked for must not lead to another key of one: "budget:log".
_COVERAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", re.ASCII)


class CoverageKeys(NamedTuple):
    """The keys that the scripts take, in their order."""

    head: str
    log: str
    entries: str
    order: str
    deleted: str
    news: str
    scheduled: str
    live: str
    ended: str

    def history(self, entry: str) -> str:
        return f"{self.head}:was:{entry}"

    @property
    def audience(self) -> str:
        return f"{self.head}:audience"

    def once(self, key: str) -> str:
        return f"{self.head}:once:{_digest(key)}"


def coverage_keys(coverage: str) -> CoverageKeys:
    """Raises UnknownCoverage for what can be no coverage's id."""
    if _COVERAGE.fullmatch(coverage) is None:
        raise UnknownCoverage(coverage)
    shard = f"feed:{{s{zlib.crc32(coverage.encode()) % SHARDS:02d}}}"
    head = f"{shard}:c:{coverage}"
    return CoverageKeys(
        head,
        f"{head}:log",
        f"{head}:entries",
        f"{head}:order",
        f"{head}:deleted",
        f"{shard}:news",
        *(f"{shard}:index:{status}" for status in STATUSES),
    )


def news_keys() -> Iterator[str]:
    return (f"feed:{{s{shard:02d}}}:news" for shard in range(SHARDS))


def index_keys(status: str) -> Iterator[str]:
    return (f"feed:{{s{shard:02d}}}:index:{status}" for shard in range(SHARDS))


def reservation(key: str) -> str:
    return f"feed:once:{_digest(key)}"


def tokens_once(key: str) -> str:
    # In the slot of TOKENS: a key without braces and one with the whole of it in braces are in the same.
    return f"{{{TOKENS}}}:once:{_digest(key)}"


def mark(name: str) -> tuple[str | int, ...]:
    """The command that leaves a mark in the name's slot, for a minute: something new that replicas must take."""
    tag = name[name.index("{") + 1 : name.index("}")] if "{" in name else name
    return "SET", f"feed:{{{tag}}}:mark", "", "EX", 60


def _digest(key: str) -> str:
    # Keys are the producer's text, of any length and alphabet.
    return hashlib.sha256(key.encode()).hexdigest()[:40]
