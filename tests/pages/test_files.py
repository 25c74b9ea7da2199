"""What pages are made of: scripts, styles, the manifest, the JavaScript client."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from feed_reader import STATIC
from starlette.requests import Request

from feed.app import create_app
from feed.pages import render_coverage
from feed.pages.files import for_browsers
from feed.settings import Settings
from tests.running import ServerProcess

from .samples import view

CLIENT = Path(__file__).parents[2] / "clients/javascript/feed_sdk"
SOURCES = {
    **{f"/static/{path.name}": path for path in Path(str(STATIC)).iterdir() if path.suffix in (".js", ".css")},
    **{f"/static/sdk/{path.name}": path for path in CLIENT.glob("*.js")},
}
BROWSER = {"Accept": "text/html", "Accept-Language": "ar-EG,ar;q=0.9,en;q=0.5"}


@pytest.fixture(scope="module")
def reader(server: ServerProcess) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=server.url) as reader:
        yield reader


def test_scripts_and_styles_go_out_without_what_is_for_people() -> None:
    source = (
        "/** What\n * it is. */\n// why\na = `//b`; // c\n\n  /** @type {X} */ (d).e();\n/* f */\n  g /* h */ = 1;\n"
    )
    assert for_browsers(source) == "a = `//b`; // c\n/** @type {X} */ (d).e();\ng /* h */ = 1;\n"


@pytest.mark.parametrize(
    "path", [path for path in SOURCES.values() if path.suffix == ".js"], ids=lambda path: path.name
)
def test_no_literal_goes_over_several_lines(path: Path) -> None:
    """What is left out of scripts is told by lines: inside a literal it would be part of the text."""
    assert [line for line in path.read_text().splitlines() if line.count("`") % 2] == []


@pytest.mark.parametrize("address", SOURCES)
def test_what_is_served_is_the_source_but_for_comments(reader: httpx2.Client, address: str) -> None:
    answer = reader.get(address).raise_for_status()
    assert answer.headers["content-type"].startswith("text/javascript" if address.endswith(".js") else "text/css")
    lines = (line.strip() for line in SOURCES[address].read_text().splitlines())
    left_out = []
    for line in answer.text.splitlines():
        while (own := next(lines)) != line.strip():
            left_out.append(own)
    assert all(line.startswith(("//", "/*", "*")) or not line or line.endswith("*/") for line in left_out), left_out


@pytest.mark.parametrize(
    "address",
    ["/static/", "/static/sdk", "/static/sdk/", "/static/words", "/static/nothing.js", "/static/%2e%2e/__init__.py",
     "/static/sdk/%2e%2e/package.json", "/static/sdk/%2e%2e/%2e%2e/README.md", "/static//etc/passwd"],
)  # fmt: skip
def test_nothing_else_is_served(reader: httpx2.Client, address: str) -> None:
    assert reader.get(address).status_code == 404


def test_every_module_that_the_page_imports_is_asked_for_at_once() -> None:
    """Otherwise each step of the chain of imports would cost a reader far away another round trip."""
    found, ahead = set[str](), ["/static/reader.js"]
    while ahead:
        address = ahead.pop()
        found.add(address)
        imports = re.findall(r'^(?:import|export)\b[^;]*?from "(\.[^"]+)"', SOURCES[address].read_text(), re.MULTILINE)
        folder = address.rpartition("/")[0]
        ahead += {f"{folder}/{one.removeprefix('./')}".replace("/sdk/../", "/") for one in imports} - found
    preloaded = re.findall(r'<link rel="modulepreload" href="([^"]+)">', render_coverage(view()))
    assert sorted([*preloaded, "/static/reader.js"]) == sorted(found)


@pytest.mark.parametrize(
    ("query", "accepted", "language", "name"),
    [
        ("", "en", "en", "Live coverage"),
        ("", "ar-EG", "ar", "تغطية مباشرة"),
        ("?language=de-AT", "ar", "de", "Live-Berichterstattung"),
        ("?language=xx", "fr", "fr", "En direct"),
    ],
)
def test_an_installed_page_is_called_by_its_name_in_its_language(
    reader: httpx2.Client, query: str, accepted: str, language: str, name: str
) -> None:
    answer = reader.get(f"/manifest.webmanifest{query}", headers={"Accept-Language": accepted}).raise_for_status()
    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert answer.headers["vary"].startswith("Accept-Language")
    manifest = answer.json()
    assert (manifest["lang"], manifest["dir"]) == (language, "rtl" if language == "ar" else "ltr")
    assert name in manifest["name"]


@pytest.mark.parametrize("path", ["/nope", "/c/nothing-here", "/c/x/y"])
def test_what_is_missing_is_said_in_the_readers_language(reader: httpx2.Client, path: str) -> None:
    answer = reader.get(path, headers=BROWSER)
    assert answer.status_code == 404
    assert '<html lang="ar" dir="rtl">' in answer.text


async def test_a_fault_of_the_server_is_told_to_a_person_in_their_language(tmp_path: Path) -> None:
    app = create_app(Settings.load({}, data=tmp_path, store="redis://127.0.0.1:1"))
    handler = app.exception_handlers[Exception]
    headers = [(b"accept", b"text/html"), (b"accept-language", b"tr")]
    scope = {"type": "http", "method": "GET", "path": "/c/x", "query_string": b"", "headers": headers}
    page = await handler(Request(scope), ZeroDivisionError())
    assert page is not None
    assert page.status_code == 500
    assert b'<html lang="tr" dir="ltr">' in page.body
    document = await handler(Request(scope | {"headers": []}), ZeroDivisionError())
    assert document is not None
    assert document.media_type == "application/problem+json"
