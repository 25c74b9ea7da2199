"""The Python client and tokens that run out, on a real server. Its moves between nodes: see rolling restarts."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from feed_client import TokenExpired, follow

from tests.newsroom import Newsroom

EXAMPLE = Path(__file__).parents[2] / "clients" / "python" / "examples" / "tail.py"
PATIENCE_S = 40


@pytest.fixture
def secret(newsroom: Newsroom) -> str:
    return newsroom.create(visibility="private")


async def test_a_token_is_renewed_on_the_connection_that_is_open(newsroom: Newsroom, secret: str) -> None:
    shown: list[str] = []

    def fresh() -> str:
        shown.append(newsroom.make_token(f"read:{secret}", expires_in_s=8 if not shown else 600))
        if len(shown) == 2:
            newsroom.publish(secret)
        return shown[-1]

    pauses: list[Any] = []
    told: list[str] = []
    async with aclosing(follow(newsroom.url, secret, token=fresh, on_pause=pauses.append)) as messages:
        async with asyncio.timeout(PATIENCE_S):
            async for message in messages:
                told.append(message["type"])
                if message["type"] == "entry.published":
                    break
    assert told == ["hello", "snapshot", "live", "entry.published"]
    assert (len(shown), pauses) == (2, [])


async def test_a_token_that_ran_out_is_replaced_and_nothing_is_missed(newsroom: Newsroom, secret: str) -> None:
    shown: list[str] = []
    pauses: list[Any] = []
    thrown_out = asyncio.Event()

    def pause(reconnect: Any) -> None:
        pauses.append(reconnect)
        newsroom.publish(secret)
        thrown_out.set()

    async def fresh() -> str:
        if shown:
            # The answer takes longer than the token that is shown lasts.
            await thrown_out.wait()
        shown.append(newsroom.make_token(f"read:{secret}", expires_in_s=600 if shown else 2))
        return shown[-1]

    told: list[str] = []
    async with aclosing(follow(newsroom.url, secret, token=fresh, on_pause=pause)) as messages:
        async with asyncio.timeout(PATIENCE_S):
            async for message in messages:
                told.append(message["type"])
                if message["type"] == "live" and pauses:
                    break
    assert told == ["hello", "snapshot", "live", "hello", "entry.published", "live"]
    assert [pause.renew_token for pause in pauses] == [True]
    assert len(shown) == 2


async def test_a_fixed_token_that_ran_out_is_an_error(newsroom: Newsroom, secret: str) -> None:
    token = newsroom.make_token(f"read:{secret}", expires_in_s=1)
    with pytest.raises(TokenExpired):
        await read_all(newsroom.url, secret, token)


async def read_all(url: str, coverage: str, token: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        async for _message in follow(url, coverage, token=token):
            pass


def run_example(newsroom: Newsroom, coverage: str, place: Path) -> str:
    command = [sys.executable, str(EXAMPLE), newsroom.url, coverage]
    done = subprocess.run(command, cwd=place, check=True, capture_output=True, text=True, timeout=PATIENCE_S)
    return done.stdout


def test_the_example_reads_a_coverage_to_its_end_and_then_goes_on_from_there(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    coverage = newsroom.create(title="Marrowmere")
    newsroom.publish(coverage, id="e1", headline="The gates close", text="At noon")
    newsroom.end(coverage, successor={"title": "Day two", "url": "/c/two"})
    first = run_example(newsroom, coverage, tmp_path)
    assert "Marrowmere" in first
    assert re.search(r"^  \d\d:\d\d  The gates close\n {9}At noon$", first, re.MULTILINE)
    assert f"It goes on: {newsroom.url}/c/two" in first
    newsroom.retract(coverage, "e1", "It was the other gate")
    second = run_example(newsroom, coverage, tmp_path)
    assert re.search(r"The gates close  \(withdrawn\)\n {9}Withdrawn: It was the other gate$", second, re.MULTILINE)
    assert "Marrowmere  goes on" in second
    assert "At noon" not in second
    other = newsroom.create(title="Elsewhere")
    newsroom.end(other)
    assert "Elsewhere" in run_example(newsroom, other, tmp_path)


def test_the_example_shows_an_entry_that_is_a_headline_only(newsroom: Newsroom, tmp_path: Path) -> None:
    coverage = newsroom.create()
    newsroom.publish(coverage, headline="The harbour is closed")
    newsroom.end(coverage)
    assert re.search(r"^  \d\d:\d\d  The harbour is closed$", run_example(newsroom, coverage, tmp_path), re.MULTILINE)
