"""What doctor looks at: this machine, this installation, the store."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import quote

import httpx2

from feed import __version__
from feed.errors import FeedError
from feed.limits.descriptors import RESERVED
from feed.settings import Settings, unknown_variables
from feed.store.connect import safe_url
from feed.store.directory import StoreDirectory
from feed.store.embedded import EmbeddedStore
from feed.store.redis import RedisStore

from .finding import Finding
from .key_examination import examine_keys
from .listening import why_not_listening
from .store_examination import examine_store

PACKAGES = ("uvicorn", "starlette", "websockets", "redis", "hiredis", "msgspec", "nh3", "uvloop", "httptools")
CLOCK_WARNS_MS, CLOCK_FAILS_MS = 500, 5_000
SLOW_WRITE_MS = 50
# Each reader is one open file.
FEW_FILES = 4_096


async def examine(settings: Settings) -> list[Finding]:
    findings = [
        _python(),
        *_packages(),
        *_variables(),
        _open_files(settings.max_subscribers),
        *examine_keys(settings),
        _data(settings.data),
    ]
    findings.append(await _port(settings))
    return [*findings, *[finding async for finding in _store(settings)]]


def _python() -> Finding:
    found = f"{platform.python_implementation()} {platform.python_version()}, {platform.platform(terse=True)}"
    if sys.version_info < (3, 11):  # noqa: UP036 - it is what is asked here
        return Finding("Python", "fail", found, "Feed needs Python 3.11 or newer.")
    if sys.platform == "win32":
        return Finding("Python", "warn", found, "Servers run on Linux and macOS; here it can only be tried.")
    return Finding("Python", "ok", found)


def _packages() -> Iterator[Finding]:
    found, missing = [f"feed {__version__}"], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    hard = [name for name in missing if name != "uvloop"]
    mend = f"Missing: {', '.join(missing)}. Install feed-server again." if missing else ""
    yield Finding("Packages", "fail" if hard else "warn" if missing else "ok", ", ".join(found), mend)


def _variables() -> Iterator[Finding]:
    for name, nearest in unknown_variables(os.environ).items():
        yield Finding("Setting", "warn", f"{name} is not one of ours", f"Is it {nearest}?" if nearest else "")


def _open_files(readers: int) -> Finding:
    """`readers`: how many there may be in each process, 0 where that is not limited."""
    try:
        import resource
    except ImportError:
        return Finding("Open files", "warn", "not known on this system")
    limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = (
        "no limit" if limit == resource.RLIM_INFINITY else f"at most {limit}, so about {max(0, limit - 200)} readers"
    )
    # A server raises its own limit as far as it may.
    needed = readers + RESERVED
    suffices = most == resource.RLIM_INFINITY or most >= needed
    if limit == resource.RLIM_INFINITY or (limit >= FEW_FILES and suffices):
        return Finding("Open files", "ok", found)
    wanted = max(65_536, needed)
    raise_it = f"ulimit -n {wanted if most in (resource.RLIM_INFINITY, limit) or most >= wanted else most}"
    if not suffices:
        found += f", and FEED_MAX_SUBSCRIBERS is {readers}"
    return Finding("Open files", "warn", found, f"Before starting: {raise_it}; with systemd: LimitNOFILE={wanted}.")


def _data(directory: Path) -> Finding:
    at = directory.absolute()
    nearest = next((path for path in (at, *at.parents) if path.exists()), at)
    if not nearest.is_dir():
        return Finding("Data directory", "fail", f"{nearest} is no directory", "Name another with --data.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        return Finding("Data directory", "fail", f"{nearest} cannot be written to", "Name another with --data.")
    free = shutil.disk_usage(nearest).free
    size = f"{free / 2**30:.1f} GiB free"
    if free < 2**28:
        return Finding("Data directory", "warn", f"{at}, {size}", "Make room: a full disk stops all publishing.")
    return Finding("Data directory", "ok", f"{at}{'' if at.exists() else ' (will be made)'}, {size}")


async def _port(settings: Settings) -> Finding:
    place = f"{settings.host}:{settings.port}"
    if settings.port == 0:
        return Finding("Port", "ok", "any that is free")
    problem = why_not_listening(settings.host, settings.port)
    if problem is None:
        return Finding("Port", "ok", f"{place} is free")
    if await _is_feed(settings):
        return Finding("Port", "ok", f"{place}: a Feed server is running there")
    return Finding("Port", "fail", f"{place}: {problem}", "Choose another with --port, or stop that program.")


async def _is_feed(settings: Settings) -> bool:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    with suppress(httpx2.HTTPError):
        async with httpx2.AsyncClient(timeout=2.0, trust_env=False) as client:
            answer = await client.get(f"http://{host}:{settings.port}/openapi.json")
            return answer.status_code == 200 and "/v1/coverages" in answer.text
    return False


async def _store(settings: Settings) -> AsyncIterator[Finding]:
    what = "Store" if settings.store else "Embedded store"
    try:
        async with _reachable(settings) as (url, found):
            yield Finding(what, "ok", found)
            async for finding in _ask(url, settings.require_replicas):
                yield finding
    except FeedError as error:
        mend = "Is it running, and is the address right?" if settings.store else ""
        yield Finding(what, "fail", getattr(error, "reason", error.detail), mend)


@asynccontextmanager
async def _reachable(settings: Settings) -> AsyncIterator[tuple[str, str]]:
    """The address of a store to ask, and what it is: the one named, the one that runs, or one started for this."""
    if settings.store:
        yield settings.store, safe_url(settings.store)
        return
    directory = StoreDirectory(settings.data)
    if directory.finds_server():
        yield f"unix://{quote(os.fsencode(directory.socket))}", f"runs in {directory.path}"
        return
    with tempfile.TemporaryDirectory(prefix="feed-doctor-") as empty:
        async with EmbeddedStore(Path(empty), start_timeout=20) as url:
            yield url, "starts, tried in an empty directory"


async def _ask(url: str, required: int) -> AsyncIterator[Finding]:
    store = RedisStore.open(url)
    try:
        before = time.time()
        facts = await store.facts()
        after = time.time()
        # A write that no reader sees: followers take it for a sign of life.
        began = time.perf_counter()
        await store.probe("doctor")
        took_ms = (time.perf_counter() - began) * 1000
    finally:
        await store.close()
    for finding in examine_store(facts, required):
        yield finding
    yield _clock(facts.clock_ms - (before + after) / 2 * 1000, (after - before) * 500)
    slow = took_ms > SLOW_WRITE_MS
    mend = "Publishing waits for this: bring the store nearer, or its disk is slow." if slow else ""
    yield Finding("Store write", "warn" if slow else "ok", f"{took_ms:.1f} ms", mend)


def _clock(ahead_ms: float, uncertain_ms: float) -> Finding:
    """Cursors carry the store's time, entries this machine's."""
    off = abs(ahead_ms)
    found = f"{off:.0f} ms {'ahead of' if ahead_ms > 0 else 'behind'} this machine (± {max(1, uncertain_ms):.0f} ms)"
    mend = "Run NTP or chrony on both."
    if off - uncertain_ms > CLOCK_FAILS_MS:
        return Finding("Store clock", "fail", found, mend)
    return Finding(
        "Store clock", "warn" if off - uncertain_ms > CLOCK_WARNS_MS else "ok", found, mend if off > 500 else ""
    )
