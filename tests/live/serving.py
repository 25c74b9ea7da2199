"""The app on a server inside the test: on our own websocket protocol or on uvicorn's, with a clock of its own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from uvicorn import Config, Server

from feed.app import create_app
from feed.server import SEND_BUFFER
from feed.settings import Settings
from tests.running import StoreProcess

ADMIN = "an-administrator-of-the-tests"


class Served:
    """As much of a ServerProcess as a newsroom needs."""

    admin_token = ADMIN

    def __init__(self, url: str, data: Path) -> None:
        self.url = url
        self.data = data


@asynccontextmanager
async def served(
    store: StoreProcess, data: Path, *, ws: Any, http: Any = "httptools", **settings: Any
) -> AsyncIterator[Served]:
    """`ws` and `http` as uvicorn takes them."""
    app = create_app(Settings(store=store.url, data=data, admin_token=ADMIN, **settings))
    config = Config(app, ws=ws, http=http, lifespan="on", log_config=None, timeout_graceful_shutdown=1)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        listener.bind(("127.0.0.1", 0))
        server = Server(config)
        task = asyncio.create_task(server.serve([listener]))
        try:
            async with asyncio.timeout(20):
                while not server.started:
                    assert not task.done()
                    await asyncio.sleep(0.005)
            yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", data)
        finally:
            server.should_exit = True
            await task
