"""Real programs for tests: a store, a server. Started, waited for until they answer, stopped by their process id."""

from __future__ import annotations

import os
import random
import re
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import redis

from feed.store.binary import find_server_binary

from .machine import find_redis_server

STORES = ("valkey", "redis")


def wait_until(condition: Callable[[], Any], within_s: float = 20, what: str = "the condition") -> Any:
    """The condition's value, once it is true. Fails naming `what`."""
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {within_s} s")
        time.sleep(0.01)
    return value


def free_ports(count: int) -> list[int]:
    """Ports below those that connections get (32768 and up, 49152 on macOS), so that what is stopped can be started
    again where it was: nothing that connects meanwhile has its port, not even by connecting to it."""
    # Not seeded as tests are: several of them may choose at the same time.
    candidates = iter(random.SystemRandom().sample(range(10_000, 32_000), 1_000))
    ports: list[int] = []
    while len(ports) < count:
        with suppress(OSError), socket.socket() as one:
            port = next(candidates)
            one.bind(("127.0.0.1", port))
            ports.append(port)
    return ports


class Store(ABC):
    """The process of a store's server, with its own directory. Its data outlives `kill` and a new start."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="feed-"))
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def client(self) -> redis.Redis: ...

    def answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)
        self._process.kill()
        self._process.wait()

    def remove(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


class StoreProcess(Store):
    """A Valkey or Redis server with a socket."""

    def __init__(self, kind: str, *options: str) -> None:
        super().__init__()
        self.binary = str(find_server_binary()) if kind == "valkey" else find_redis_server()
        self.socket = self.directory / "s"
        self.url = f"unix://{self.socket}"
        self._options = options

    def start(self) -> Self:
        common = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.directory), "--save", ""]
        durable = ["--appendonly", "yes", "--appendfsync", "always", "--aof-use-rdb-preamble", "no"]
        self._process = subprocess.Popen(
            [self.binary, *common, *durable, *self._options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self.answers, what="the store")
        return self

    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket), decode_responses=True)


class ServerProcess:
    """`feed serve` on a free port. `url` is where it answers; `admin_token` may do everything."""

    def __init__(self, data: Path, *options: str, **environment: str) -> None:
        self.data = data
        self.admin_token = "an-administrator-of-the-tests"
        self.url = ""
        # How many files it may open; as many as the tests where this is None.
        self.open_files: int | None = None
        self._options = options
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None
        self._log: Any = None

    def start(self, port: int | None = None) -> Self:
        port = port or free_ports(1)[0]
        command = [sys.executable, "-m", "feed.cli", "serve", "--port", str(port), "--data", str(self.data)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FEED_")}
        # Readers that a test still has when it is over are not waited for.
        environment |= {"FEED_ADMIN_TOKEN": self.admin_token, "PYTHONUNBUFFERED": "1", "FEED_DRAIN_WINDOW": "0"}
        environment |= self._environment
        if self.open_files is not None:
            command = ["sh", "-c", f'ulimit -n {self.open_files} && exec "$@"', "sh", *command]
        self._log = (self.data / "server.log").open("a+")
        self._process = subprocess.Popen(
            [*command, *self._options], stdout=subprocess.PIPE, stderr=self._log, text=True, env=environment
        )
        try:
            self.url = self._announced(self._process)
        except BaseException:
            self.kill()
            raise
        return self

    def _announced(self, process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        said = ""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while selector.select(timeout=30):
                line = process.stdout.readline()
                said += line
                if found := re.search(r"http://\S+", line):
                    return found[0]
                if not line:
                    break
        raise AssertionError(f"the server did not start:\n{said}\n{self.log}")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def log(self) -> str:
        return (self.data / "server.log").read_text()

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        assert self._process is not None
        return self._process.poll()

    def stop(self) -> int:
        """The exit code after SIGTERM."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.terminate()
        code = self._process.wait(timeout=30)
        self._close()
        return code

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._close()

    def _close(self) -> None:
        assert self._process is not None
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()


@contextmanager
def running_server(*options: str, **environment: str) -> Iterator[ServerProcess]:
    with tempfile.TemporaryDirectory(prefix="feed-") as data:
        server = ServerProcess(Path(data), *options, **environment).start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def running_store(kind: str, *options: str) -> Iterator[StoreProcess]:
    store = StoreProcess(kind, *options)
    try:
        yield store.start()
    finally:
        store.remove()
