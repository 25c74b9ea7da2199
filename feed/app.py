"""The composition root: settings in, an ASGI application out."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol, cast

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from .admin import admin_token
from .api import coverages, documents, entries, service
from .api import tokens as token_requests
from .api.discretion import Discretion
from .api.problem import on_crash, problem_of
from .api.slashes import without_slashes
from .audience import Audience
from .desk import Desk
from .errors import FeedError, Overloaded, SettingsError
from .follower import Follower
from .hub import Hub
from .limits import Limits
from .limits.gate import ADVICE_MS
from .limits.proxies import Proxies
from .live.forwarded import Forwarded
from .live.heartbeat import Heartbeat
from .live.websocket import live, plain
from .node import Node
from .pages import routes as pages
from .pages.answering import language_of, problem_page, wants_page
from .settings import Settings
from .store.redis import RedisStore
from .tokens import Tokens
from .watch import Watch

if TYPE_CHECKING:
    from .jwt import Verifier

log = structlog.get_logger()

# A part of the node that failed begins anew after this.
ANEW_S = 1.0


def create_app(settings: Settings) -> Starlette:
    """`settings.store` must be set: who starts an embedded store does so first. Raises SettingsError."""
    if settings.store is None:
        raise SettingsError("FEED_STORE: an address is needed here.")
    store = RedisStore.open(
        settings.store,
        key_lifetime_s=settings.key_lifetime,
        log_length=settings.log_length,
        require_replicas=settings.require_replicas,
        acknowledge_within_ms=settings.acknowledge_within,
    )
    administrator = admin_token(settings)
    jwt_verifier = verifier(settings)
    proxies = Proxies(settings.trusted_proxies)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        hub = Hub(store)
        follower = Follower(store, hub)
        tokens = Tokens(store, administrator.token, verifier=jwt_verifier)
        watch = Watch(tokens)
        follower.heard = tokens.hear
        node = Node(
            settings=settings,
            store=store,
            desk=Desk(store),
            tokens=tokens,
            watch=watch,
            hub=hub,
            follower=follower,
            limits=Limits(
                publish_rate=settings.publish_rate,
                max_subscribers=settings.max_subscribers,
                max_subscribers_per_address=settings.max_subscribers_per_address,
            ),
            proxies=proxies,
        )
        # The server drains it before connections are closed, which is before the lifespan ends.
        app.state.hub = hub
        heartbeat = Heartbeat()
        parts: list[Part] = [follower, heartbeat, watch]
        if settings.audience:
            parts.append(Audience(store, hub))
        tasks = {asyncio.create_task(kept_running(part)) for part in parts}
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
    app = Starlette(
        routes=[
            *coverages.routes,
            *entries.routes,
            *token_requests.routes,
            *service.routes,
            *documents.routes,
            WebSocketRoute("/v1/coverages/{coverage}/live", live),
            Route("/v1/coverages/{coverage}/live", plain, methods=["GET"]),
            *pages.routes,
        ],
        middleware=[
            Middleware(Forwarded, proxies=proxies),
            Middleware(
                CORSMiddleware,
                allow_origins=origins,
                allow_methods=["GET", "POST", "PATCH", "DELETE"],
                allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Last-Event-ID"],
                expose_headers=["ETag", "Idempotent-Replay", "Location", "Retry-After"],
            ),
            Middleware(Discretion),
        ],
        exception_handlers={
            FeedError: _on_error,
            HTTPException: _on_error,
            ClientDisconnect: _on_disconnect,
            MemoryError: _on_want_of_memory,
            Exception: _on_crash,
        },
        lifespan=lifespan,
    )
    without_slashes(app.router)
    return app


class Part(Protocol):
    """Something of a node that goes on for as long as the node does."""

    async def run(self) -> None: ...


async def kept_running(part: Part) -> None:
    """Until it is cancelled: a part that ended by a fault would be missed by nobody until its work is."""
    while True:
        try:
            await part.run()
        except MemoryError as error:
            _tell_of_want_of_memory(error)
        except Exception:
            log.exception("a part of the node failed and begins anew", part=type(part).__name__)
        await asyncio.sleep(ANEW_S)


def verifier(settings: Settings) -> Verifier | None:
    """Of JSON Web Tokens; None where none are taken. Raises SettingsError for keys that cannot be used."""
    if settings.jwt_secret is None and settings.jwt_keys is None:
        return None
    # Cryptography takes memory and time to load, and most have no use for it.
    from .jwt import verifier_of

    return verifier_of(settings)


async def _on_disconnect(request: Request, error: Exception) -> Response:
    """Whoever asked is gone before the end of the question: nobody hears this, and nothing failed."""
    return Response(status_code=400)


async def _on_want_of_memory(request: Request, error: Exception) -> Response:
    """Our server ends here. On another one it is unknown whether a write took effect, as when the store is silent."""
    _tell_of_want_of_memory(error)
    words = "The server has no memory to spare. Repeat it shortly, a change with the same Idempotency-Key."
    return await _on_error(request, Overloaded(words, random.randint(*ADVICE_MS)))  # noqa: S311 - jitter


def _tell_of_want_of_memory(error: Exception) -> None:
    asyncio.get_running_loop().call_exception_handler({"message": "out of memory", "exception": error})


async def _on_error(request: Request, error: Exception) -> Response:
    """A page for a person, a problem document for a program."""
    problem = problem_of(request, cast(FeedError | HTTPException, error))
    if wants_page(request):
        return problem_page(problem.status, problem.title, problem.detail, problem.headers, language_of(request))
    return problem.document()


async def _on_crash(request: Request, error: Exception) -> Response:
    if isinstance(error, MemoryError):
        return await _on_want_of_memory(request, error)
    if wants_page(request):
        return problem_page(500, "The page could not be made", "Please try again.", {}, language_of(request))
    return await on_crash(request, error)
