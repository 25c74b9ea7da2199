"""The documents say everything there is: settings, close codes, error codes, message types, commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from feed.api.documents import problems
from feed.api.messages import asyncapi
from feed.settings import OTHER_VARIABLES, Settings, variable

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PROTOCOL = (ROOT / "clients" / "PROTOCOL.md").read_text()
SOURCES = {path: path.read_text() for path in (ROOT / "feed").rglob("*.py")}


def test_every_setting_is_in_the_readme_and_no_other() -> None:
    known = {*map(variable, Settings.__struct_fields__), *OTHER_VARIABLES}
    assert set(re.findall(r"FEED_[A-Z]+(?:_[A-Z]+)*", README)) == known


def test_every_error_code_is_in_the_protocol() -> None:
    missing = [error.code for error in problems() if f"`{error.code}`" not in PROTOCOL]
    assert not missing


def test_every_close_code_that_the_server_uses_is_in_the_protocol() -> None:
    used = {error.close_code for error in problems()}
    for text in SOURCES.values():
        used |= {int(code) for code in re.findall(r"close\((?:code=)?(4\d{3}|10\d\d)", text)}
    assert {code for code in used if not re.search(rf"\b{code}\b", PROTOCOL)} == set()


@pytest.mark.parametrize(
    "type_",
    [
        "entry.published",
        "entry.revised",
        "entry.retracted",
        "entry.deleted",
        "coverage.changed",
        "coverage.ended",
        "coverage.reopened",
        "hello",
        "snapshot",
        "live",
        "auth",
        "pong",
        "error",
    ],
)
def test_every_message_is_in_the_protocol(type_: str) -> None:
    assert f'{{"type":"{type_}"' in PROTOCOL


def test_the_protocol_says_which_fields_may_be_missing() -> None:
    schemas = asyncapi()["components"]["schemas"]
    part = re.sub(r"\s+", " ", PROTOCOL[PROTOCOL.index("\n## 4. ") : PROTOCOL.index("\n## 5. ")])
    for schema, pattern in {
        **{
            name: rf"`{name.lower()} {{(.*?)}}`"
            for name in ("Text", "Quote", "Image", "Gallery", "Video", "Audio", "Embed", "Link")
        },
        "Author": r"\| `authors` \| `\[{(.*?)}\]`",
        "Correction": r"\| `corrections` \| `\[{(.*?)}\]`",
        "Retraction": r"\| `retraction` \| `{(.*?)}`",
        "Verification": r"\| `verification` \| `{(.*?)}`",
        "Successor": r"\| `successor` \| `{(.*?)}`",
        "Adverts": r"\| `adverts` \| `{(.*?)}`",
    }.items():
        said = re.search(pattern, part)
        assert said, schema
        fields = [re.sub(r":.*", "", field) for field in re.sub(r"(: \w+), \w+ or \w+", r"\1", said[1]).split(", ")]
        needed = {field for field in schemas[schema]["required"] if field != "type"}
        there = schemas[schema]["properties"].keys() - {"type"}
        assert {field for field in fields if not field.endswith("?")} == needed, schema
        assert {field.rstrip("?") for field in fields} == there, schema


def test_links_between_the_documents_lead_somewhere() -> None:
    documents = [ROOT / "CHANGELOG.md", ROOT / ".github" / "SECURITY.md", ROOT / "clients" / "PROTOCOL.md"]
    for document in [*documents, *ROOT.glob("README.md"), *ROOT.glob("*/README.md"), *ROOT.glob("clients/*/*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_project_speaks_of_itself_alone() -> None:
    for path, text in SOURCES.items():
        assert not re.search(r"\b(TODO|FIXME|XXX)\b", text), path
