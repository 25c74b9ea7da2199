"""What the Python servers share: entries come by POST, one as JSON or several as lines."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from pathlib import Path

BACKLOG = 4096


def snapshot() -> str:
    """What readers of /replay get first: the file named on the command line."""
    return Path(sys.argv[1]).read_text()


def free_socket() -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(BACKLOG)
    return listener


def say_address(what: str, listener: socket.socket) -> None:
    sys.stdout.write(f"{what} on http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()


async def start_publishing(publish: Callable[[str], None]) -> None:
    """A listener that takes posts and nothing else, for servers that speak only websocket."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
                body = await reader.readexactly(length)
                writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
                for line in body.decode().split("\n"):
                    publish(line)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    listener = free_socket()
    await asyncio.start_server(serve, sock=listener, backlog=BACKLOG, limit=1 << 20)
    say_address("publishing", listener)
