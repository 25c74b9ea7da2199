"""The websockets library with its broadcast(), on uvloop."""

from __future__ import annotations

import asyncio

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from .publishing import BACKLOG, free_socket, say_address, snapshot, start_publishing

FIRST = snapshot()
readers: set[ServerConnection] = set()


async def connected(connection: ServerConnection) -> None:
    if connection.request is not None and connection.request.path.startswith("/replay"):
        await connection.send(FIRST)
    readers.add(connection)
    try:
        await connection.wait_closed()
    finally:
        readers.discard(connection)


async def main() -> None:
    listener = free_socket()
    async with serve(connected, sock=listener, backlog=BACKLOG):
        await start_publishing(lambda entry: broadcast(readers, entry))
        say_address("listening", listener)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
