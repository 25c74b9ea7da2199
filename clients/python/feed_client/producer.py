"""Publishing into coverages over HTTP."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from typing import Any, Self, Unpack, cast
from urllib.parse import quote

import httpx2

from .message import (
    BatchReceipt,
    Changes,
    CoverageChange,
    CoverageDraft,
    Deletion,
    Ending,
    EntryChange,
    EntryDraft,
    Json,
    Page,
    Receipt,
)
from .requests import Requests, encode


class Producer:
    """What a newsroom's tool does with coverages and entries.

        async with Producer("https://live.example", token) as producer:
            await producer.create("Budget day", id="budget-2026")
            receipt = await producer.publish("budget-2026", headline="The chancellor speaks", markdown="In **brief** …")

    Every write carries an Idempotency-Key, a random one unless `key` is given, and is repeated with it when the
    connection fails or the server cannot answer for now (429, 502, 503, 504), for `deadline_s` seconds: it has its
    effect once, however often it was sent. After Unreachable repeat it yourself with the same `key` and content.

    `revision` is the revision a change is based on: where somebody else was faster, FeedProblem 412 is raised.
    Coverages come with the fields of a `Coverage`, entries with those of an `Entry`; entry writes as a `Receipt`.
    Raises FeedProblem where the server refuses and Unreachable where nothing answers.
    """

    def __init__(self, url: str, token: str | None = None, *, deadline_s: float = 30.0) -> None:
        self._requests = Requests(url, token, deadline_s=deadline_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._requests.close()

    # Coverages

    async def create(self, title: str, *, key: str | None = None, **draft: Unpack[CoverageDraft]) -> Json:
        return await self._write("POST", "/coverages", {"title": title, **draft}, key)

    async def get(self, coverage: str) -> Json:
        return await self._requests.get(_path(coverage))

    async def coverages(self, status: str | None = None, *, limit: int = 50) -> AsyncIterator[Json]:
        """All coverages this token may read, page by page; `limit` is the length of a page."""
        query: dict[str, str | int] = {"limit": limit} | ({} if status is None else {"status": status})
        while True:
            page = await self._requests.get("/coverages", query)
            for coverage in page["coverages"]:
                yield coverage
            if not page.get("next"):
                return
            query["before"] = page["next"]

    async def change(
        self,
        coverage: str,
        /,
        *,
        key: str | None = None,
        revision: int | None = None,
        **fields: Unpack[CoverageChange],
    ) -> Json:
        return await self._write("PATCH", _path(coverage), fields, key, revision)

    async def end(self, coverage: str, /, *, key: str | None = None, **ending: Unpack[Ending]) -> Json:
        """End it, with a last entry if one is given, in one step. Ending an ended coverage changes nothing."""
        return await self._write("POST", f"{_path(coverage)}/end", ending, key)

    async def reopen(self, coverage: str, /, *, key: str | None = None) -> Json:
        return await self._write("POST", f"{_path(coverage)}/reopen", {}, key)

    async def pin(self, coverage: str, entry: str | None, /, *, key: str | None = None) -> Json:
        """Pin an entry in place of the one that was; None: pin none."""
        return await self.change(coverage, key=key, pin=entry)

    # Entries

    async def publish(self, coverage: str, /, *, key: str | None = None, **draft: Unpack[EntryDraft]) -> Receipt:
        return cast(Receipt, await self._write("POST", f"{_path(coverage)}/entries", draft, key))

    async def publish_many(
        self, coverage: str, drafts: Iterable[EntryDraft | Json], /, *, key: str | None = None
    ) -> BatchReceipt:
        """Publish all of them, in this order, or none. A refusal names the line, counted from 1."""
        body = b"\n".join(encode(draft) for draft in drafts)
        answer = await self._requests.send(
            "POST",
            f"{_path(coverage)}/entries",
            body=body,
            content_type="application/x-ndjson",
            headers={"Idempotency-Key": key or new_key()},
        )
        return cast(BatchReceipt, _document(answer))

    async def revise(
        self,
        coverage: str,
        entry: str,
        /,
        *,
        key: str | None = None,
        revision: int | None = None,
        **fields: Unpack[EntryChange],
    ) -> Receipt:
        return cast(Receipt, await self._write("PATCH", _path(coverage, entry), fields, key, revision))

    async def retract(
        self, coverage: str, entry: str, /, reason: str, *, at: str | datetime | None = None, key: str | None = None
    ) -> Receipt:
        """The entry stays visible, struck through, with the reason. `at`: when it was withdrawn, if not just now."""
        document: Json = {"reason": reason} if at is None else {"reason": reason, "at": at}
        return cast(Receipt, await self._write("POST", f"{_path(coverage, entry)}/retract", document, key))

    async def delete(
        self, coverage: str, entry: str, /, *, reason: str | None = None, key: str | None = None
    ) -> Deletion:
        """Take the entry down. Its id is not used again."""
        document = None if reason is None else {"reason": reason}
        return cast(Deletion, await self._write("DELETE", _path(coverage, entry), document, key))

    async def entry(self, coverage: str, entry: str, /) -> Json:
        return await self._requests.get(_path(coverage, entry))

    async def revisions(self, coverage: str, entry: str, /) -> list[Json]:
        """The public history of an entry, oldest first."""
        answer = await self._requests.get(f"{_path(coverage, entry)}/revisions")
        return cast(list[Json], answer["revisions"])

    async def page(self, coverage: str, /, *, limit: int = 50, before: str | None = None) -> Page:
        """A page of the timeline; its `next` is the `before` of the page below."""
        query: dict[str, str | int] = {"limit": limit} | ({} if before is None else {"before": before})
        return cast(Page, await self._requests.get(f"{_path(coverage)}/entries", query))

    async def entries(self, coverage: str, /, *, limit: int = 100) -> AsyncIterator[Json]:
        """All entries, newest first, page by page; `limit` is the length of a page."""
        before: str | None = None
        while True:
            page = await self.page(coverage, limit=limit, before=before)
            for entry in page["entries"]:
                yield cast(Json, entry)
            before = page.get("next")
            if not before:
                return

    async def changes(self, coverage: str, after: str, /, *, limit: int = 100) -> Changes:
        """What came after a cursor."""
        return cast(Changes, await self._requests.get(f"{_path(coverage)}/entries", {"after": after, "limit": limit}))

    # Tokens

    async def create_token(
        self, scopes: Iterable[str], /, *, name: str | None = None, expires_in_s: int | None = None
    ) -> Json:
        """`{id, token, scopes, …}`: the only time that the token itself is shown."""
        wanted: Json = {"scopes": list(scopes), "name": name, "expires_in_s": expires_in_s}
        given = {name: value for name, value in wanted.items() if value is not None}
        return await self._write("POST", "/tokens", given, None)

    async def tokens(self) -> list[Json]:
        return cast(list[Json], (await self._requests.get("/tokens"))["tokens"])

    async def revoke_token(self, id: str, /) -> None:  # noqa: A002 - the field's own name
        await self._write("DELETE", f"/tokens/{quote(id, safe='')}", None, None)

    async def _write(
        self, method: str, path: str, document: Mapping[str, Any] | None, key: str | None, revision: int | None = None
    ) -> Json:
        headers = {"Idempotency-Key": key or new_key()}
        if revision is not None:
            headers["If-Match"] = f'"{revision}"'
        return _document(await self._requests.send_json(method, path, document, headers=headers))


def new_key() -> str:
    """A random Idempotency-Key: make one yourself to repeat a write after this process has ended."""
    return secrets.token_urlsafe(18)


def _document(answer: httpx2.Response) -> Json:
    if answer.status_code == 204:
        return {}
    document: Json = answer.json()
    if answer.headers.get("Idempotent-Replay") == "true":
        document["replayed"] = True
    return document


def _path(coverage: str, entry: str | None = None) -> str:
    path = f"/coverages/{quote(coverage, safe='')}"
    return path if entry is None else f"{path}/entries/{quote(entry, safe='')}"
