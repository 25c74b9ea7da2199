"""Python client for Feed: follow a live coverage, publish into one.

async for message in follow("https://live.example", "budget-2026"):
    timeline.apply(message)

async with Producer("https://live.example", token) as producer:
    await producer.publish("budget-2026", headline="…", markdown="…")
"""

from .connections import Connections
from .errors import (
    BadRequest,
    FeedError,
    FeedProblem,
    FollowRefused,
    Forbidden,
    TokenExpired,
    UnknownCoverage,
    Unreachable,
    UnsupportedVersion,
)
from .follow import follow
from .message import BatchReceipt, CoverageChange, CoverageDraft, Ending, EntryChange, EntryDraft, Message, Receipt
from .producer import Producer, new_key
from .session import Session
from .timeline import Timeline
from .version import __version__

__all__ = [
    "BadRequest",
    "BatchReceipt",
    "Connections",
    "CoverageChange",
    "CoverageDraft",
    "Ending",
    "EntryChange",
    "EntryDraft",
    "FeedError",
    "FeedProblem",
    "FollowRefused",
    "Forbidden",
    "Message",
    "Producer",
    "Receipt",
    "Session",
    "Timeline",
    "TokenExpired",
    "UnknownCoverage",
    "Unreachable",
    "UnsupportedVersion",
    "__version__",
    "follow",
    "new_key",
]
