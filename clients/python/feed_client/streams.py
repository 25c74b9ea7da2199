"""Following where no websocket gets through: server-sent events, and pages of changes."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import httpx2

from .connections import CONNECT_WITHIN, Action, Connections
from .errors import is_final
from .links import Happened, Link
from .requests import advice_of, problem_of
from .version import __version__
from .ways import Transport

# Seconds that the server may hold an empty answer back, and that an answer may take.
HELD = 20
ANSWERED_WITHIN = HELD + 15.0
LARGEST_PAGE = 500
# A comment is the sign of life that a stream has: it stands for the answer to a ping that could not be sent.
_ALIVE = '{"type":"pong"}'


class Web:
    """One pool of connections, made when it is needed."""

    def __init__(self) -> None:
        self._client: httpx2.AsyncClient | None = None

    @property
    def client(self) -> httpx2.AsyncClient:
        if self._client is None:
            headers = {"User-Agent": f"feed-client/{__version__}"}
            self._client = httpx2.AsyncClient(headers=headers, timeout=None, follow_redirects=True)
        return self._client

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()


class _Refused(Exception):
    def __init__(self, happened: Happened) -> None:
        self.happened = happened


@dataclass
class WebLink(Link):
    web: Web = field(kw_only=True)

    async def follow(self) -> Happened | Exception:
        try:
            return await self._follow()
        except _Refused as refused:
            return refused.happened
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            return self.lost()
        except (httpx2.HTTPError, httpx2.StreamError, TimeoutError):
            self.reached = True
            return self.lost()

    @abstractmethod
    async def _follow(self) -> Happened: ...

    async def _ask(self, address: str, accept: str, within: float) -> httpx2.Response:
        """The answer, of status 200, its body still to come. Raises _Refused."""
        headers = {"Accept": accept} | ({} if self.token is None else {"Authorization": f"Bearer {self.token}"})
        async with asyncio.timeout(within):
            answer = await self.web.client.send(
                self.web.client.build_request("GET", address, headers=headers), stream=True
            )
        self.reached = True
        if answer.status_code == 200:
            if answer.headers.get("Content-Type", "").startswith(accept):
                return answer
            await answer.aclose()
            raise _Refused(self.lost())
        async with asyncio.timeout(within):
            await answer.aread()
        problem = problem_of(answer)
        code = str(problem.get("code", ""))
        self.heard = bool(code) or answer.status_code == 204
        # What is no problem of ours was said by somebody on the way, who may let another kind of connection pass.
        self.barred = not self.heard and is_final(answer.status_code)
        raise _Refused(self.rejected(answer.status_code, advice_of(answer, problem), code))


@dataclass
class StreamLink(WebLink):
    """`GET …/events`"""

    way: ClassVar[Transport] = "sse"

    async def _follow(self) -> Happened:
        address = self.place.http("/events", self.place.limit, self.after)
        answer = await self._ask(address, "text/event-stream", CONNECT_WITHIN)
        advice_s: float | None = None
        data = ""
        try:
            await self.tell(partial(_opened, self.number))
            async for line in _lines(answer):
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if name == "data":
                    data += value
                elif name == "retry" and value.isdecimal():
                    advice_s = int(value) / 1000
                elif not line and data:
                    # What a stream begins with is for an EventSource; advice is what nothing follows.
                    advice_s = None
                    await self.receive(data)
                    data = ""
                elif line and not name:
                    await self.receive(_ALIVE)
        finally:
            await answer.aclose()
        return partial(_ended, self.number, advice_s)


@dataclass
class PagesLink(WebLink):
    """`GET …/entries?after=…`, one question; without a cursor the page itself."""

    way: ClassVar[Transport] = "poll"

    async def _follow(self) -> Happened:
        wait = HELD if self.is_caught_up else 0
        self.is_caught_up = False
        if self.after is None:
            page = await self._begin()
        else:
            page = await self._get(self.place.http("/entries", LARGEST_PAGE, self.after, wait=wait))
            if not isinstance(page.get("events"), list):
                return self.lost()
            self.is_caught_up = page.get("up_to_date") is True
            if wait and not page["events"] and not page.get("ended"):
                # That nothing newer is waiting has been said already.
                page = {**page, "up_to_date": False}
        self.heard = True
        return partial(_paged, self.number, {"up_to_date": False, "ended": False, **page})

    async def _begin(self) -> Mapping[str, Any]:
        """The head is asked for after the entries: a change of it between the two is then told twice, never missed."""
        entries = await self._get(self.place.http("/entries", self.place.limit))
        coverage = await self._get(self.place.http(""))
        hello = {"type": "hello", "v": 1, "coverage": coverage.get("id"), "mode": "snapshot"}
        return {"events": [hello, {**entries, "type": "snapshot", "coverage": coverage}]}

    async def _get(self, address: str) -> Mapping[str, Any]:
        answer = await self._ask(address, "application/json", ANSWERED_WITHIN)
        try:
            async with asyncio.timeout(ANSWERED_WITHIN):
                await answer.aread()
            page = answer.json()
        except ValueError:
            raise _Refused(self.lost()) from None
        finally:
            await answer.aclose()
        if not isinstance(page, dict):
            raise _Refused(self.lost())
        return page


async def _lines(answer: httpx2.Response) -> AsyncIterator[str]:
    """Only a line feed ends one: JSON may hold the other characters that Python takes for an end."""
    rest = ""
    async for text in answer.aiter_text():
        *lines, rest = (rest + text).split("\n")
        for line in lines:
            yield line.removesuffix("\r")


def _opened(number: int, connections: Connections, now: float) -> list[Action]:
    return connections.receive_open(number, now)


def _ended(number: int, advice_s: float | None, connections: Connections, now: float) -> list[Action]:
    return connections.receive_end(number, now, advice_s)


def _paged(number: int, page: Mapping[str, Any], connections: Connections, now: float) -> list[Action]:
    return connections.receive_page(number, page, now)
