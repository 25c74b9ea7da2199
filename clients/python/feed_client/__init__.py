"""Python client for Feed: follow a live coverage, publish into one.

async for message in follow("https://live.example", "budget-2026"):
    timeline.apply(message)

async with Producer("https://live.example", token) as producer:
    await producer.publish("budget-2026", headline="…", markdown="…")
"""

from .connections import Action, Connect, Connections, Drop, FetchToken, Write
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
from .follow import Token, follow
from .message import (
    Adverts,
    Author,
    BatchReceipt,
    Block,
    Changes,
    Correction,
    CorrectionDraft,
    Coverage,
    CoverageChange,
    CoverageDraft,
    Deleted,
    Deletion,
    Durability,
    Ending,
    Entry,
    EntryChange,
    EntryDraft,
    Image,
    Json,
    Link,
    Message,
    MessageType,
    Page,
    Receipt,
    Retraction,
    Successor,
    Verification,
)
from .producer import Producer, new_key
from .session import Deliver, Move, Reconnect, RenewToken, Send, Session, SessionAction, Stop
from .timeline import Timeline
from .version import __version__
from .ways import Transport

__all__ = [
    "Action",
    "Adverts",
    "Author",
    "BadRequest",
    "BatchReceipt",
    "Block",
    "Changes",
    "Connect",
    "Connections",
    "Correction",
    "CorrectionDraft",
    "Coverage",
    "CoverageChange",
    "CoverageDraft",
    "Deleted",
    "Deletion",
    "Deliver",
    "Drop",
    "Durability",
    "Ending",
    "Entry",
    "EntryChange",
    "EntryDraft",
    "FeedError",
    "FeedProblem",
    "FetchToken",
    "FollowRefused",
    "Forbidden",
    "Image",
    "Json",
    "Link",
    "Message",
    "MessageType",
    "Move",
    "Page",
    "Producer",
    "Receipt",
    "Reconnect",
    "RenewToken",
    "Retraction",
    "Send",
    "Session",
    "SessionAction",
    "Stop",
    "Successor",
    "Timeline",
    "Token",
    "TokenExpired",
    "Transport",
    "UnknownCoverage",
    "Unreachable",
    "UnsupportedVersion",
    "Verification",
    "Write",
    "__version__",
    "follow",
    "new_key",
]
