"""A producer at one coverage of our own server."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx2


class Desk:
    """`head` is what the coverage begins with, besides a title."""

    def __init__(self, client: httpx2.Client, url: str, **head: Any) -> None:
        self._client = client
        self.coverage = f"c{uuid4().hex[:12]}"
        self.page = f"{url}/c/{self.coverage}"
        self._post(
            "/v1/coverages",
            id=self.coverage,
            **{"title": "The river rises", "key_points": ["One"], "timezone": "UTC", **head},
        )

    def publish(self, headline: str, **fields: Any) -> str:
        given = fields.keys() & {"html", "markdown", "text", "blocks"}
        body = {"headline": headline, **({} if given else {"markdown": f"The words of *{headline}*."}), **fields}
        answer = self._post(f"/v1/coverages/{self.coverage}/entries", **body)
        entry_id: str = answer["entry"]["id"]
        return entry_id

    def publish_many(self, count: int) -> None:
        for number in range(count):
            self.publish(f"Number {number}", display_at=f"2026-03-12T{6 + number // 60:02d}:{number % 60:02d}:00Z")

    def revise(self, entry: str, **fields: Any) -> None:
        self._client.patch(f"/v1/coverages/{self.coverage}/entries/{entry}", json=fields).raise_for_status()

    def retract(self, entry: str, reason: str) -> None:
        self._post(f"/v1/coverages/{self.coverage}/entries/{entry}/retract", reason=reason)

    def delete(self, entry: str) -> None:
        self._client.delete(f"/v1/coverages/{self.coverage}/entries/{entry}").raise_for_status()

    def change(self, **fields: Any) -> None:
        self._client.patch(f"/v1/coverages/{self.coverage}", json=fields).raise_for_status()

    def end(self, **fields: Any) -> None:
        self._post(f"/v1/coverages/{self.coverage}/end", **fields)

    def _post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self._client.post(path, json=body)
        answer.raise_for_status()
        data: dict[str, Any] = answer.json()
        return data
