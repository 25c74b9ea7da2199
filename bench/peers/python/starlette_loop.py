"""Starlette as tutorials have it: a set of sockets, and send_text to each of them in turn. On uvicorn and uvloop."""

from __future__ import annotations

import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from .publishing import BACKLOG, free_socket, say_address, snapshot

FIRST = snapshot()
readers: set[WebSocket] = set()


async def read(socket: WebSocket) -> None:
    await socket.accept()
    if socket.url.path.startswith("/replay"):
        await socket.send_text(FIRST)
    readers.add(socket)
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        readers.discard(socket)


async def publish(request: Request) -> Response:
    lines = (await request.body()).decode().split("\n")
    return Response(status_code=201, background=BackgroundTask(fan_out, lines))


async def fan_out(lines: list[str]) -> None:
    for line in lines:
        for socket in list(readers):
            try:
                await socket.send_text(line)
            except (WebSocketDisconnect, RuntimeError):
                readers.discard(socket)


app = Starlette(routes=[Route("/publish", publish, methods=["POST"]), WebSocketRoute("/{path:path}", read)])

if __name__ == "__main__":
    listener = free_socket()
    say_address("listening", listener)
    config = uvicorn.Config(
        app, loop="uvloop", access_log=False, log_level="warning", backlog=BACKLOG, timeout_keep_alive=3600
    )
    uvicorn.Server(config).run([listener])
