"""Media types of the files that addresses lead to, as far as their endings tell."""

from __future__ import annotations

import re

_AFTER_PATH = re.compile(r"[?#].*", re.DOTALL)
_TYPES = {
    "image": {
        "avif": "image/avif", "gif": "image/gif", "jpeg": "image/jpeg", "jpg": "image/jpeg", "png": "image/png",
        "svg": "image/svg+xml", "webp": "image/webp",
    },
    "video": {
        "m3u8": "application/vnd.apple.mpegurl", "m4v": "video/x-m4v", "mov": "video/quicktime", "mp4": "video/mp4",
        "ogg": "video/ogg", "ogv": "video/ogg", "webm": "video/webm",
    },
    "audio": {
        "aac": "audio/aac", "flac": "audio/flac", "m3u8": "application/vnd.apple.mpegurl", "m4a": "audio/mp4",
        "mp3": "audio/mpeg", "mp4": "audio/mp4", "oga": "audio/ogg", "ogg": "audio/ogg", "opus": "audio/ogg",
        "wav": "audio/wav", "webm": "audio/webm",
    },
}  # fmt: skip


def media_type(url: str, medium: str) -> str | None:
    """`medium` is image, video or audio. None where it is not known: a film at such an address is a page about it."""
    return _TYPES[medium].get(_AFTER_PATH.sub("", url).lower().rpartition(".")[2])
