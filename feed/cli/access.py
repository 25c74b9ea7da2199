"""Getting to the server: which address, whose token, and what to say when that fails."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import typer
from feed_client import Producer

T = TypeVar("T")

# A person is waiting; a program that wants to wait longer repeats the command with the same --key.
DEADLINE_S = 5.0


def producer(url: str, token: str | None, *, deadline_s: float = DEADLINE_S) -> Producer:
    try:
        return Producer(url, find_token(url, token), deadline_s=deadline_s)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--url") from None


def find_token(url: str, token: str | None) -> str | None:
    """The token given, or the admin token of a server on this machine, found as that server finds it."""
    if token or not is_loopback(url):
        return token or None
    if setting := os.environ.get("FEED_ADMIN_TOKEN", "").strip():
        return setting
    with suppress(OSError, UnicodeDecodeError):
        return admin_token_file().read_text().strip() or None
    return None


def admin_token_file() -> Path:
    return Path(os.environ.get("FEED_DATA") or "feed-data") / "admin-token"


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def run(work: Coroutine[Any, Any, T]) -> T:
    """`work` to its end. Ctrl-C cancels it and is then raised as KeyboardInterrupt."""
    return asyncio.run(work)
