"""Addresses: which ones a page may lead to."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from .sanitiser import may_be_linked

# What browsers ignore at the ends and in the midst of an address, and what is used to hide a scheme from a filter.
_IGNORED = re.compile(r"\A[\x00-\x20]+|[\x00-\x20]+\Z|[\t\n\r]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_WEB = re.compile(r"https?://[^\s/\\?#@:]", re.IGNORECASE)
_TWO_SLASHES = re.compile(r"[/\\]{2,}")
_SPACE = re.compile(r"[\s\x00-\x1f]")


def web_address(value: str, base_url: str | None = None) -> str | None:
    """An absolute http(s) address, or a path on the server's own site, or None when `value` is neither.

    With `base_url` everything relative belongs to the site of that page. Without it, ``/path`` stays, other relative
    addresses have no meaning, and ``//host`` becomes https: a browser would take it for another site, not for a path.
    """
    value = _IGNORED.sub("", value)
    if _TWO_SLASHES.match(value):
        value = "https://" + value.lstrip("/\\")
    elif base_url is not None and value and _SCHEME.match(value) is None:
        try:
            value = urljoin(base_url, value)
        except ValueError:
            return None
        if not _WEB.match(value):
            return None
    if _WEB.match(value):
        scheme, rest = value.split(":", 1)
        value = scheme.lower() + ":" + _SPACE.sub(_escaped, rest)
        return value if _can_be_opened(value) else None
    if value.startswith("/") and not _TWO_SLASHES.match(value):
        return _SPACE.sub(_escaped, value)
    return None


def _can_be_opened(url: str) -> bool:
    """Whether browsers, and whoever else reads an address, find a host and a port in it, and the same ones."""
    try:
        # Browsers take a backslash for a slash, others for a part of the host, or of the name before an @.
        return "\\" not in urlsplit(url).netloc and may_be_linked(url)
    except ValueError:
        return False


def link_address(value: str, base_url: str | None = None) -> str | None:
    """As `web_address`, and mailto: and tel:."""
    scheme = _SCHEME.match(_IGNORED.sub("", value))
    if scheme is not None and scheme[1].lower() in ("mailto", "tel"):
        return scheme[1].lower() + ":" + _SPACE.sub(_escaped, _IGNORED.sub("", value)[scheme.end() :])
    return web_address(value, base_url)


def _escaped(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())
