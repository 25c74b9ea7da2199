"""Real programs for tests: a store, a server. Started, waited for until they answer, stopped by their process id."""

from __future__ import annotations

import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
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


class StoreProcess:
    """A Valkey or Redis server with its own directory and socket. Its data outlives `kill` and `start`."""

    def __init__(self, kind: str, *options: str) -> None:
        self.binary = str(find_server_binary()) if kind == "valkey" else find_redis_server()
        self.directory = Path(tempfile.mkdtemp(prefix="feed-"))
        self.socket = self.directory / "s"
        self.url = f"unix://{self.socket}"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        common = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.directory), "--save", ""]
        durable = ["--appendonly", "yes", "--appendfsync", "always", "--aof-use-rdb-preamble", "no"]
        self._process = subprocess.Popen(
            [self.binary, *common, *durable, *self._options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self._answers, what="the store")
        return self

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket), decode_responses=True)

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

    def start(self, port: int = 0) -> Self:
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


@contextmanager
def running_cluster(ports: Sequence[int]) -> Iterator[str]:
    """Valkey in cluster mode, its slots spread over as many nodes as there are ports. Gives the address."""
    nodes: list[tuple[subprocess.Popen[bytes], Path]] = []
    try:
        for port in ports:
            directory = Path(tempfile.mkdtemp(prefix="feed-"))
            options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(directory), "--save", ""]
            options += ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--appendonly", "no"]
            quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            nodes.append((subprocess.Popen([str(find_server_binary()), *options], **quiet), directory))
        clients = [redis.Redis(port=port, decode_responses=True) for port in ports]
        for client in clients:
            wait_until(partial(_pings, client), what="a node")
        share = -(-16384 // len(ports))
        for at, client in enumerate(clients):
            last = min((at + 1) * share, 16384) - 1
            _asked(client, "CLUSTER", "ADDSLOTSRANGE", at * share, last)
            _asked(client, "CLUSTER", "SET-CONFIG-EPOCH", at + 1)
        for port in ports[1:]:
            _asked(clients[0], "CLUSTER", "MEET", "127.0.0.1", port)
        for client in clients:
            wait_until(partial(_agrees, client, len(ports)), what="the cluster")
            client.close()
        yield "redis+cluster://" + ",".join(f"127.0.0.1:{port}" for port in ports)
    finally:
        for process, directory in nodes:
            process.kill()
            process.wait()
            shutil.rmtree(directory, ignore_errors=True)


def _pings(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def _agrees(client: redis.Redis, nodes: int) -> bool:
    info = _asked(client, "CLUSTER INFO")
    return bool(info["cluster_state"] == "ok" and len(_asked(client, "CLUSTER NODES")) == nodes)


def _asked(client: redis.Redis, *command: Any) -> Any:
    return client.execute_command(*command)  # type: ignore[no-untyped-call]
