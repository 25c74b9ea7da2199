"""A subscription: a session fed from its channel, for as long as the reader stays."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable

from feed.channel import Channel, Opening
from feed.errors import StoreUnavailable, UnknownCoverage
from feed.hub import Hub
from feed.model import Cursor
from feed.session import Session

# A reader that could not be continued because the store is away tries again after this.
STORE_RETRY_S = 0.5
# Readers that a leaving node sends away come back spread over this time.
DRAIN_SPREAD_MS = 5_000


async def messages(
    hub: Hub,
    channel: Channel,
    session: Session,
    after: Cursor | None,
    limit: int,
    is_admitted: Callable[[], bool] = lambda: False,
) -> AsyncGenerator[list[bytes], None]:
    """What to send, in portions that belong into one write; over when the session is closed.

    The reader is a position: nothing is kept for it while it takes its time with a portion. `is_admitted`: whether the
    reader may stay when the coverage becomes private. Raises StoreUnavailable and UnknownCoverage before the first
    portion.
    """
    forks = channel.forks
    opening = await channel.open(after, limit)
    if channel.private and not is_admitted():  # it may have become so while the page was read
        raise UnknownCoverage(channel.coverage)
    yield opened(hub, session, opening)
    while session.closed is None:
        if hub.draining:
            session.close(4201, retry_after_ms=drain_delay_ms())
            return
        if channel.private and not is_admitted():
            yield session.refuse(UnknownCoverage(channel.coverage))
            return
        following = None if channel.forks != forks else channel.after(session.position)
        if following is None:
            seen = channel.forks
            try:
                continued = await channel.continue_from(session.position, limit)
            except StoreUnavailable:
                await asyncio.sleep(STORE_RETRY_S)
                continue
            except UnknownCoverage as error:
                yield session.refuse(error)
                return
            forks = seen
            if isinstance(continued, Opening):
                yield opened(hub, session, continued)
                continue
            following = continued
        portion = session.deliver(following)
        if portion:
            hub.counts.messages += len(portion)
            yield portion
        elif session.closed is None:
            await channel.wait()


def opened(hub: Hub, session: Session, opening: Opening) -> list[bytes]:
    """The messages with which a subscription begins, or begins anew."""
    first = session.open(
        opening.mode,
        opening.cursor,
        reason=opening.reason,
        snapshot=opening.snapshot,
        deliveries=opening.frames,
        ended=opening.ended,
    )
    hub.counts.messages += len(first)
    hub.counts.resets += opening.mode == "reset"
    return first


def drain_delay_ms() -> int:
    """When a reader that is sent away should come back: not all at once."""
    return random.randrange(DRAIN_SPREAD_MS)  # noqa: S311 - jitter
