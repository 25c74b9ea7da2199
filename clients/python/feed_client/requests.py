"""HTTP requests that are repeated until they are answered, and refusals as FeedProblem."""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx2

from .backoff import after_advice, backoff
from .errors import FeedProblem, Unreachable
from .message import Json
from .version import __version__

# The server, or a proxy before it, cannot answer now; a request with its Idempotency-Key may be sent again.
PASSING = frozenset({429, 502, 503, 504})


class Requests:
    """One server, one token, one pool of connections."""

    def __init__(self, url: str, token: str | None, *, deadline_s: float) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} is no address of a server. Give one like http://127.0.0.1:8000.")
        self.url = url.rstrip("/")
        self._deadline_s = deadline_s
        headers = {"User-Agent": f"feed-client/{__version__}", "Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        timeout = httpx2.Timeout(30.0, connect=5.0)
        self._http = httpx2.AsyncClient(headers=headers, timeout=timeout, follow_redirects=True)

    async def close(self) -> None:
        await self._http.aclose()

    async def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str | int] | None = None,
    ) -> httpx2.Response:
        """The answer, of status 2xx. Raises FeedProblem or, when the deadline has passed, Unreachable."""
        sent = dict(headers or {})
        if body is not None:
            sent["Content-Type"] = content_type
        until = time.monotonic() + self._deadline_s
        attempt = 0
        while True:
            failure: FeedProblem | Unreachable
            advised = None
            try:
                answer = await self._http.request(
                    method, f"{self.url}/v1{path}", content=body, headers=sent, params=dict(query or {})
                )
            except (httpx2.TransportError, httpx2.TooManyRedirects) as error:
                failure = Unreachable(f"{self.url} does not answer: {_cause(error)}.", self.url)
            else:
                if answer.is_success:
                    return answer
                failure = FeedProblem(answer.status_code, problem_of(answer))
                if answer.status_code not in PASSING:
                    raise failure
                advised = advice_of(answer, failure.problem)
            chance = random.random()  # noqa: S311 - spreads load, guards nothing
            delay = backoff(attempt, chance) if advised is None else after_advice(advised, attempt, chance)
            if time.monotonic() + delay > until:
                raise failure
            attempt += 1
            await asyncio.sleep(delay)

    async def send_json(
        self, method: str, path: str, document: object = None, *, headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        body = None if document is None else encode(document)
        return await self.send(method, path, body=body, headers=headers)

    async def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Json:
        answer: Json = (await self.send("GET", path, query=query)).json()
        return answer


def encode(document: object) -> bytes:
    """JSON in UTF-8. A datetime must carry its zone and is sent in UTC."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=_moment).encode()


def _moment(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} cannot be sent as JSON")
    if value.tzinfo is None:
        raise ValueError("A time must carry its zone, as in datetime.now(UTC).")
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def problem_of(answer: httpx2.Response) -> dict[str, Any]:
    """Empty where the answer is none."""
    try:
        problem = answer.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def advice_of(answer: httpx2.Response, problem: Mapping[str, Any]) -> float | None:
    """Seconds that the server asks to wait: the problem says it finer than the header can."""
    milliseconds = problem.get("retry_after_ms")
    if isinstance(milliseconds, int | float) and not isinstance(milliseconds, bool) and milliseconds >= 0:
        return milliseconds / 1000
    header = answer.headers.get("Retry-After", "")
    return float(header) if header.isdecimal() else None


def _cause(error: Exception) -> str:
    if isinstance(error, httpx2.ConnectTimeout):
        return "no connection within 5 seconds"
    if isinstance(error, httpx2.TimeoutException):
        return "no answer within 30 seconds"
    # The library's own words only say that it failed; the system's say how.
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno:
            words = os.strerror(cause.errno) if cause.errno > 0 else cause.strerror or "no such address"
            return words[:1].lower() + words[1:]
        cause = cause.__cause__ or cause.__context__
    return str(error).rstrip(".") or type(error).__name__
