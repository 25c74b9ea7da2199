"""A newsroom: what a producer asks of a real server, with every answer held against the server's own OpenAPI."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count
from typing import Any, Self

import httpx2
import redis

from .contract import Contract
from .running import ServerProcess

_numbers = count(1)


def fresh(stem: str = "c") -> str:
    """A coverage id that no other test uses."""
    return f"{stem}-{next(_numbers)}"


class Newsroom:
    """`ask` gives any answer; the named methods fail unless it is the one that is meant."""

    def __init__(self, server: ServerProcess, token: str | None = None) -> None:
        self.url = server.url
        self.token = server.admin_token if token is None else token
        self._server = server
        self._http = httpx2.Client(base_url=server.url, timeout=30)
        self.contract = Contract(self._http.get("/openapi.json").json())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(
        self,
        method: str,
        path: str,
        document: Any = None,
        *,
        body: bytes | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> httpx2.Response:
        """`token`: another than the newsroom's, "" for none."""
        sent = dict(headers or {})
        shown = self.token if token is None else token
        if shown:
            sent.setdefault("Authorization", f"Bearer {shown}")
        if document is not None:
            body = json.dumps(document).encode()
            sent.setdefault("Content-Type", "application/json")
        answer = self._http.request(method, path, content=body, headers=sent, params=query or None)
        self.contract.check(answer)
        return answer

    def get(self, path: str, **query: Any) -> Any:
        answer = self.ask("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _done(self, status: int, method: str, path: str, document: Any) -> Any:
        answer = self.ask(method, path, document)
        assert answer.status_code == status, answer.text
        return answer.json()

    def create(self, **fields: Any) -> str:
        """The id."""
        made = self._done(201, "POST", "/v1/coverages", {"id": fresh(), "title": "T", **fields})
        return str(made["id"])

    def change(self, coverage: str, **fields: Any) -> Any:
        return self._done(200, "PATCH", f"/v1/coverages/{coverage}", fields)

    def publish(self, coverage: str, **fields: Any) -> Any:
        return self._done(201, "POST", f"/v1/coverages/{coverage}/entries", fields or {"text": "x"})

    def publish_many(self, coverage: str, drafts: list[dict[str, Any]]) -> Any:
        lines = b"".join(json.dumps(draft).encode() + b"\n" for draft in drafts)
        answer = self.ask(
            "POST",
            f"/v1/coverages/{coverage}/entries",
            body=lines,
            headers={"Content-Type": "application/x-ndjson"},
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def revise(self, coverage: str, entry: str, **fields: Any) -> Any:
        return self._done(200, "PATCH", f"/v1/coverages/{coverage}/entries/{entry}", fields)

    def retract(self, coverage: str, entry: str, reason: str = "wrong") -> Any:
        return self._done(200, "POST", f"/v1/coverages/{coverage}/entries/{entry}/retract", {"reason": reason})

    def delete(self, coverage: str, entry: str, reason: str | None = None) -> Any:
        document = None if reason is None else {"reason": reason}
        return self._done(200, "DELETE", f"/v1/coverages/{coverage}/entries/{entry}", document)

    def end(self, coverage: str, **fields: Any) -> Any:
        return self._done(200, "POST", f"/v1/coverages/{coverage}/end", fields)

    def reopen(self, coverage: str) -> Any:
        return self._done(200, "POST", f"/v1/coverages/{coverage}/reopen", None)

    def entries(self, coverage: str, **query: Any) -> Any:
        return self.get(f"/v1/coverages/{coverage}/entries", **query)

    def tip(self, coverage: str) -> str:
        return str(self.get(f"/v1/coverages/{coverage}")["cursor"])

    def make_token(self, *scopes: str, **fields: Any) -> str:
        return str(self._done(201, "POST", "/v1/tokens", {"scopes": scopes, **fields})["token"])

    def keeper(self) -> redis.Redis:
        """A client of the server's own store, for what no request does."""
        return redis.Redis(unix_socket_path=str(self._server.data / "store" / "store.sock"), decode_responses=True)


def problem(answer: httpx2.Response, status: int, code: str) -> Any:
    """The problem document (RFC 9457), which must be this one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert (document["status"], document["code"]) == (status, code), document
    assert document["type"] == f"/docs#{code}"
    assert document["title"]
    assert document["detail"]
    return document
