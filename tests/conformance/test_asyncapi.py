"""/asyncapi.json: valid, complete, and what clients/asyncapi.json says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from feed.api.messages import CLOSE_CODES, FROM_CLIENT, FROM_SERVER, name_of
from feed.model import EventType
from feed.wire import audience_message, move_message
from tests.newsroom import Newsroom

from .messages import Messages

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((Path(__file__).parent / "asyncapi-3.0.0.schema.json").read_text())
PROTOCOL = (ROOT / "clients" / "PROTOCOL.md").read_text()


@pytest.fixture(scope="module")
def document(newsroom: Newsroom) -> Any:
    return newsroom.get("/asyncapi.json")


def test_it_is_a_valid_document(document: Any) -> None:
    errors = list(Draft7Validator(SCHEMA).iter_errors(document))
    assert not errors, errors[0].message[:500]
    assert list(Draft7Validator(SCHEMA).iter_errors(document | {"channels": {"live": {"adress": "/"}}}))


def test_the_copy_beside_the_clients_is_the_same(document: Any) -> None:
    copy = json.loads((ROOT / "clients" / "asyncapi.json").read_text())
    assert copy == document, "run: python scripts/documents.py"


def test_it_has_every_message_that_the_server_makes() -> None:
    made = set(re.findall(r'"type": ?\\?"([a-z.]+)\\?"', (ROOT / "feed" / "wire.py").read_text()))
    assert made | set(get_args(EventType)) <= set(FROM_SERVER)


def test_it_has_the_messages_of_the_protocol_and_no_other() -> None:
    said = re.findall(r'^\{"type":"([a-z.]+)"', PROTOCOL, re.MULTILINE)
    assert sorted(said) == sorted([*FROM_SERVER, *FROM_CLIENT])


def test_every_close_code_of_the_protocol_is_in_a_class() -> None:
    for code in map(
        int, re.findall(r"\b(1\d{3}|4\d{3})\b", PROTOCOL[PROTOCOL.index("## 8.") : PROTOCOL.index("## 9.")])
    ):
        assert any(in_class(code, spec) for spec in CLOSE_CODES), code


def in_class(code: int, spec: str) -> bool:
    first, _, last = spec.partition("-")
    return int(first) <= code <= int(last) if last else str(code) in spec.split(", ")


def test_every_reference_leads_somewhere(document: Any) -> None:
    def references(node: Any) -> set[str]:
        if isinstance(node, dict):
            own = {node["$ref"]} if "$ref" in node else set()
            return own.union(*map(references, node.values()))
        return set().union(*map(references, node)) if isinstance(node, list) else set()

    for reference in references(document):
        place = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
    for channel in document["channels"].values():
        assert channel["messages"]


def test_what_is_no_message_is_not_taken_for_one(document: Any) -> None:
    with pytest.raises(AssertionError):
        Messages(document).check({"type": "live", "type ": 1} | {"type": "move"})
    with pytest.raises(AssertionError):
        Messages(document).check({"type": "weather"})


def test_what_is_said_to_readers_of_a_node_that_leaves_is_in_it(document: Any) -> None:
    for message in (move_message(17312), audience_message(8123)):
        Messages(document).check(json.loads(message))


def test_what_clients_say_is_in_it(document: Any) -> None:
    for type_ in FROM_CLIENT:
        assert name_of(type_, asked=True) in document["components"]["messages"]
