"""Tokens that an identity provider made: JSON Web Tokens (RFC 7519), verified as RFC 8725 advises."""

from __future__ import annotations

import hashlib
import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.exceptions import (
    InvalidAudienceError,
    InvalidIssuerError,
    InvalidSignatureError,
    MissingRequiredClaimError,
    PyJWTError,
)

from .drafts import SCOPE
from .errors import NotAuthenticated
from .jwks import Key, KeyRing
from .settings import Settings

LONGEST_TOKEN = 8_000
MOST_SCOPES = 50
# Keys that a token which names none may be signed with: each costs up to 0.2 ms, and anybody may ask.
MOST_TRIED = 8
# How far the clocks of two machines may be apart. A token is over when it says so, though.
LEEWAY_S = 10
LONGEST_LIFE_S = 10 * 365 * 86_400

_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
_SCOPE = re.compile(SCOPE, re.ASCII)
# Of what a JWT can be, those that grant access (RFC 9068 section 2.1); an issuer need not say which it is.
_TYPES = ("jwt", "at+jwt", "application/at+jwt")


@dataclass(frozen=True, slots=True)
class Claims:
    """`holder` is the same for all tokens of one subject, and does not tell who that is; `key` marks the key."""

    holder: str
    scopes: tuple[str, ...]
    expires_ms: int
    key: str


def verifier_of(settings: Settings) -> Verifier:
    """Raises SettingsError for keys that cannot be used."""
    keys = KeyRing(secret=settings.jwt_secret, path=settings.jwt_keys)
    return Verifier(keys, issuer=settings.jwt_issuer, audience=settings.jwt_audience)


class Verifier:
    """`clock` in seconds since 1970. Without `audience` a token that is meant for one is refused (RFC 7519, 4.1.3)."""

    def __init__(
        self,
        keys: KeyRing,
        *,
        issuer: str | None = None,
        audience: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._clock = clock

    def takes(self, token: str) -> bool:
        """Whether it looks like one."""
        return len(token) <= LONGEST_TOKEN and _FORM.fullmatch(token) is not None

    def trusts(self, key: str) -> bool:
        """Whether the key of this mark still is one of ours."""
        return self._keys.holds(key)

    def verify(self, token: str) -> Claims:
        """Raises NotAuthenticated. That a token has expired is for the caller to see."""
        try:
            header = jwt.get_unverified_header(token)
            if "crit" in header or str(header.get("typ", "JWT")).lower() not in _TYPES:
                raise NotAuthenticated("The token is a JWT of a kind that is not taken here.")
            for key in self._keys.matching(str(header.get("alg")), header.get("kid"))[:MOST_TRIED]:
                try:
                    return self._claims(self._decoded(token, key), key)
                except InvalidSignatureError:
                    continue
        except MissingRequiredClaimError as error:
            raise NotAuthenticated(f"The token has no claim {error.claim!r}.") from None
        except (InvalidAudienceError, InvalidIssuerError):
            raise NotAuthenticated("The token is of another issuer, or for another audience.") from None
        except (PyJWTError, RecursionError):
            raise NotAuthenticated("The token is a JWT that cannot be read.") from None
        raise NotAuthenticated("The token is signed with no key that is known here.")

    def _decoded(self, token: str, key: Key) -> dict[str, Any]:
        # Times are compared below: with our clock, and an expired token is told from one that never was any.
        return jwt.decode(
            token,
            key.material,
            algorithms=[key.algorithm],
            audience=self._audience,
            issuer=self._issuer,
            options={"require": ["exp"], "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )

    def _claims(self, payload: dict[str, Any], key: Key) -> Claims:
        now = self._clock()
        for name in ("exp", "nbf", "iat"):
            value = payload.get(name, 0)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise NotAuthenticated(f"The token's {name} is no time.")
            if name != "exp" and value > now + LEEWAY_S:
                raise NotAuthenticated("The token is not valid yet.")
        return Claims(
            holder=_holder(payload),
            scopes=_scopes(payload),
            expires_ms=int(min(payload["exp"], now + LONGEST_LIFE_S) * 1000),
            key=key.mark,
        )


def _holder(payload: dict[str, Any]) -> str:
    """Of the subject, or else of this one token."""
    who = payload.get("sub") or payload.get("jti") or repr(sorted(payload.items(), key=lambda claim: claim[0]))
    return hashlib.sha256(f"{payload.get('iss', '')}\0{who}".encode(errors="replace")).hexdigest()[:24]


def _scopes(payload: dict[str, Any]) -> tuple[str, ...]:
    """Those that mean something here: an identity provider adds its own, as in ``openid profile``."""
    given = payload.get("scope", payload.get("scopes", ()))
    members = given.split() if isinstance(given, str) else given if isinstance(given, list) else ()
    fitting = (one for one in members if isinstance(one, str) and len(one) <= 120 and _SCOPE.fullmatch(one))
    return tuple(dict.fromkeys(fitting))[:MOST_SCOPES]
