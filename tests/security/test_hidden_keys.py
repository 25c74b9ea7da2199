"""What the store gives out of what is private, whatever it is asked for."""

from __future__ import annotations

import itertools
import zlib

import pytest

from feed.errors import UnknownCoverage
from feed.store.keys import SHARDS
from feed.store.port import Head, Publish
from feed.store.redis import RedisStore


async def create(store: RedisStore, id_: str, data: bytes = b'{"id":"c"}') -> None:
    entries = [Publish(entry, 1, b'{"revision":1}') for entry in ("a", "coverage", "status", "cursor")]
    await store.append(id_, [Head("coverage.changed", data, 0, "live", 1), *entries])


def shard(id_: str) -> int:
    return zlib.crc32(id_.encode()) % SHARDS


@pytest.mark.parametrize(
    "suffix", [":log", ":entries", ":order", ":deleted", ":was:a", ":once:x", "/../c", "}", "\n", "\0", "é", "c" * 100]
)
async def test_nothing_but_a_coverage_is_found_under_its_keys(store: RedisStore, suffix: str) -> None:
    """An id that reads like another key of a coverage, and would be in the same slot."""
    id_ = next(f"c{n}" for n in itertools.count() if shard(f"c{n}") == shard(f"c{n}{suffix}"))
    await create(store, id_)
    assert (await store.head(id_)).coverage
    for reading in (
        store.head(id_ + suffix),
        store.page(id_ + suffix),
        store.page_with(id_ + suffix, "a"),
        store.revisions(id_ + suffix, "a"),
    ):
        with pytest.raises(UnknownCoverage):
            await reading
    with pytest.raises(UnknownCoverage):
        await create(store, id_ + suffix)


async def test_who_asks_for_what_is_public_finds_nothing_private(store: RedisStore) -> None:
    title = b'"title":"\\"visibility\\":\\"private\\""'
    for id_ in ("public", "unlisted", "private"):
        await create(store, id_, b'{"id":"%b","visibility":"%b",%b}' % (id_.encode(), id_.encode(), title))
    for id_ in ("public", "unlisted"):
        assert (await store.head(id_, public_only=True)).coverage == (await store.head(id_)).coverage
        assert len((await store.page(id_, public_only=True)).entries) == 4
    assert (await store.head("private")).coverage
    for reading in (
        store.head("private", public_only=True),
        store.page("private", public_only=True),
        store.page_with("private", "a", public_only=True),
        store.page_with("private", "no", public_only=True),
    ):
        with pytest.raises(UnknownCoverage):
            await reading
