"""Keys that others sign tokens with: a JSON Web Key Set (RFC 7517) in a file, read anew when the file changes."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from .errors import SettingsError

log = structlog.get_logger()

# A key is for one algorithm only: a token that names another is not tried with it (RFC 8725 section 3.1).
ALGORITHMS = {("RSA", None): "RS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}
LEAST_RSA_BITS = 2048
MOST_KEYS = 32
LARGEST_FILE = 256 * 1024
# How often, at most, the file is asked whether it changed.
LOOKED_AT_AFTER_S = 1.0


@dataclass(frozen=True, slots=True)
class Key:
    """`id` is its ``kid``, None when it has none; `mark` tells it from every other; `material` is what PyJWT takes."""

    algorithm: str
    id: str | None
    mark: str
    material: Any


def secret_key(secret: str) -> Key:
    """For HS256."""
    return Key("HS256", None, hashlib.sha256(b"HS256\0" + secret.encode()).hexdigest(), secret.encode())


def read_keys(path: Path) -> tuple[Key, ...]:
    """Every key of the set that signs as we verify. Raises SettingsError naming what cannot be used."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise _unusable(path, f"cannot be read ({error.strerror})") from None
    if len(content) > LARGEST_FILE:
        raise _unusable(path, f"is larger than {LARGEST_FILE} bytes")
    try:
        document = json.loads(content)
        members = document["keys"]
        if not isinstance(members, list):
            raise TypeError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _unusable(path, 'is no key set: expected {"keys": [...]}') from None
    if len(members) > MOST_KEYS:
        raise _unusable(path, f"has more than {MOST_KEYS} keys")
    keys = tuple(key for number, member in enumerate(members, 1) for key in _keys(path, number, member))
    if not keys:
        raise _unusable(path, "has no key that signs: expected RSA for RS256, P-256 for ES256 or Ed25519 for EdDSA")
    return keys


def _keys(path: Path, number: int, member: Any) -> Iterator[Key]:
    """Nothing for a key that encrypts, or signs in another way: a set may well have them, too (RFC 7517 section 5)."""
    if not isinstance(member, dict):
        raise _unusable(path, f"key {number} is no object")
    operations = member.get("key_ops")
    if member.get("use", "sig") != "sig" or (isinstance(operations, list) and "verify" not in operations):
        return
    kind, curve, id_ = member.get("kty"), member.get("crv"), member.get("kid")
    if kind == "oct":
        raise _unusable(path, f"key {number} is a secret, which does not belong here: set FEED_JWT_SECRET for HS256")
    algorithm = ALGORITHMS.get((kind, curve)) if isinstance(kind, str) and isinstance(curve, str | None) else None
    if algorithm is None or member.get("alg", algorithm) != algorithm:
        return
    if not isinstance(id_, str | None):
        raise _unusable(path, f"key {number} has a kid that is no text")
    if "d" in member:
        raise _unusable(path, f"key {number} is a private one, with which tokens are made: keep only its public half")
    try:
        material = PyJWK(member, algorithm).key
    except (PyJWTError, ValueError, TypeError, KeyError):
        raise _unusable(path, f"key {number} cannot be understood") from None
    if algorithm == "RS256" and material.key_size < LEAST_RSA_BITS:
        raise _unusable(path, f"key {number} has {material.key_size} bits, fewer than {LEAST_RSA_BITS}")
    mark = hashlib.sha256(json.dumps(member, sort_keys=True).encode()).hexdigest()
    yield Key(algorithm, id_, mark, material)


def _unusable(path: Path, what: str) -> SettingsError:
    return SettingsError(f"FEED_JWT_KEYS: {path} {what}.")


class KeyRing:
    """The keys that are trusted now. `clock` in seconds, from anywhere.

    A file that becomes unreadable leaves the keys as they were: one slip in it must not lock everybody out.
    """

    def __init__(
        self, *, secret: str | None = None, path: Path | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Raises SettingsError for a file that cannot be used."""
        self._secrets = (secret_key(secret),) if secret else ()
        self._path = path
        self._clock = clock
        self._state = _state(path) if path else None
        self._read: tuple[Key, ...] = read_keys(path) if path else ()
        self._look_at = clock() + LOOKED_AT_AFTER_S

    def matching(self, algorithm: str, id_: str | None) -> Sequence[Key]:
        """Keys that a token with this header may be signed with."""
        return [key for key in self._all() if key.algorithm == algorithm and (None in (id_, key.id) or id_ == key.id)]

    def holds(self, mark: str) -> bool:
        return any(key.mark == mark for key in self._all())

    def _all(self) -> tuple[Key, ...]:
        self._refresh()
        return self._secrets + self._read

    def _refresh(self) -> None:
        now = self._clock()
        if self._path is None or now < self._look_at:
            return
        self._look_at = now + LOOKED_AT_AFTER_S
        state = _state(self._path)
        if state == self._state:
            return
        self._state = state
        try:
            self._read = read_keys(self._path)
            log.info("read the keys of tokens anew", keys=len(self._read))
        except SettingsError as error:
            log.error("the keys of tokens stay as they were", reason=error.detail)


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
