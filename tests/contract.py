"""What a server answers, held against what its OpenAPI document says that it answers."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import httpx2
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_HERE = "feed:openapi"


class Contract:
    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.seen: set[tuple[str, int]] = set()
        self._registry: Registry[Any] = Registry().with_resource(_HERE, DRAFT202012.create_resource(document))
        self._paths = {
            path: re.compile(re.sub(r"\\{[a-z]+\\}", "[^/]+", re.escape(path))) for path in document["paths"]
        }
        self._validator = cache(self._make_validator)

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        for template, pattern in self._paths.items():
            if pattern.fullmatch(path):
                found: dict[str, Any] | None = self.document["paths"][template].get(method.lower())
                return found
        return None

    def check(self, answer: httpx2.Response) -> None:
        """Fails for an answer of ours that the document does not describe. What is not in it at all is not checked."""
        operation = self.operation(answer.request.method, answer.url.path)
        if operation is None:
            return
        name, status = operation["operationId"], answer.status_code
        self.seen.add((name, status))
        described = operation["responses"].get(str(status))
        assert described is not None, f"{name} answered {status}, which is not described"
        if "$ref" in described:
            described = self.document["components"]["responses"][described["$ref"].rpartition("/")[2]]
        media = answer.headers.get("content-type", "").partition(";")[0]
        content = described.get("content", {})
        if not answer.content:
            assert not content, f"{name} answered {status} without the body that is described"
            return
        assert media in content, f"{name} answered {status} with {media!r}"
        if media.endswith("json"):
            errors = sorted(self._validator(_key(content[media]["schema"])).iter_errors(answer.json()), key=str)
            assert not errors, f"{name} {status}: {errors[0].message} at {errors[0].json_path}"

    def _make_validator(self, references: tuple[str, ...]) -> Draft202012Validator:
        schema = {"oneOf": [{"$ref": _HERE + reference} for reference in references]}
        return Draft202012Validator(schema, registry=self._registry)


def _key(schema: dict[str, Any]) -> tuple[str, ...]:
    return tuple(option["$ref"] for option in schema.get("oneOf", [schema]))
