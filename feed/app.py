"""The composition root: settings in, an ASGI application out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import WebSocketRoute

from .admin import admin_token
from .api import coverages, documents, entries, service, tokens
from .api.problem import on_crash, problem_of
from .desk import Desk
from .errors import FeedError, SettingsError, StoreUnavailable
from .follower import Follower
from .hub import Hub
from .live.heartbeat import Heartbeat
from .live.websocket import live
from .node import Node
from .pages import routes as pages
from .pages.answering import problem_page, wants_page
from .settings import Settings
from .store.redis import RedisStore
from .tokens import Tokens


def create_app(settings: Settings) -> Starlette:
    """`settings.store` must be set: who starts an embedded store does so first. Raises SettingsError."""
    if settings.store is None:
        raise SettingsError("FEED_STORE: an address is needed here.")
    store = RedisStore.open(settings.store, key_lifetime_s=settings.key_lifetime, log_length=settings.log_length)
    administrator = admin_token(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        hub = Hub(store)
        follower = Follower(store, hub)
        node = Node(
            settings=settings,
            store=store,
            desk=Desk(store),
            tokens=Tokens(store, administrator.token),
            hub=hub,
            follower=follower,
            fsync=await _fsync(store),
        )
        # The server drains it before connections are closed, which is before the lifespan ends.
        app.state.hub = hub
        heartbeat = Heartbeat()
        tasks = {asyncio.create_task(follower.run()), asyncio.create_task(heartbeat.run())}
        try:
            yield {"node": node, "heartbeat": heartbeat}
        finally:
            # A cancellation that comes while a connection is being made may get lost in it.
            while tasks:
                for task in tasks:
                    task.cancel()
                _, tasks = await asyncio.wait(tasks, timeout=0.1)
            await store.close()

    origins = list(settings.allowed_origins)
    return Starlette(
        routes=[
            *coverages.routes,
            *entries.routes,
            *tokens.routes,
            *service.routes,
            *documents.routes,
            WebSocketRoute("/v1/coverages/{coverage}/live", live),
            *pages.routes,
        ],
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=origins,
                allow_methods=["GET", "POST", "PATCH", "DELETE"],
                allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Last-Event-ID"],
                expose_headers=["ETag", "Idempotent-Replay", "Location", "Retry-After"],
            )
        ],
        exception_handlers={
            FeedError: _on_error,
            HTTPException: _on_error,
            Exception: on_crash,
        },
        lifespan=lifespan,
    )


async def _on_error(request: Request, error: Exception) -> Response:
    """A page for a person, a problem document for a program."""
    problem = problem_of(request, cast(FeedError | HTTPException, error))
    if wants_page(request):
        return problem_page(problem.status, problem.title, problem.detail, problem.headers)
    return problem.document()


async def _fsync(store: RedisStore) -> str:
    """What the store does before it acknowledges. Unknown where it does not say, or is away right now."""
    try:
        facts = await store.facts()
    except StoreUnavailable:
        return "unknown"
    return "no" if facts.append_only is False else facts.fsync
