"""Tokens: who may publish into what, and read what is private."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.json import decode

from .drafts import TokenDraft
from .errors import NotAllowed, NotAuthenticated, TokenExpired, UnknownToken
from .model import Moment, moment_from_ms, moment_to_ms
from .store.port import Store
from .wire import encode

_FORM = re.compile(r"feed_([0-9a-f]{12})_([A-Za-z0-9_-]{20,100})", re.ASCII)
# A token that was just looked up is not looked up again for this long, so a revoked one works on for as long.
REMEMBERED_S = 2.0


class Grant(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of a token: never the token itself. `digest` is the SHA-256 of its secret half."""

    id: str
    digest: str
    scopes: tuple[str, ...]
    created_at: Moment
    name: str | None = None
    expires_at: Moment | None = None

    def public(self) -> dict[str, object]:
        shown: dict[str, object] = {"id": self.id, "scopes": self.scopes, "created_at": self.created_at}
        return shown | {k: v for k in ("name", "expires_at") if (v := getattr(self, k)) is not None}


@dataclass(frozen=True, slots=True)
class Bearer:
    """Somebody who showed a token. `expires_ms` since 1970, None for never."""

    scopes: tuple[str, ...] = ()
    expires_ms: int | None = None

    @property
    def is_admin(self) -> bool:
        return "admin" in self.scopes

    def may_publish(self, coverage: str) -> bool:
        return self.is_admin or self._covers("publish", coverage)

    def may_read(self, coverage: str) -> bool:
        """Of a private coverage. Who may publish into it may read it."""
        return self.may_publish(coverage) or self._covers("read", coverage)

    def _covers(self, what: str, coverage: str) -> bool:
        patterns = (scope.partition(":")[2] for scope in self.scopes if scope.startswith(f"{what}:"))
        return any(fnmatchcase(coverage, pattern) for pattern in patterns)

    def must_publish(self, coverage: str) -> None:
        if not self.may_publish(coverage):
            raise NotAllowed(f"This token may not publish into {coverage!r}. It needs the scope publish:{coverage}.")

    def must_administer(self) -> None:
        if not self.is_admin:
            raise NotAllowed("This needs a token with the scope admin.")


NOBODY = Bearer()


class Tokens:
    """`admin_token` works beside those in the store. `clock` in seconds since 1970."""

    def __init__(self, store: Store, admin_token: str, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._admin_digest = _digest(admin_token)
        self._clock = clock
        self._remembered: dict[str, tuple[float, Bearer]] = {}

    async def bearer(self, token: str) -> Bearer:
        """Raises NotAuthenticated for a token that is unknown or revoked, TokenExpired."""
        bearer = await self._holder(token)
        if self._is_over(bearer):
            raise TokenExpired
        return bearer

    async def reader(self, token: str, coverage: str) -> Bearer:
        """NOBODY for a token that does not hold: what is private looks to its bearer as if it were not there.

        Raises TokenExpired for one that opened the coverage, or would have, and only has to be renewed."""
        try:
            bearer = await self._holder(token)
        except NotAuthenticated:
            return NOBODY
        if not self._is_over(bearer):
            return bearer
        if bearer.may_read(coverage):
            raise TokenExpired
        return NOBODY

    def _is_over(self, bearer: Bearer) -> bool:
        return bearer.expires_ms is not None and self._clock() * 1000 >= bearer.expires_ms

    async def _holder(self, token: str) -> Bearer:
        digest = _digest(token)
        if hmac.compare_digest(digest, self._admin_digest):
            return Bearer(("admin",))
        now = self._clock()
        remembered = self._remembered.get(digest)
        if remembered is not None and now < remembered[0]:
            return remembered[1]
        bearer = await self._look_up(token)
        if len(self._remembered) > 10_000:
            self._remembered.clear()
        self._remembered[digest] = (now + REMEMBERED_S, bearer)
        return bearer

    async def _look_up(self, token: str) -> Bearer:
        match = _FORM.fullmatch(token)
        data = await self._store.token(match[1]) if match else None
        grant = decode(data, type=Grant) if data else None
        if match is None or grant is None or not hmac.compare_digest(grant.digest, _digest(match[2])):
            raise NotAuthenticated("The token is not known here, or was revoked.")
        return Bearer(grant.scopes, moment_to_ms(grant.expires_at) if grant.expires_at else None)

    async def create(self, draft: TokenDraft) -> tuple[Grant, str]:
        """The grant, and the token: shown this once, and not kept."""
        id_, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        now_ms = int(self._clock() * 1000)
        grant = Grant(
            id=id_,
            digest=_digest(secret),
            scopes=draft.scopes,
            created_at=moment_from_ms(now_ms),
            name=draft.name,
            expires_at=moment_from_ms(now_ms + draft.expires_in_s * 1000) if draft.expires_in_s else None,
        )
        await self._store.save_token(id_, encode(grant))
        return grant, f"feed_{id_}_{secret}"

    async def all(self) -> list[Grant]:
        grants = [decode(data, type=Grant) for data in await self._store.tokens()]
        return sorted(grants, key=lambda grant: grant.created_at)

    async def revoke(self, id_: str) -> None:
        if not await self._store.delete_token(id_):
            raise UnknownToken(f"There is no token {id_!r}.")
        self._remembered.clear()


def _digest(text: str) -> str:
    # The secret has 256 random bits: there is nothing that a slow hash would protect.
    return hashlib.sha256(text.encode()).hexdigest()
