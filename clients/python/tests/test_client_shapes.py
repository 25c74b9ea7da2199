"""The shapes say what the wire says: which fields there are, and which of them may be left out."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Required, get_args, get_origin, get_type_hints, is_typeddict

import pytest

import feed_client

CLIENTS = Path(__file__).parents[2]
SCHEMAS: dict[str, Any] = json.loads((CLIENTS / "asyncapi.json").read_text())["components"]["schemas"]
BLOCKS = ("Text", "Quote", "Image", "Gallery", "Video", "Audio", "Embed", "Link")
MESSAGES = tuple(
    name
    for name, schema in SCHEMAS.items()
    if schema["properties"].get("type", {}).get("const") in get_args(feed_client.MessageType)
    and not name.endswith("FromClientMessage")
)
WIRE = {
    "Adverts": ("Adverts",),
    "Author": ("Author",),
    "Block": BLOCKS,
    "Correction": ("Correction",),
    "Coverage": ("Coverage",),
    "Entry": ("Entry",),
    "Image": ("Picture",),
    "Link": ("Reference",),
    "Message": MESSAGES,
    "Retraction": ("Retraction",),
    "Successor": ("Successor",),
    "Verification": ("Verification",),
}
# Where the coverage is the answer to a request.
BESIDES = {"Coverage": {"cursor"}}


def shape_of(name: str) -> tuple[set[str], set[str]]:
    """All fields, and those that are always there."""
    shape = getattr(feed_client, name)
    hints = get_type_hints(shape, include_extras=True)
    return set(hints), {field for field, kind in hints.items() if shape.__total__ or get_origin(kind) is Required}


@pytest.mark.parametrize("name", WIRE)
def test_a_shape_has_the_fields_of_the_wire_and_says_which_may_be_left_out(name: str) -> None:
    schemas = [SCHEMAS[schema] for schema in WIRE[name]]
    there = set().union(*(schema["properties"] for schema in schemas))
    always = set(schemas[0]["required"]).intersection(*(schema["required"] for schema in schemas))
    assert shape_of(name) == (there | BESIDES.get(name, set()), always)


def test_the_types_of_messages_are_those_that_are_handed_on() -> None:
    assert len(MESSAGES) == len(get_args(feed_client.MessageType))


def defined() -> set[str]:
    """What the modules define at their top level and do not hide."""
    names: set[str] = set()
    for module in pkgutil.iter_modules(feed_client.__path__):
        for node in ast.parse(inspect.getsource(importlib.import_module(f"feed_client.{module.name}"))).body:
            if isinstance(node, ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Assign):
                names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return {name for name in names if not name.startswith("_")}


def types_of(thing: object) -> list[str]:
    """All that is written about the types of what can be called, read or handed in."""
    if isinstance(thing, property):
        return types_of(thing.fget)
    if inspect.isfunction(thing) or (isinstance(thing, type) and (is_typeddict(thing) or is_dataclass(thing))):
        return [str(kind) for kind in inspect.get_annotations(thing).values()]
    if isinstance(thing, type):
        public = [member for name, member in vars(thing).items() if name == "__init__" or not name.startswith("_")]
        return [kind for member in public for kind in types_of(member)]
    return [str(thing)]


@pytest.mark.parametrize("name", feed_client.__all__)
def test_what_a_name_gives_or_takes_has_a_name_that_can_be_imported_too(name: str) -> None:
    mentioned = set(re.findall(r"\b[A-Z]\w+", " ".join(types_of(getattr(feed_client, name)))))
    assert mentioned & defined() <= set(feed_client.__all__)


@pytest.mark.parametrize("name", feed_client.__all__)
def test_what_can_be_read_of_a_thing_is_in_the_reference(name: str) -> None:
    thing = getattr(feed_client, name)
    text = (CLIENTS / "python" / "API.md").read_text()
    if not isinstance(thing, type):
        return
    section = text[text.index(f"### {name}\n") :].partition("\n##")[0]
    if is_typeddict(thing):
        expected = list(inspect.get_annotations(thing))
    elif is_dataclass(thing):
        expected = [field.name for field in fields(thing)]
    else:
        made = inspect.getsource(vars(thing)["__init__"]) if "__init__" in vars(thing) else ""
        expected = [*re.findall(r"self\.([a-z]\w*)(?::.*)? = ", made), *(key for key in vars(thing) if key[0] != "_")]
    for field in expected:
        assert re.search(rf"[`.]{field}[`?(]", section) or field == "meaning", field
