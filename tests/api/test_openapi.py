"""/openapi.json: valid, complete, and true of the routes of the app."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from starlette.routing import Route, WebSocketRoute

from feed.api.documents import OPERATIONS, openapi, problems
from feed.app import create_app
from feed.settings import Settings
from feed.wire import encode
from tests.newsroom import Newsroom

# What is served beside these is for readers, or about the API itself.
PLACES = ("/v1", "/healthz", "/readyz", "/metrics")


@pytest.fixture(scope="module")
def document(newsroom: Newsroom) -> Any:
    return newsroom.get("/openapi.json")


def test_it_is_a_valid_document(document: Any) -> None:
    validate(document, cls=OpenAPIV31SpecValidator)
    assert document["openapi"] == "3.1.0"
    assert document == json.loads(encode(openapi()))


def test_it_has_every_route_and_no_other(tmp_path: Path) -> None:
    app = create_app(Settings(store="unix:///nowhere", data=tmp_path))
    served: set[tuple[str, str]] = set()
    for route in app.routes:
        if isinstance(route, WebSocketRoute):
            served.add(("get", route.path))
        elif isinstance(route, Route) and route.path.startswith(PLACES):
            served |= {(method.lower(), route.path) for method in route.methods or () if method != "HEAD"}
    assert {(operation.method, operation.path) for operation in OPERATIONS} == served


def test_operations_have_names_of_their_own_and_every_parameter_of_their_path(document: Any) -> None:
    names = []
    for path, operations in document["paths"].items():
        for operation in operations.values():
            names.append(operation["operationId"])
            given = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"}
            assert given == set(re.findall(r"{(\w+)}", path))
            assert operation["summary"]
            assert "default" not in operation["responses"]
    assert len(set(names)) == len(names)


def test_every_write_needs_a_token_and_takes_a_key(document: Any) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            headers = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "header"}
            if method != "get":
                assert operation["security"] == [{"token": []}]
                assert "Idempotency-Key" in headers
            elif not path.startswith("/v1/tokens"):
                assert "security" not in operation


def test_what_has_a_revision_says_that_it_is_matched(document: Any) -> None:
    matched = {
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
        if any(parameter["name"] == "If-Match" for parameter in operation["parameters"])
    }
    assert matched == {
        *("changeCoverage", "endCoverage", "reopenCoverage"),
        *("reviseEntry", "deleteEntry", "retractEntry"),
    }


def test_every_reference_leads_somewhere(document: Any) -> None:
    def references(node: Any) -> set[str]:
        if isinstance(node, dict):
            own = {node["$ref"]} if "$ref" in node else set()
            return own.union(*map(references, node.values()))
        return set().union(*map(references, node)) if isinstance(node, list) else set()

    known = {f"#/components/{kind}/{name}" for kind, some in document["components"].items() for name in some}
    used = references(document)
    assert used <= known
    assert {name for name in known if "/schemas/" in name} <= used


def test_drafts_say_what_they_do_not_take(document: Any) -> None:
    for name in (
        "EntryDraft",
        "EntryPatch",
        "CoverageDraft",
        "CoveragePatch",
        "Ending",
        "DeletionDraft",
        "RetractionDraft",
        "TokenDraft",
    ):
        assert document["components"]["schemas"][name]["additionalProperties"] is False


def test_the_page_of_the_api_has_every_operation_schema_and_problem(newsroom: Newsroom) -> None:
    page = newsroom.ask("GET", "/docs").text
    for operation in OPERATIONS:
        assert operation.path in page
    # The address in a problem's `type` leads to one place.
    assert {error.code: page.count(f'id="{error.code}"') for error in problems()} == dict.fromkeys(
        (error.code for error in problems()), 1
    )
