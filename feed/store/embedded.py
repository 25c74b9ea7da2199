"""The embedded store: a real Valkey server on a unix socket, supervised by this process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import urllib.parse
from pathlib import Path
from types import TracebackType
from typing import Literal

import structlog

from feed.errors import StoreStartError
from feed.store.binary import find_server_binary
from feed.store.directory import StoreDirectory
from feed.store.process import GuardedProcess

Fsync = Literal["always", "everysec", "no"]

POLL = 0.005  # seconds between two looks at a server that starts; it is ready after about 40 ms
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds before a server that died is started again
STEADY = 60.0  # a server that ran for so many seconds is started again after the first pause


class EmbeddedStore:
    """A store for one machine, with its files in ``<directory>/store``.

    `directory` is the data directory. `fsync` says when an acknowledged write is on the disk: before the answer,
    within a second, or when the system likes. `binary` is the server program, found by itself if not given.
    `start_timeout` is how many seconds a start may take, loading a long log included; `stop_timeout` how many the
    server has to write out its log when it is stopped.

    The event loop that starts it has to run for as long as the store is used, because it restarts the server when
    that dies, and has to stop it. Any number of processes may use the url meanwhile.
    """

    def __init__(
        self,
        directory: Path,
        *,
        fsync: Fsync = "everysec",
        binary: Path | None = None,
        start_timeout: float = 300.0,
        stop_timeout: float = 10.0,
    ) -> None:
        self._directory = StoreDirectory(directory)
        self._fsync = fsync
        self._binary = binary
        self._start_timeout = start_timeout
        self._stop_timeout = stop_timeout
        self._process: GuardedProcess | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._logger = structlog.get_logger()

    @property
    def url(self) -> str:
        """``unix:///absolute/path/store.sock``, percent-encoded; settled once `start` has returned."""
        return "unix://" + urllib.parse.quote(os.fsencode(self._directory.socket))

    @property
    def pid(self) -> int | None:
        """The process number of the server that runs now, None while there is none."""
        return None if self._process is None or self._process.ended else self._process.pid

    async def start(self) -> str:
        """Start the server and return its url as soon as it answers.

        Raises StoreStartError if the directory is in use or unusable, there is no server program, or it does not start.
        """
        if self._supervisor is not None:
            raise RuntimeError("the store is started already")
        if self._binary is None:
            self._binary = await asyncio.to_thread(find_server_binary)
        self._directory.claim()
        try:
            await self._launch()
        except BaseException:
            self._directory.release()
            raise
        self._supervisor = asyncio.create_task(self._supervise(), name="embedded store")
        self._logger.info("store started", url=self.url, pid=self.pid, fsync=self._fsync)
        return self.url

    async def stop(self) -> None:
        """Stop the server, wait until its log is on the disk, and give the directory up. Repeating it does nothing."""
        if self._supervisor is None:
            return
        self._supervisor.cancel()
        await asyncio.wait([self._supervisor])
        await self._halt()
        self._directory.release()
        self._supervisor = None
        self._logger.info("store stopped", url=self.url)

    async def __aenter__(self) -> str:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _supervise(self) -> None:
        """Start the server again whenever it dies, for ever, with a pause that grows while it keeps dying."""
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        while True:
            since = loop.time()
            if self._process is not None:
                await self._process.wait()
                if loop.time() - since > STEADY:
                    pause = FIRST_PAUSE
                self._logger.error(
                    "store stopped unexpectedly, starting it again",
                    ended=self._process.ended,
                    pause=pause,
                    log=self._directory.last_lines(),
                )
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                await self._launch()
            except StoreStartError as error:
                self._logger.error("store does not start, trying again", pause=pause, error=error.detail)
            else:
                self._logger.warning("store started again", pid=self.pid)

    async def _launch(self) -> None:
        """Start the server and wait until it answers; nothing of it is left if this raises."""
        try:
            lock = await self._directory.take_server_lock(self._stop_timeout)
            try:
                if self._directory.is_socket_answered():
                    # Both locks are ours, so nobody that we started is there.
                    raise StoreStartError(
                        f"A server that is not ours answers on {self._directory.socket}. Stop it, or use other --data."
                    )
                with self._directory.open_log() as log:
                    self._process = GuardedProcess(
                        (str(self._binary), *self._arguments()),
                        directory=self._directory.path,
                        lock=lock,
                        log=log.fileno(),
                    )
            finally:
                os.close(lock)  # from here on it is the server that holds it
            await self._wait_ready(self._process)
        except OSError as error:
            await self._halt()
            raise StoreStartError(f"The store in {self._directory.path} cannot be started: {error}.") from error
        except BaseException:
            await self._halt()
            raise

    def _arguments(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self._directory.socket),
            "unixsocketperm": "700",
            "dir": str(self._directory.path),
            "daemonize": "no",
            "appendonly": "yes",
            "appendfsync": self._fsync,
            # Plain commands all through: any version of Valkey and Redis can load it, and people can read it.
            "aof-use-rdb-preamble": "no",
            # After a kill or a power cut the last command may be cut short.
            "aof-load-truncated": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        return [word for name, value in options.items() for word in (f"--{name}", value)]

    async def _wait_ready(self, process: GuardedProcess) -> None:
        loading = False
        try:
            async with asyncio.timeout(self._start_timeout):
                while not process.ended:
                    answer = await self._ping()
                    if answer.startswith(b"-LOADING"):
                        if not loading:
                            self._logger.info("store is loading its log", directory=str(self._directory.path))
                        loading = True
                    elif answer:
                        return  # PONG, or -MISCONF on a full disk: what is there can be read, and writes are refused
                    await asyncio.sleep(POLL)
        except TimeoutError:
            what = "was still loading its log" if loading else "did not answer"
            raise self._failure(f"{what} after {self._start_timeout:g} seconds, and was stopped") from None
        raise self._failure(f"stopped at once ({process.ended})")

    async def _ping(self) -> bytes:
        """The first line of the answer, empty if there is none yet."""
        try:
            reader, writer = await asyncio.open_unix_connection(self._directory.socket)
        except OSError:
            return b""
        try:
            writer.write(b"PING\r\n")
            return await reader.readline()
        except OSError:
            return b""
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _halt(self) -> None:
        if self._process is not None:
            if not await self._process.stop(self._stop_timeout):
                self._logger.error("store did not stop and was killed", timeout=self._stop_timeout)
            self._process = None

    def _failure(self, what: str) -> StoreStartError:
        said = self._directory.last_lines()
        advice = f"The whole log is {self._directory.log}."
        if "Bad file format" in said and self._binary is not None:
            # Valkey and Redis are their own checker when called by its name.
            checker = "/tmp/" + self._binary.name.replace("server", "check-aof")  # noqa: S108
            manifest = self._directory.path / "appendonlydir/appendonly.aof.manifest"
            advice += (
                " A file with the data is damaged. Copy the directory, then cut off what cannot be read: "
                f"ln -s {shlex.quote(str(self._binary))} {checker} && {checker} --fix {shlex.quote(str(manifest))}"
            )
        return StoreStartError(f"The embedded store ({self._binary}) {what}. It said:\n{said or '(nothing)'}\n{advice}")
