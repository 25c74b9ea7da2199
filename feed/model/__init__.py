"""What a coverage is made of. Frozen values, valid once built; no I/O."""

from .blocks import Audio, Block, Embed, Gallery, Image, Link, LinkKind, Picture, Quote, Reference, Text, Video
from .coverage import Adverts, Coverage, Status, Successor, Visibility
from .cursor import Cursor
from .entry import Author, Correction, Entry, Importance, Kind, Retraction, Verification
from .event import Event, EventType
from .moment import Moment, moment_from, moment_from_ms, moment_to_ms

__all__ = [
    "Adverts",
    "Audio",
    "Author",
    "Block",
    "Correction",
    "Coverage",
    "Cursor",
    "Embed",
    "Entry",
    "Event",
    "EventType",
    "Gallery",
    "Image",
    "Importance",
    "Kind",
    "Link",
    "LinkKind",
    "Moment",
    "Picture",
    "Quote",
    "Reference",
    "Retraction",
    "Status",
    "Successor",
    "Text",
    "Verification",
    "Video",
    "Visibility",
    "moment_from",
    "moment_from_ms",
    "moment_to_ms",
]
