"""The embedded store's directory: who may use it, where its socket is, what its log says."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
import sys
import tempfile
from io import FileIO
from pathlib import Path

import structlog

from feed.errors import StoreStartError

# sun_path holds 108 bytes on Linux and 104 on macOS, the closing NUL included.
SOCKET_PATH_LIMIT = 103 if sys.platform == "darwin" else 107
LOG_LIMIT = 1024 * 1024  # bytes after which the next start begins a new file
POLL = 0.02  # seconds


class StoreDirectory:
    """`<data>/store`, with two locks in it.

    ``lock`` is held by the Feed server that may use the directory. ``server.lock`` is held by the Valkey server
    itself, which inherits the open file: as long as any process of that server lives, even one that nobody
    supervises any more, the kernel keeps it locked. So no other can be started beside it, whatever was killed.
    """

    def __init__(self, data: Path) -> None:
        self.data = data.absolute()
        self.path = self.data / "store"
        self.log = self.path / "store.log"
        self.socket = self.path / "store.sock"
        self._short = self.path / "run"  # a link to the directory of the socket, if that is elsewhere
        self._lock: int | None = None
        self._log_start = 0

    def claim(self) -> None:
        """Create the directory and take it for this process. Raises StoreStartError if another has it."""
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.mkdir(mode=0o700, exist_ok=True)
            lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._unusable(error) from error
        try:
            if not _try_lock(lock):
                raise StoreStartError(
                    f"The data directory {self.data} is in use by another Feed server "
                    f"(process {_read_pid(lock) or 'unknown'}). Stop that one, or give this one its own with --data."
                )
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
            self._place_socket()
        except OSError as error:
            os.close(lock)
            raise self._unusable(error) from error
        except BaseException:
            os.close(lock)
            raise
        self._lock = lock

    def release(self) -> None:
        """Give the directory up. The lock file stays: removing it would let two processes lock two files."""
        if self._lock is not None:
            with contextlib.suppress(OSError):
                self._remove_short_directory()
            os.close(self._lock)
            self._lock = None

    async def take_server_lock(self, patience: float) -> int:
        """The open and locked file to hand to a new server. An orphan that still runs here is stopped first.

        Waits up to `patience` seconds for it to write out its log, then kills it.
        """
        lock = os.open(self.path / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            for stop in (signal.SIGTERM, signal.SIGKILL):
                if _try_lock(lock):
                    break
                _stop_orphan(lock, stop)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(patience):
                        while not _try_lock(lock):  # noqa: ASYNC110  (flock has no asynchronous form)
                            await asyncio.sleep(POLL)
            if not _try_lock(lock):
                raise StoreStartError(
                    f"A store server from an earlier run still uses {self.path} (process {_read_pid(lock)}) "
                    f"and cannot be stopped. Stop it, then start again."
                )
            # The new server writes its own number; until it has, there is none to signal.
            os.ftruncate(lock, 0)
        except BaseException:
            os.close(lock)
            raise
        return lock

    def is_socket_answered(self) -> bool:
        """Whether some process listens on the socket; one that was killed leaves a file that nobody answers."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.setblocking(False)
            try:
                client.connect(os.fsencode(self.socket))
            except (FileNotFoundError, ConnectionRefusedError):
                return False
            except BlockingIOError:
                pass  # its queue is full, which takes a listener
            return True

    def finds_server(self) -> bool:
        """Whether one runs here that another process started; `socket` is then where it listens."""
        try:
            if self._short.is_symlink():
                self.socket = self._short.readlink() / "store.sock"
            return self.is_socket_answered()
        except OSError:  # it is not ours to look into, or has too long a name for a socket
            return False

    def open_log(self) -> FileIO:
        """The log, to be appended to. What was in it before is left out of `last_lines`."""
        with contextlib.suppress(FileNotFoundError):
            if self.log.stat().st_size > LOG_LIMIT:
                self.log.replace(self.log.with_suffix(".log.1"))
        log = self.log.open("ab", buffering=0)
        self._log_start = os.fstat(log.fileno()).st_size
        return log

    def last_lines(self, count: int = 8) -> str:
        """The end of what the latest server wrote."""
        with contextlib.suppress(OSError), self.log.open("rb") as log:
            log.seek(max(self._log_start, os.fstat(log.fileno()).st_size - 64 * 1024))
            lines = log.read().decode(errors="replace").splitlines()
            return "\n".join(lines[-count:])
        return ""

    def _place_socket(self) -> None:
        self._remove_short_directory()
        self.socket = self.path / "store.sock"
        if len(os.fsencode(self.socket)) > SOCKET_PATH_LIMIT:
            temporary = tempfile.gettempdir()
            if len(os.fsencode(temporary)) > SOCKET_PATH_LIMIT - len("/feed-12345678/store.sock"):
                temporary = "/tmp"  # noqa: S108  (mkdtemp makes a directory of mode 700 in it)
            short = Path(tempfile.mkdtemp(prefix="feed-", dir=temporary))
            # The link tells people where the socket is, and the next start what to remove if this one is killed.
            self._short.symlink_to(short)
            self.socket = short / "store.sock"

    def _remove_short_directory(self) -> None:
        if self._short.is_symlink():
            short = self._short.readlink()
            with contextlib.suppress(OSError):
                (short / "store.sock").unlink(missing_ok=True)
                short.rmdir()
            self._short.unlink()

    def _unusable(self, error: OSError) -> StoreStartError:
        return StoreStartError(
            f"The data directory {self.data} cannot be used: {error}. Name one with --data that this user may "
            f"write to, on a file system that has locks."
        )


def _read_pid(lock: int) -> int | None:
    text = os.pread(lock, 32, 0).strip()
    return int(text) if text.isdigit() else None


def _try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop_orphan(lock: int, stop: signal.Signals) -> None:
    # The server leads a process group of its own, and the number of a group is not given out again while it has
    # members. The lock is held, so it has some: the signal cannot reach a stranger.
    group = _read_pid(lock)
    if group is None:
        return
    with contextlib.suppress(ProcessLookupError):
        try:
            os.kill(group, 0)
        except ProcessLookupError:
            stop = signal.SIGKILL  # what is left is a rewrite of the log for a server that died: nothing to wait for
        os.killpg(group, stop)
        structlog.get_logger().warning("stopping what is left of an earlier store server", pid=group, signal=stop.name)
