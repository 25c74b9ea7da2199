"""What many ask for at once is asked once, whoever of them stays to hear it."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from feed.flights import Flights


class Question:
    def __init__(self) -> None:
        self.asked = 0
        self.answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def ask(self) -> str:
        self.asked += 1
        return await self.answer


async def joined(flights: Flights[str, str], question: Question, count: int) -> list[asyncio.Task[str]]:
    tasks = [asyncio.create_task(flights.join("q", question.ask)) for _ in range(count)]
    while not question.asked:
        await asyncio.sleep(0)
    return tasks


async def test_many_who_ask_at_once_get_one_answer_and_the_next_asks_anew() -> None:
    flights: Flights[str, str] = Flights()
    first, second = Question(), Question()
    tasks = await joined(flights, first, 10)
    first.answer.set_result("yes")
    assert await asyncio.gather(*tasks) == ["yes"] * 10
    second.answer.set_result("no")
    assert await flights.join("q", second.ask) == "no"
    assert (first.asked, second.asked, len(flights)) == (1, 1, 0)


async def test_who_gives_up_takes_the_answer_from_nobody() -> None:
    flights: Flights[str, str] = Flights()
    question = Question()
    gone, *stay = await joined(flights, question, 3)
    gone.cancel()
    await asyncio.wait([gone])
    question.answer.set_result("yes")
    assert await asyncio.gather(*stay) == ["yes"] * 2


async def test_a_failure_is_everybodys() -> None:
    flights: Flights[str, str] = Flights()
    question = Question()
    tasks = await joined(flights, question, 3)
    question.answer.set_exception(OSError("gone"))
    for task in tasks:
        with pytest.raises(OSError, match="gone"):
            await task
    assert len(flights) == 0


async def test_a_failure_that_nobody_waits_for_any_more_is_no_complaint() -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    flights: Flights[str, str] = Flights()
    question = Question()
    (gone,) = await joined(flights, question, 1)
    gone.cancel()
    await asyncio.wait([gone])
    question.answer.set_exception(OSError("gone"))
    while len(flights):
        await asyncio.sleep(0)
    del question, gone
    gc.collect()
    assert complaints == []
