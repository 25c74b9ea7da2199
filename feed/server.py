"""The server: an embedded store if none is named, uvicorn, workers, and a shutdown that tells readers first."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import multiprocessing
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any, cast

import structlog
import uvicorn
from starlette.applications import Starlette
from uvicorn.config import Config

from . import logs
from .admin import admin_token
from .app import create_app, verifier
from .departures import STAY_S
from .errors import SettingsError
from .hub import Hub
from .live.front import Front
from .live.socket import LiveSocket
from .pulse import Pulse
from .settings import Settings, unknown_variables, variable
from .store.embedded import EmbeddedStore
from .workers import Sign, Workers

log = structlog.get_logger()

# How long requests have to finish once the readers are gone, and when it must be quick.
REQUESTS_S = 10
HURRIED_REQUESTS_S = 1
# What a worker may take beyond that until it is stopped.
MARGIN_S = 5
SEND_BUFFER = 128 * 1024
# How long what was sent may wait to be taken. The heartbeat sends something every 20 seconds.
UNTAKEN_MS = 25_000


def serve(settings: Settings) -> None:
    """Runs until SIGINT or SIGTERM. Raises SettingsError and StoreStartError before anything is served."""
    logs.configure(settings.log_level)
    for name, nearest in unknown_variables(os.environ).items():
        log.warning("unknown setting, ignored", name=name, did_you_mean=nearest)
    _raise_open_file_limit()
    # The socket comes first: a port in use should not cost the start of a store.
    with _listening(settings) as listeners, asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(settings, listeners))


async def _serve(settings: Settings, listeners: Sequence[socket.socket]) -> None:
    administrator = admin_token(settings)
    verifier(settings)  # keys that cannot be used are told before anything is started
    async with contextlib.AsyncExitStack() as stack:
        if settings.store is None:
            if settings.require_replicas:
                raise SettingsError(
                    "FEED_REQUIRE_REPLICAS: the embedded store has no replicas. Name a store that has some: FEED_STORE."
                )
            url = await stack.enter_async_context(EmbeddedStore(settings.data, fsync=settings.fsync))
            settings = settings_with_store(settings, url)
        if administrator.new:
            _say(f"Made an administrator's token, kept in {administrator.path}")
        if settings.workers == 1:
            await Server(settings, lambda: announce(settings, listeners[0])).serve([listeners[0]])
        else:
            stop_s = settings.drain_window + STAY_S + REQUESTS_S + MARGIN_S
            workers = Workers(settings, listeners, _work, stop_s=stop_s)
            await workers.run(on_ready=lambda: announce(settings, listeners[0]))


def settings_with_store(settings: Settings, url: str) -> Settings:
    return Settings.load({}, **{name: getattr(settings, name) for name in settings.__struct_fields__} | {"store": url})


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[list[socket.socket]]:
    """A socket for each worker, all on one address: the kernel spreads connections over them.

    They outlive their workers, so that who waits in one while its worker is replaced is served by the next.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    spread = settings.workers > 1 and sys.platform == "linux"  # elsewhere all workers share one
    port = settings.port
    with contextlib.ExitStack() as stack:
        listeners: list[socket.socket] = []
        for _ in range(settings.workers if spread else 1):
            listener = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if spread and (listeners or _is_free(family, settings.host, port)):
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            try:
                listener.bind((settings.host, port))
            except OSError as error:
                name, advice = "port", "Choose another with --port, or 0 for any."
                if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                    name, advice = "host", "Give an address of this machine with --host, or 0.0.0.0 for all it has."
                raise SettingsError(
                    f"{variable(name)}: {settings.host}:{port} cannot be listened on ({error.strerror}). {advice}"
                ) from None
            port = listener.getsockname()[1]
            # What the kernel keeps for a reader that takes nothing: left alone it grows to megabytes for each.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                # Linux notices by itself when a reader's machine is gone, or takes nothing, on any transport.
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNTAKEN_MS)
            listener.set_inheritable(True)
            listeners.append(listener)
        yield listeners


def _is_free(family: int, host: str, port: int) -> bool:
    """Whether nobody else listens there: another server of ours would let us share its address, and nobody notice."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _loop_factory() -> type[asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return cast(type[asyncio.AbstractEventLoop], uvloop.new_event_loop)


def _raise_open_file_limit() -> None:
    """Each reader is an open file, and the limit that a shell begins with is made for people."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else max(soft, 1_048_576)
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # macOS has a lower one that it does not tell
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _say(line: str) -> None:
    print(line, file=sys.stdout, flush=True)  # noqa: T201 - what a person who starts a server reads


