"""A server that has no file descriptor left: who is there stays, who comes is refused, and it recovers by itself."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.newsroom import Newsroom
from tests.running import ServerProcess, wait_until

from .reading import live

FILES = 256
TOO_MANY = 400
SAID = "too few file descriptors"
GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path)
    server.open_files = FILES
    server.start()
    try:
        yield server
    finally:
        server.stop()
    assert "Traceback" not in server.log


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_served(connection: socket.socket) -> bool:
    try:
        connection.sendall(GET)
        return connection.recv(12) == b"HTTP/1.1 200"
    except OSError:
        return False


async def test_readers_go_on_newcomers_are_refused_and_all_is_well_again_when_some_leave(server: ServerProcess) -> None:
    with Newsroom(server) as newsroom, ExitStack() as stack:
        coverage = newsroom.create()
        async with live(server.url, coverage) as reader:
            await reader.until("live")
            address = ("127.0.0.1", server.port)
            crowd = [stack.enter_context(socket.create_connection(address, timeout=10)) for _ in range(TOO_MANY)]
            wait_until(lambda: SAID in server.log, what="the refusal of connections")
            before = cpu_seconds(server.pid)
            served = await asyncio.to_thread(lambda: sum(map(is_served, crowd)))
            assert FILES / 4 < served < FILES
            for _ in range(20):
                receipt = await asyncio.to_thread(newsroom.publish, coverage)
                assert (await reader.next())["cursor"] == receipt["cursor"]
                assert not is_served(stack.enter_context(socket.create_connection(address, timeout=10)))
            # It does not go round in circles meanwhile: that would be all the time there is.
            assert cpu_seconds(server.pid) - before < 5
            figures = newsroom.ask("GET", "/metrics").text
            shed = next(
                line for line in figures.splitlines() if line.startswith('feed_shed_total{reason="descriptors"}')
            )
            assert float(shed.rpartition(" ")[2]) >= TOO_MANY - FILES
            assert server.log.count(SAID) == 1
            for connection in crowd:
                connection.close()
            await asyncio.to_thread(wait_until, lambda: _can_connect(address), what="a new connection")
            async with live(server.url, coverage) as newcomer:
                await newcomer.until("live")
            await asyncio.to_thread(newsroom.publish, coverage)
            assert (await reader.next())["type"] == "entry.published"


def _can_connect(address: tuple[str, int]) -> bool:
    with socket.create_connection(address, timeout=10) as connection:
        return is_served(connection)
