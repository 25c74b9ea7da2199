"""A server program that runs as a child of ours and ends when we do, however that happens."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

# The server must not outlive us, whatever kills us, and must not die before us at Ctrl-C. A pipe does the first on
# every system: the guard, a child of the server, holds its reading end and we the other one, so the kernel reports our
# death to it even after SIGKILL. Linux' PR_SET_PDEATHSIG would be tied to the thread that forked, needs code between
# fork and exec, and does not exist on macOS. The guard is in place before the server is; `exec` then gives the server
# the shell's process number, so the server is our own child and its exit status comes to us. The guard belongs to the
# server's process group, which keeps $$ from being given out again for as long as the guard may send it a signal.
GUARDED = """
umask 077
exec 3<&0 4>&1 0</dev/null 1>&2
echo $$ >&4
(
    exec 4>&-
    trap '' HUP INT TERM
    read -r _ <&3
    kill -TERM $$ || exit 0
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        sleep 1
        kill -0 $$ || exit 0
    done
    kill -KILL $$
) 2>/dev/null &
exec "$@" 3<&-
"""


class GuardedProcess:
    """Starts `command` at once; an event loop has to be running. Raises OSError if there is no shell or no memory.

    The process writes its number into the open file `lock` and keeps that file open for as long as it lives; what it
    says goes to `log`. Both are file numbers and stay the caller's to close.
    """

    def __init__(self, command: Sequence[str], *, directory: Path, lock: int, log: int) -> None:
        self._exited = asyncio.Event()
        guard_end, self._lifeline = os.pipe()  # ours is not inherited by anything we start
        try:
            # Not the event loop's own: uvloop's children inherit files that are not meant for them, the lock among
            # them, and a cancelled start could lose a process that runs already.
            self._process = subprocess.Popen(  # noqa: S603
                ("/bin/sh", "-c", GUARDED, "feed-store", *command),
                stdin=guard_end,
                stdout=lock,
                stderr=log,
                cwd=directory,
                # Tokens in our environment are no business of the server's.
                env={name: value for name, value in os.environ.items() if not name.startswith("FEED_")},
                # Ctrl-C in a terminal reaches its foreground process group: the server has to be in another one.
                start_new_session=True,
            )
        except BaseException:
            os.close(self._lifeline)
            raise
        finally:
            os.close(guard_end)
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._wait_in_thread, args=(loop,), name="store process", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> str | None:
        """How it ended, in words; None while it runs."""
        status = self._process.returncode
        if status is not None and status < 0:
            return f"signal {-status}, {signal.strsignal(-status)}"
        return None if status is None else f"exit status {status}"

    async def wait(self) -> None:
        await self._exited.wait()

    async def stop(self, patience: float) -> bool:
        """Ask it to end and wait until it has; kill it after `patience` seconds. False if it had to be killed."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(patience):
                await self._exited.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._exited.wait()
            return False
        return True

    def _wait_in_thread(self, loop: asyncio.AbstractEventLoop) -> None:
        self._process.wait()
        os.close(self._lifeline)  # only now: the guard takes it for our death
        with contextlib.suppress(RuntimeError):  # a loop that was closed meanwhile has nobody left to tell
            loop.call_soon_threadsafe(self._exited.set)
