"""Imports point one way, and what is pure stays pure."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FEED = Path(__file__).parents[1] / "feed"

# A part imports only from parts in lines above its own.
LAYERS = """
errors
message settings logs pulse flights zones
model complaint limits
content drafts wire admin fanout departures demo
session editing store jwks conversion window
jwt
tokens desk channel
hub watch
audience follower
node
live
pages
exchange api
app
workers
server
cli
"""
FLOOR = {part: floor for floor, line in enumerate(LAYERS.split("\n")) for part in line.split()}
# Without I/O: no event loop, no store, no server in them.
PURE = (
    "errors",
    "message",
    "model",
    "complaint",
    "content",
    "drafts",
    "wire",
    "session",
    "zones",
    "editing",
    "fanout",
    "departures",
)
IMPURE = ("asyncio", "redis", "starlette", "uvicorn", "websockets", "httptools", "socket")
ONLY_IN = {
    "redis": ("store", "cli"),
    "starlette": ("live", "pages", "api", "app", "server"),
    "uvicorn": ("live", "server"),
}

SOURCES = sorted(FEED.rglob("*.py"))


def part_of(path: Path) -> str:
    return path.relative_to(FEED).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Absolute names of what a file imports, at its top or inside a function."""
    package = ("feed", *path.relative_to(FEED).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            name = ".".join((*base, *filter(None, [node.module])))
            yield from (f"{name}.{alias.name}" for alias in node.names)


def test_every_part_has_its_floor() -> None:
    parts = {part_of(path) for path in SOURCES} - {"__init__"}
    assert parts == set(FLOOR)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(FEED)))
def test_imports_point_one_way(path: Path) -> None:
    part = part_of(path)
    for name in imported(path):
        root, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if root == "feed" and other in FLOOR and other != part:
            assert FLOOR[other] < FLOOR[part], f"{part} imports {name}, which is above it"
        if part in PURE:
            assert root not in IMPURE, f"{part} imports {root}"
        if root in ONLY_IN:
            assert part in ONLY_IN[root], f"{part} imports {root}"


def test_files_of_one_part_do_not_import_each_other_in_circles() -> None:
    edges = {
        path: {
            other
            for name in imported(path)
            for other in (
                FEED.parent / (name.replace(".", "/") + ".py"),
                FEED.parent / (name.rpartition(".")[0].replace(".", "/") + ".py"),
            )
            if other.exists() and other != path
        }
        for path in SOURCES
    }
    done: set[Path] = set()

    def visit(path: Path, way: tuple[Path, ...]) -> None:
        assert path not in way, " -> ".join(str(step.relative_to(FEED)) for step in (*way, path))
        if path not in done:
            for other in edges.get(path, ()):
                visit(other, (*way, path))
            done.add(path)

    for path in SOURCES:
        visit(path, ())


def test_the_client_never_imports_the_server() -> None:
    for path in (FEED.parent / "clients" / "python" / "feed_client").rglob("*.py"):
        assert not any(name.split(".")[0] == "feed" for name in imported_absolutely(path)), path


def imported_absolutely(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module