class Server(uvicorn.Server):
    """uvicorn's, but that readers are moved before connections are closed, and that the address is printed.

    SIGTERM   readers are told to move, over the setting `drain_window`; again: the end comes at once
    SIGINT    readers are sent away at once: it is a person who waits
    SIGHUP    to a worker: another one accepts its connections; it stops to do so itself, and leaves as by SIGTERM

    While readers move it goes on to listen for half the window, so that who asks for its readiness sees why it is red,
    and refuses new readers. After that connections are refused, which is what balancers and clients notice soonest.
    """

    def __init__(
        self,
        settings: Settings,
        on_ready: Callable[[], None],
        on_leaving: Callable[[], None] | None = None,
        on_turn: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_turn` is called several times a second while the loop turns."""
        self._app: Starlette = create_app(settings)
        self._window_s = settings.drain_window
        self._on_ready = on_ready
        self._on_leaving = on_leaving
        self._on_turn = on_turn
        self._draining: asyncio.Task[None] | None = None
        super().__init__(
            Config(
                self._app,
                ws=LiveSocket,
                http=Front,
                lifespan="on",
                log_config=None,
                access_log=False,
                backlog=4096,
                server_header=False,
                proxy_headers=False,  # the application looks at them itself, the same for every transport
                timeout_graceful_shutdown=REQUESTS_S,
                timeout_keep_alive=75,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn raises the signal again once it has shut down; by then the store must still be stopped."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for number in numbers[:2]:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        loop.add_signal_handler(signal.SIGHUP, self._be_replaced)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.started:
            self.should_exit = True
        elif self._draining is None:
            self._leave(0.0 if sig == signal.SIGINT else self._window_s)
        else:
            log.warning("told twice, so this ends now", subscribers=self._hub.subscribers)
            self._draining.cancel()
            self.config.timeout_graceful_shutdown = HURRIED_REQUESTS_S
            self.should_exit = True

    def _be_replaced(self) -> None:
        if self._on_leaving is None:
            # Alone there is nobody who could go on meanwhile.
            log.warning("SIGHUP replaces workers, and this server has none")
            return
        self._stop_listening()
        if self.started and self._draining is None:
            self._leave(self._window_s)

    def end_unsupervised(self) -> None:
        """Nobody looks after it any more, or could tell it to stop; and whoever starts the server anew needs its
        address, where its readers come back to."""
        log.error("the supervisor is gone, so this worker ends")
        if self.started:
            self._stop_listening()
        self.handle_exit(signal.SIGINT, None)

    def _leave(self, window_s: float) -> None:
        if self._on_leaving is not None:
            self._on_leaving()
        self._keep_no_connection()
        self._draining = asyncio.get_running_loop().create_task(self._drain(window_s))

    async def _drain(self, window_s: float) -> None:
        loop = asyncio.get_running_loop()
        if self._hub.subscribers:
            log.info("leaving, readers are moved", subscribers=self._hub.subscribers, within_s=window_s)
        closing = loop.call_later(window_s / 2, self._stop_listening)
        try:
            await self._hub.drain(window_s)
        finally:
            closing.cancel()
            self.should_exit = True

    def _keep_no_connection(self) -> None:
        """Who asks is told to make another connection for what comes next: on this one it would come back here."""
        close = (b"connection", b"close")
        self.config.encoded_headers = [*self.config.encoded_headers, close]
        self.server_state.default_headers = [*self.server_state.default_headers, close]

    @property
    def _hub(self) -> Hub:
        return cast(Hub, self._app.state.hub)

    def _stop_listening(self) -> None:
        for server in self.servers:
            server.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(_on_loop_error)
        await super().startup(sockets)
        # What is there now stays; looking through it again and again for garbage would stop everybody each time.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 50, 100)
        if self.started:
            self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        self._on_turn()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._hub.dismiss()
        await super().shutdown(sockets)


def _on_loop_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A process that has run out of memory ends, as the system would end it: what was lost of the loop and its
    connections is not known, and it could stay silent for ever. Readers come back with their cursors."""
    if not isinstance(context.get("exception"), MemoryError):
        loop.default_exception_handler(context)
        return
    try:
        log.critical("out of memory, this process ends; give it more, or its readers fewer")
    finally:
        os._exit(1)


def announce(settings: Settings, listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    _say(f"Feed is listening on http://{shown}:{port}")


def _work(environment: dict[str, str], listener: socket.socket, ready: Sign, leaving: Sign, pulse: Pulse) -> None:
    """One worker, in its own process."""
    # The terminal's Ctrl-C reaches the whole group; only the supervisor decides when a worker ends.
    os.setpgid(0, 0)
    settings = Settings.load(environment)
    logs.configure(settings.log_level)
    server = Server(settings, ready.set, leaving.set, pulse.beat)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve_while_supervised(server, listener))


async def _serve_while_supervised(server: Server, listener: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    sentinel = cast(BaseProcess, multiprocessing.parent_process()).sentinel

    def on_end() -> None:
        loop.remove_reader(sentinel)
        server.end_unsupervised()

    loop.add_reader(sentinel, on_end)
    await server.serve([listener])
