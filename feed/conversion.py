"""Conversion: much text is made into what readers get in a thread, so that only its own producer waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from .drafts import EntryFields, HeadFields
from .model import Quote, Text

T = TypeVar("T")

# At the worst a character of HTML takes 6 µs, one of Markdown 25 µs: about 50 ms.
LIGHT = 8_000
_MARKDOWN = 4
_ENTRY = 100

# One: threads share the interpreter, and each more of them would slow everything else down.
_converter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="conversion")


def weight_of_entries(drafts: Iterable[EntryFields]) -> int:
    """In characters of HTML."""
    weight = 0
    for draft in drafts:
        weight += _ENTRY + len(draft.html or "") + len(draft.text or "") + _MARKDOWN * len(draft.markdown or "")
        for block in draft.blocks or ():
            weight += _ENTRY + (len(block.html) if isinstance(block, Text | Quote) else 0)
    return weight


def weight_of_head(draft: HeadFields) -> int:
    return len(draft.summary or "") + sum(map(len, draft.key_points or ()))


def portions(weights: Sequence[int]) -> Iterator[range]:
    """Of a batch, what is converted at a time: between them others have their turn. No more than half a second each,
    unless one alone takes longer."""
    first = weight = 0
    for at, one in enumerate(weights):
        if at > first and weight + one > 10 * LIGHT:
            yield range(first, at)
            first, weight = at, 0
        weight += one
    if weights:
        yield range(first, len(weights))


async def converted(weight: int, convert: Callable[[], T]) -> T:
    """What `convert` gives, or raises."""
    if weight <= LIGHT:
        return convert()
    try:
        conversion = asyncio.get_running_loop().run_in_executor(_converter, convert)
    except RuntimeError:  # the system has no thread to spare
        return convert()
    return await conversion
