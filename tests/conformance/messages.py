"""Messages of a server, held against the server's own AsyncAPI document."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft7Validator, FormatChecker  # type: ignore[import-untyped]

from feed.api.messages import name_of


class Messages:
    """`seen` are the types that were checked."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.seen: set[str] = set()
        self._document = document
        self._validator = cache(self._make_validator)

    def check(self, message: Any) -> None:
        """Fails for a message that the document does not describe."""
        type_ = message["type"]
        self.seen.add(type_)
        errors = list(self._validator(name_of(type_)).iter_errors(message))
        assert not errors, f"{type_}: {errors[0].message[:300]} at {errors[0].json_path}"

    def _make_validator(self, name: str) -> Draft7Validator:
        messages = self._document["components"]["messages"]
        assert name in messages, f"{name} is not in the document"
        schema = {"$ref": messages[name]["payload"]["$ref"], "components": self._document["components"]}
        return Draft7Validator({"allOf": [{"$ref": schema["$ref"]}], "components": schema["components"]},
                               format_checker=FormatChecker())  # fmt: skip
