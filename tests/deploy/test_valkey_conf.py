"""The configuration for a store, read by the servers it is for."""

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from feed.store.binary import find_server_binary
from tests.machine import find_redis_server

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy/valkey.conf"
WANTED = {
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",
    "repl-diskless-sync-delay": "0",
}


@pytest.mark.parametrize("find", [find_server_binary, find_redis_server], ids=["Valkey", "Redis"])
def test_the_server_takes_the_configuration(find: Callable[[], str | Path]) -> None:
    # Not pytest's folder: the path of a socket is at most 103 bytes long.
    with tempfile.TemporaryDirectory() as folder:
        socket = f"{folder}/socket"
        command = [find(), CONFIGURATION, "--port", "0", "--unixsocket", socket, "--dir", folder, "--logfile", "log"]
        server = subprocess.Popen(command, cwd=folder)
        try:
            with redis.Redis(unix_socket_path=socket, decode_responses=True) as client:
                wait_until_it_answers(client, server, Path(folder, "log"))
                assert client.config_get(*WANTED) == WANTED
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_until_it_answers(client: redis.Redis, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            client.ping()
        except redis.ConnectionError:
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.01)
        else:
            return
