"""A small real server whose live endpoint does what a test tells it, also what our own server never would."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from feed.model import Coverage, Entry
from feed.pages import PageView, files, render_coverage

POLICY = "default-src 'self'"
_DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}">
<rect width="{w}" height="{h}" fill="#8fa3ad"/><path d="M0 {m}Q{q} {a} {c} {m}T{w} {m}V{h}H0Z" fill="#3f5f6f"/></svg>"""


class Line:
    """One reader's websocket. `after` is the cursor it came with; `said` is what it has sent."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self.after = websocket.query_params.get("after")
        self.said: list[dict[str, Any]] = []
        self.gone = asyncio.Event()

    async def send(self, **message: Any) -> None:
        await self._websocket.send_text(json.dumps(message))

    async def close(self, code: int, reason: str = "") -> None:
        await self._websocket.close(code, reason)


class Stage:
    """`pages` and `answers` are what is served by path; `greet` is what a new line hears first."""

    def __init__(self) -> None:
        self.url = ""
        self.policy = POLICY
        self.pages: dict[str, str] = {}
        self.answers: dict[str, Any] = {}
        self.asked: list[str] = []
        self.lines: list[Line] = []
        self.answers_pings = True
        self.greet: Callable[[Line], Awaitable[None]] = self.resume
        self._changed = asyncio.Condition()
        self._log: list[str] = []

    def show(self, view: PageView, path: str | None = None) -> str:
        """Serves a page; returns its address."""
        path = path or f"/c/{view.coverage.id}"
        self.pages[path] = render_coverage(view)
        self._log = [view.cursor]
        return self.url + path

    async def resume(self, line: Line) -> None:
        await line.send(type="hello", v=1, coverage="aldmere", mode="resumed", cursor=line.after, heartbeat=20)
        await line.send(type="live")

    async def line(self, number: int = 1) -> Line:
        """The `number`th line that was ever opened, once it is."""
        async with asyncio.timeout(15), self._changed:
            await self._changed.wait_for(lambda: len(self.lines) >= number)
        return self.lines[number - 1]

    def event(self, kind: str, **members: Any) -> dict[str, Any]:
        """The next event of the log."""
        milliseconds = int(self._log[-1].split("-")[0])
        self._log.append(f"{milliseconds + 1}-0")
        return {
            "type": kind,
            "cursor": self._log[-1],
            "prev": self._log[-2],
            "at": "2026-03-12T16:40:00.000Z",
            **members,
        }

    async def publish(self, entry: Entry, kind: str = "entry.published") -> None:
        await self.lines[-1].send(**self.event(kind, entry=msgspec.to_builtins(entry)))

    async def change(self, coverage: Coverage, kind: str = "coverage.changed") -> None:
        await self.lines[-1].send(**self.event(kind, coverage=msgspec.to_builtins(coverage)))

    async def _page(self, request: Request) -> Response:
        html = self.pages.get(request.url.path)
        if html is None:
            return HTMLResponse("<!doctype html><title>none</title>", status_code=404)
        return HTMLResponse(html, headers={"Content-Security-Policy": self.policy})

    async def _answer(self, request: Request) -> Response:
        self.asked.append(f"{request.url.path}?{request.url.query}")
        answer = self.answers.get(request.url.path)
        return JSONResponse(answer) if answer is not None else JSONResponse({}, status_code=404)

    async def _picture(self, request: Request) -> Response:
        w, h = (800, 1200) if "tower" in request.url.path else (1200, 800)
        drawing = _DRAWING.format(w=w, h=h, m=h * 2 // 3, a=h // 2, q=w // 4, c=w // 2)
        return Response(drawing, media_type="image/svg+xml")

    async def _worker(self, _: Request) -> Response:
        """One that does nothing: what a test asks of the stage is not to come from a copy."""
        return Response("", media_type="text/javascript")

    async def _live(self, websocket: WebSocket) -> None:
        await websocket.accept(subprotocol="feed.v1")
        line = Line(websocket)
        await self.greet(line)
        async with self._changed:
            self.lines.append(line)
            self._changed.notify_all()
        try:
            while True:
                message = json.loads(await websocket.receive_text())
                line.said.append(message)
                if message == {"type": "ping"} and self.answers_pings:
                    await line.send(type="pong")
        except (WebSocketDisconnect, RuntimeError):  # RuntimeError: closed from this side
            line.gone.set()

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                WebSocketRoute("/v1/coverages/{coverage}/live", self._live),
                Route("/v1/{path:path}", self._answer),
                Route("/pictures/{name}", self._picture),
                Route("/worker.js", self._worker),
                *files.routes,
                Route("/{path:path}", self._page),
            ]
        )


@asynccontextmanager
async def running(app: Starlette) -> AsyncIterator[str]:
    """Serves `app` on a free port of this machine; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
