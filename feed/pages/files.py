"""/static, /embed.js, /worker.js and the manifest: what pages are made of, as browsers get it.

Scripts and styles go out as they are written but for comments and indentation: every reader would load those with every
page, and they are a quarter of it.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from feed_reader import STATIC
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from feed.wire import encode

from .answering import has_already, language_of
from .words import direction_of, languages, words_for

# The pages' own files, and below sdk/ the JavaScript client, which pages use as every other program can.
_FOLDERS = {"": Path(str(STATIC)), "sdk/": Path(str(files("feed_sdk").joinpath("index.js"))).parent}
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
# Comments that have lines of their own, empty lines, indentation. No literal of ours goes over several lines.
_FOR_PEOPLE = re.compile(r"^[ \t]*(?://[^\n]*\n|/\*(?:(?!\*/).)*\*/[ \t]*\n|\n)|^[ \t]+", re.MULTILINE | re.DOTALL)


def for_browsers(source: str) -> str:
    return _FOR_PEOPLE.sub("", source)


async def static(request: Request) -> Response:
    return _answer(request, _file(request.path_params["path"]))


def at_root(name: str) -> Callable[[Request], Awaitable[Response]]:
    """The service worker, since it serves all pages, and `<live-feed>`, since others write its address."""

    async def endpoint(request: Request) -> Response:
        return _answer(request, _file(name))

    return endpoint


async def manifest(request: Request) -> Response:
    """How a device shows the installed page: in the page's language, else in the reader's."""
    asked = request.query_params.get("language", "").lower().split("-")[0]
    language = asked if asked in languages() else language_of(request)
    words = words_for(language)
    document = {
        "name": words["site"],
        "short_name": words["live"],
        "lang": language,
        "dir": direction_of(language),
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "minimal-ui",
        "background_color": "#ffffff",
        "theme_color": "#a80f2b",
        "icons": [{"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    }
    response = _answer(request, encode(document), "application/manifest+json")
    response.headers["Vary"] = "Accept-Language"
    return response


def _file(path: str) -> Path:
    prefix = "sdk/" if path.startswith("sdk/") else ""
    folder = _FOLDERS[prefix]
    try:
        file = folder.joinpath(path.removeprefix(prefix)).resolve()
        found = file.is_relative_to(folder.resolve()) and file.is_file()
    except (ValueError, OSError):  # what can be no path: with a NUL in it, or too long
        found = False
    if not found:
        raise HTTPException(404)
    return file


def _answer(request: Request, content: Path | bytes, media_type: str | None = None) -> Response:
    """A browser asks about it each time: after a deploy old and new modules do not mix."""
    if isinstance(content, Path):
        media_type = _TYPES.get(content.suffix) or mimetypes.guess_type(content.name)[0]
        content = _read(content, content.stat().st_mtime_ns)
    headers = {"ETag": f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"', "Cache-Control": "no-cache"}
    if has_already(request, headers):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


@lru_cache(maxsize=256)
def _read(file: Path, _changed: int) -> bytes:
    if file.suffix in (".js", ".css"):
        return for_browsers(file.read_text(encoding="utf-8")).encode()
    return file.read_bytes()


routes = [
    Route("/static/{path:path}", static, methods=["GET"]),
    Route("/embed.js", at_root("embed.js"), methods=["GET"]),
    Route("/worker.js", at_root("worker.js"), methods=["GET"]),
    Route("/manifest.webmanifest", manifest, methods=["GET"]),
]
