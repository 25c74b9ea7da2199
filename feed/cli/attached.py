"""A server for as long as whoever started it lives: it stops when its stdin is closed, which no death can prevent."""

from __future__ import annotations

import os
import signal
import sys
import threading


def main() -> None:
    from feed.server import serve
    from feed.settings import Settings

    threading.Thread(target=_stop_when_left, daemon=True).start()
    serve(Settings.load())


def _stop_when_left() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
