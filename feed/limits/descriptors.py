"""File descriptors: how many connections there may be before the process has none left for its store and its logs."""

from __future__ import annotations

import sys
import time

import structlog

log = structlog.get_logger()

# What is not a client's: connections to the store, listening sockets, logs, and some to spare.
RESERVED = 100
# The log says so once in this time, however many are refused.
SAID_EVERY_S = 60.0


class Descriptors:
    """The limit as it was when this was made: a server raises it before it begins."""

    def __init__(self) -> None:
        self.limit = _soft_limit()
        self.most_connections = self.limit - min(RESERVED, self.limit // 2)
        self._said_at = -SAID_EVERY_S

    def say_full(self) -> None:
        now = time.monotonic()
        if now - self._said_at >= SAID_EVERY_S:
            self._said_at = now
            log.warning(
                "too few file descriptors: new connections are refused until some are free",
                limit=self.limit,
                connections=self.most_connections,
            )


def _soft_limit() -> int:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return sys.maxsize
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft
