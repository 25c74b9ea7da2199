"""A subscription: a session fed from its channel, for as long as the reader stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress

from feed.channel import Channel, Opening
from feed.departures import STAY_S, change_ms, return_ms
from feed.errors import StoreUnavailable, UnknownCoverage
from feed.hub import Hub
from feed.model import Cursor
from feed.session import Session
from feed.wire import LIVE_MESSAGE

# A reader that could not be continued because the store is away tries again after this.
STORE_RETRY_S = 0.5


async def messages(
    hub: Hub,
    channel: Channel,
    session: Session,
    after: Cursor | None,
    limit: int,
    is_admitted: Callable[[], bool] = lambda: False,
    *,
    stays: bool = True,
) -> AsyncGenerator[list[bytes], None]:
    """What to send, in portions that belong into one write; over when the session is closed.

    The reader is a position: nothing is kept for it while it takes its time with a portion. `is_admitted`: whether the
    reader may stay when the coverage becomes private. `stays`: when this node leaves, the reader is sent away after the
    window; otherwise STAY_S after its own time, in which it can connect elsewhere. Raises StoreUnavailable and
    UnknownCoverage before the first portion.
    """
    forks = channel.forks
    opening = await channel.open(after, limit)
    if channel.private and not is_admitted():  # it may have become so while the page was read
        raise UnknownCoverage(channel.coverage)
    notice = channel.notice
    yield opened(hub, channel, session, opening)
    clock = asyncio.get_running_loop().time
    leaves: float | None = None
    while session.closed is None:
        if hub.dismissed or (leaves is not None and clock() >= leaves):
            # Who goes after its own time is one of few, and welcome elsewhere at once.
            session.close(4201, retry_after_ms=return_ms() if stays or hub.dismissed else change_ms())
            return
        if hub.departures is not None and not session.moving:
            departure = hub.departures.give()
            leaves = hub.departures.until(departure.sent_s if stays else departure.after_ms / 1000 + STAY_S)
            yield [session.move(departure.after_ms)]
            continue
        if channel.private and not is_admitted():
            yield session.refuse(UnknownCoverage(channel.coverage))
            return
        if channel.notice is not None and channel.notice is not notice:
            notice = channel.notice
            yield [notice]
            continue
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
                notice = channel.notice
                yield opened(hub, channel, session, continued)
                continue
            following = continued
        portion = session.deliver(following)
        if portion:
            hub.counts.messages += len(portion)
            yield portion
        elif session.closed is None:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(leaves):
                    await channel.wait()


def opened(hub: Hub, channel: Channel, session: Session, opening: Opening) -> list[bytes]:
    """The messages with which a subscription begins, or begins anew."""
    first = session.open(
        opening.mode,
        opening.cursor,
        reason=opening.reason,
        snapshot=opening.snapshot,
        deliveries=opening.frames,
        ended=opening.ended,
    )
    if channel.notice not in (None, LIVE_MESSAGE) and session.closed is None:
        first.append(channel.notice)
    hub.counts.messages += len(first)
    hub.counts.resets += opening.mode == "reset"
    return first
