"""An identity provider of the tests: keys of every kind, and tokens signed with them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

SECRET = "a-secret-of-the-tests-of-48-characters-or-so-0123"


class Pair:
    """A private key, and its public half as a JWK."""

    def __init__(self, algorithm: str, id_: str | None = None, **members: Any) -> None:
        self.algorithm = algorithm
        self.id = id_
        make: dict[str, Callable[[], Any]] = {
            "RS256": lambda: rsa.generate_private_key(65537, members.pop("bits", 2048)),
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
        }
        self.private = make[algorithm]()
        exported = get_default_algorithms()[algorithm].to_jwk(self.private.public_key())
        self.jwk = {**json.loads(exported), **({"kid": id_} if id_ else {}), **members}
        # Some say what a key may do as its owner sees it.
        if "key_ops" not in members:
            self.jwk.pop("key_ops", None)

    def sign(self, headers: dict[str, Any] | None = None, /, **claims: Any) -> str:
        named = {"kid": self.id} if self.id else {}
        return jwt.encode(claims_of(claims), self.private, self.algorithm, {**named, **(headers or {})})


def signed(secret: str = SECRET, headers: dict[str, Any] | None = None, /, **claims: Any) -> str:
    return jwt.encode(claims_of(claims), secret, "HS256", headers)


def claims_of(given: dict[str, Any]) -> dict[str, Any]:
    """With an hour to live, unless something else is said; a claim that is None is left out."""
    claims = {"exp": int(time.time()) + 3600, "sub": "desk"} | given
    return {name: value for name, value in claims.items() if value is not None}


def write_keys(path: Path, *pairs: Pair) -> None:
    """As a careful operator does it: the file is there whole, or as it was."""
    written = path.with_suffix(".new")
    written.write_text(json.dumps({"keys": [pair.jwk for pair in pairs]}))
    os.replace(written, path)
