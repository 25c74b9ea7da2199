"""The file of keys: what may be in it, and that it is read anew when it changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jwt.algorithms import get_default_algorithms

from feed.errors import NotAuthenticated, SettingsError
from feed.jwks import LOOKED_AT_AFTER_S, MOST_KEYS, KeyRing, read_keys
from feed.jwt import Verifier

from .provider import Pair, write_keys


def test_keys_are_read_anew_when_the_file_changes_and_stay_when_it_cannot_be_read(tmp_path: Path) -> None:
    path, clock = tmp_path / "keys", [0.0]
    first, second = Pair("EdDSA", "first"), Pair("EdDSA", "second")
    write_keys(path, first)
    verifier = Verifier(KeyRing(path=path, clock=lambda: clock[0]))
    key = verifier.verify(first.sign()).key
    write_keys(path, second)
    assert verifier.trusts(key), "it is not looked at all the time"
    clock[0] += LOOKED_AT_AFTER_S
    assert not verifier.trusts(key)
    assert verifier.verify(second.sign())
    with pytest.raises(NotAuthenticated):
        verifier.verify(first.sign())
    for content in ("", "{", '{"keys": []}'):
        path.write_text(content)
        clock[0] += LOOKED_AT_AFTER_S
        assert verifier.verify(second.sign())
    path.unlink()
    clock[0] += LOOKED_AT_AFTER_S
    assert verifier.verify(second.sign())
    write_keys(path, first)
    clock[0] += LOOKED_AT_AFTER_S
    assert verifier.trusts(key)


@pytest.mark.parametrize(
    "other",
    [
        Pair("RS256", use="enc").jwk,
        Pair("ES256", key_ops=["deriveKey"]).jwk,
        Pair("RS256", alg="PS256").jwk,
        Pair("RS256", alg="RSA-OAEP").jwk,
        {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "X25519", "x": "AA"},
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "kid": 7},
        {"kty": ["EC"]},
        {},
    ],
)
def test_a_set_may_have_keys_of_kinds_that_are_not_used_here(tmp_path: Path, other: dict[str, Any]) -> None:
    pair, path = Pair("EdDSA", "ours"), tmp_path / "keys"
    path.write_text(json.dumps({"keys": [other, pair.jwk, other]}))
    assert [key.id for key in read_keys(path)] == ["ours"]
    assert Verifier(KeyRing(path=path)).verify(pair.sign())


def private(pair: Pair) -> dict[str, Any]:
    return {**pair.jwk, **json.loads(str(get_default_algorithms()[pair.algorithm].to_jwk(pair.private)))}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", "no key set"),
        (b"[]", "no key set"),
        (b'{"keys": 1}', "no key set"),
        (b"[" * 100_000, "no key set"),
        (b'{"keys": []}', "no key that signs"),
        (b'{"keys": [1]}', "no object"),
        (b'{"keys": [{}]}', "expected RSA"),
        (b'{"keys": [{"kty": "EC", "crv": "P-521"}]}', "no key that signs"),
        (b'{"keys": [{"kty": "RSA", "kid": 7}]}', "kid"),
        (b'{"keys": [{"kty": "RSA"}]}', "cannot be understood"),
        (b'{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}]}', "cannot be understood"),
        (b'{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}', "FEED_JWT_SECRET"),
        (json.dumps({"keys": [{"kty": "RSA"}] * (MOST_KEYS + 1)}).encode(), "more than"),
        (b" " * 300_000, "larger"),
        (json.dumps({"keys": [private(Pair("EdDSA"))]}).encode(), "private"),
        (json.dumps({"keys": [Pair("RS256", bits=1024).jwk]}).encode(), "1024 bits"),
        (json.dumps({"keys": [Pair("RS256", alg="PS256").jwk]}).encode(), "no key that signs"),
        (json.dumps({"keys": [Pair("EdDSA").jwk, {"kty": "RSA"}]}).encode(), "key 2 cannot be understood"),
    ],
)
def test_a_file_that_cannot_be_used_is_explained_without_showing_it(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "keys"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match="FEED_JWT_KEYS") as refused:
        KeyRing(path=path)
    assert said in refused.value.detail
    assert "c2VjcmV0" not in refused.value.detail
