"""Tokens: who may publish into what, and read what is private."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.json import decode

from .drafts import TokenDraft
from .errors import Conflict, NotAllowed, NotAuthenticated, StoreUnavailable, TokenExpired
from .model import Moment, moment_from_ms, moment_to_ms
from .store.port import Once, Store
from .wire import encode

if TYPE_CHECKING:
    # Who takes no such tokens does not load the library for them.
    from .jwt import Verifier

_FORM = re.compile(r"feed_([0-9a-f]{12})_([A-Za-z0-9_-]{20,100})", re.ASCII)
# A token that was just looked up is not looked up again for this long, so a revoked one works on for as long.
REMEMBERED_S = 2.0
MOST_REMEMBERED = 10_000
# Announced when a token was revoked; no nonce of a probe looks like it.
REVOKED = "a token was revoked"
# Asked of the store at once.
_BATCH = 1_000


class Grant(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of a token: never the token itself. `digest` is the SHA-256 of its secret half.

    `salt` is what that half of a token made with an Idempotency-Key was derived from, beside the administrator's token.
    """

    id: str
    digest: str
    scopes: tuple[str, ...]
    created_at: Moment
    name: str | None = None
    expires_at: Moment | None = None
    salt: str | None = None

    def public(self) -> dict[str, object]:
        shown: dict[str, object] = {"id": self.id, "scopes": self.scopes, "created_at": self.created_at}
        return shown | {k: v for k in ("name", "expires_at") if (v := getattr(self, k)) is not None}


@dataclass(frozen=True, slots=True)
class Proof:
    """What a bearer's right rests on: a token of the store, or a key that a JWT was signed with. Neither is secret."""

    token: str | None = None
    digest: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Bearer:
    """Somebody who showed a token. `expires_ms` since 1970, None for never.

    `name` is the same whenever this token, or another JWT of the same subject, is shown; "" is nobody. `proof` is None
    where nothing can be revoked.
    """

    scopes: tuple[str, ...] = ()
    expires_ms: int | None = None
    name: str = ""
    proof: Proof | None = None

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
            scope = f"publish:{coverage}"
            raise NotAllowed(f"This token may not publish into {coverage!r}. It needs the scope {scope}.", scope=scope)

    def must_administer(self) -> None:
        if not self.is_admin:
            raise NotAllowed("This needs a token with the scope admin.", scope="admin")


NOBODY = Bearer()


class Tokens:
    """`admin_token` and JWTs that `verifier` accepts work beside those in the store. `clock` in seconds since 1970."""

    def __init__(
        self,
        store: Store,
        admin_token: str,
        clock: Callable[[], float] = time.time,
        verifier: Verifier | None = None,
    ) -> None:
        self._store = store
        self._admin_digest = _digest(admin_token)
        self._derivation = hashlib.sha256(b"feed tokens\0" + admin_token.encode()).digest()
        self._clock = clock
        self._verifier = verifier
        self._remembered: dict[str, tuple[float, Bearer]] = {}
        # Called after a token was revoked, here or on another node.
        self.on_revoked: Callable[[], None] = lambda: None

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
            return Bearer(("admin",), name="admin")
        now = self._clock()
        remembered = self._remembered.get(digest)
        if remembered is not None and now < remembered[0]:
            return remembered[1]
        bearer = await self._look_up(token)
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[digest] = (now + REMEMBERED_S, bearer)
        return bearer

    async def _look_up(self, token: str) -> Bearer:
        match = _FORM.fullmatch(token)
        if match is None:
            return self._verified(token)
        data = await self._store.token(match[1])
        grant = decode(data, type=Grant) if data else None
        digest = _digest(match[2])
        if grant is None or not hmac.compare_digest(grant.digest, digest):
            raise _unknown()
        expires_ms = moment_to_ms(grant.expires_at) if grant.expires_at else None
        return Bearer(grant.scopes, expires_ms, f"token:{grant.id}", Proof(token=grant.id, digest=digest))

    def _verified(self, token: str) -> Bearer:
        if self._verifier is None or not self._verifier.takes(token):
            raise _unknown()
        claims = self._verifier.verify(token)
        return Bearer(claims.scopes, claims.expires_ms, f"jwt:{claims.holder}", Proof(key=claims.key))

    async def revoked(self, proofs: Collection[Proof]) -> set[Proof]:
        """Those of `proofs` that no longer hold, by what is in the store and among the keys now."""
        verifier = self._verifier
        over = {proof for proof in proofs if proof.key and not (verifier is not None and verifier.trusts(proof.key))}
        asked = [(proof.token, proof) for proof in proofs if proof.token is not None]
        for first in range(0, len(asked), _BATCH):
            part = asked[first : first + _BATCH]
            found = await self._store.tokens_named([token for token, _ in part])
            for (_, proof), data in zip(part, found, strict=True):
                if data is None or decode(data, type=Grant).digest != proof.digest:
                    over.add(proof)
        return over

    async def create(self, draft: TokenDraft, once: Once | None = None) -> tuple[Grant, str, bool]:
        """The grant, the token, and whether an earlier request with the same key made it.

        The token is not kept. For a repeated request it is derived again, which takes the administrator's token that it
        was made with. Raises KeyReused; Conflict when that token is another now."""
        id_, salt = secrets.token_hex(6), secrets.token_hex(16) if once else None
        secret = self._derived(salt) if salt else secrets.token_urlsafe(32)
        now_ms = int(self._clock() * 1000)
        grant = Grant(
            id=id_,
            digest=_digest(secret),
            scopes=draft.scopes,
            created_at=moment_from_ms(now_ms),
            name=draft.name,
            expires_at=moment_from_ms(now_ms + draft.expires_in_s * 1000) if draft.expires_in_s else None,
            salt=salt,
        )
        earlier = await self._store.save_token(id_, encode(grant), once)
        if earlier is not None:
            grant = decode(earlier, type=Grant)
            secret = self._derived(grant.salt or "")
            if not hmac.compare_digest(_digest(secret), grant.digest):
                raise Conflict("The token of this Idempotency-Key can no longer be shown. Make another with a new key.")
        return grant, f"feed_{grant.id}_{secret}", earlier is not None

    def _derived(self, salt: str) -> str:
        digest = hmac.digest(self._derivation, salt.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    async def all(self) -> list[Grant]:
        grants = [decode(data, type=Grant) for data in await self._store.tokens()]
        return sorted(grants, key=lambda grant: grant.created_at)

    async def revoke(self, id_: str, once: Once | None = None) -> bool:
        """Whether an earlier request with the same key did it. Raises UnknownToken, KeyReused."""
        try:
            return await self._store.delete_token(id_, once)
        finally:  # also when only its replicas are slow to hear of it
            self.hear(REVOKED)
            with suppress(StoreUnavailable):  # the other nodes find out by themselves, only later
                await self._store.probe(REVOKED)

    def hear(self, news: str) -> None:
        """What was announced to all nodes."""
        if news == REVOKED:
            self._remembered.clear()
            self.on_revoked()


def _unknown() -> NotAuthenticated:
    return NotAuthenticated("The token is not known here, or was revoked.")


def _digest(text: str) -> str:
    # The secret has 256 random bits: there is nothing that a slow hash would protect.
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
