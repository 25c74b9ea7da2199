"""JSON Web Tokens: which are taken, and every known way to forge one refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from feed.errors import NotAuthenticated, TokenExpired
from feed.jwks import KeyRing
from feed.jwt import LEEWAY_S, LONGEST_TOKEN, MOST_TRIED, Verifier
from feed.store.redis import RedisStore
from feed.tokens import NOBODY, Tokens

from .provider import SECRET, Pair, signed, write_keys

KINDS = ("RS256", "ES256", "EdDSA")


@pytest.fixture(scope="module")
def pairs() -> dict[str, Pair]:
    return {algorithm: Pair(algorithm, f"key-{algorithm}") for algorithm in KINDS}


@pytest.fixture(scope="module")
def keys(pairs: dict[str, Pair], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    write_keys(path, *pairs.values())
    return path


@pytest.fixture
def verifier(keys: Path) -> Verifier:
    return Verifier(KeyRing(secret=SECRET, path=keys))


def part(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forged(header: Any, payload: Any, secret: bytes = SECRET.encode()) -> str:
    """Put together by hand, signed with HMAC."""
    text = f"{part(header)}.{part(payload)}"
    return f"{text}.{part(hmac.digest(secret, text.encode(), 'sha256'))}"


HS256 = {"alg": "HS256", "typ": "JWT"}
CLAIMS = {"exp": 4_000_000_000, "scope": "admin"}


@pytest.mark.parametrize("kind", ["HS256", *KINDS])
def test_a_token_is_known_by_its_claims(verifier: Verifier, pairs: dict[str, Pair], kind: str) -> None:
    until = int(time.time()) + 60
    claims: dict[str, Any] = {"scope": "publish:budget-* openid read:*", "exp": until}
    token = signed(**claims) if kind == "HS256" else pairs[kind].sign(**claims)
    found = verifier.verify(token)
    assert (found.scopes, found.expires_ms) == (("publish:budget-*", "read:*"), until * 1000)
    assert verifier.trusts(found.key)
    another = signed(scope="read:*") if kind == "HS256" else pairs[kind].sign(scope="read:*")
    assert verifier.verify(another).holder == found.holder, "one subject, whatever the token"
    assert "desk" not in found.holder


def test_no_two_subjects_or_issuers_are_taken_for_one(verifier: Verifier) -> None:
    tokens: list[dict[str, Any]] = [
        {"sub": "a"},
        {"sub": "b"},
        {"sub": "a", "iss": "x"},
        {"sub": None, "jti": "1"},
        {"sub": None, "jti": "2"},
    ]
    tokens += [{"sub": None, "scope": "read:a"}, {"sub": None, "scope": "read:b"}]
    assert len({verifier.verify(signed(**claims)).holder for claims in tokens}) == len(tokens)


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "admin"}, ("admin",)),
        ({"scope": ["read:a", "read:a", "publish:b"]}, ("read:a", "publish:b")),
        (
            {"scopes": ["read:a", 1, None, "write:a", "read:[a]", "read:a b", "read:a\n", "xadmin", "admin "]},
            ("read:a",),
        ),
        ({"scope": "read:a", "scopes": ["admin"]}, ("read:a",)),
        ({"scope": {"admin": True}}, ()),
        ({"scope": 7}, ()),
        ({"scope": "ADMIN Admin read:é publish: read:" + "x" * 200}, ()),
        ({}, ()),
    ],
)
def test_only_scopes_that_mean_something_here_count(
    verifier: Verifier, claims: dict[str, Any], scopes: tuple[str, ...]
) -> None:
    assert verifier.verify(signed(**claims)).scopes == scopes


def test_a_key_is_for_its_algorithm_alone(pairs: dict[str, Pair], verifier: Verifier) -> None:
    """The classic: a public key that everybody knows, used as the secret of an HMAC."""
    encodings = (
        (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
    )
    for kind, pair in pairs.items():
        known = [pair.private.public_key().public_bytes(*how) for how in encodings]
        known += [json.dumps(pair.jwk).encode(), pair.jwk.get("n", pair.jwk.get("x", "")).encode()]
        for secret in known:
            for algorithm in ("HS256", kind):
                with pytest.raises(NotAuthenticated):
                    verifier.verify(forged({"alg": algorithm, "kid": pair.id}, CLAIMS, secret))
    with pytest.raises(NotAuthenticated):  # one pair's signature under the other's name
        verifier.verify(pairs["RS256"].sign({"kid": "key-EdDSA"}, scope="admin"))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "nOnE", "kid": "key-RS256"},
        {"alg": ""},
        {"alg": None},
        {"alg": ["HS256"]},
        {"alg": "HS384"},
        {"alg": "hs256"},
        {"alg": "PS256", "kid": "key-RS256"},
        {"alg": "RS256", "kid": "key-RS256"},
        {"alg": "HS256", "kid": 1},
        {"alg": "HS256", "kid": {"a": 1}},
        {"alg": "HS256", "crit": ["exp"]},
        {"alg": "HS256", "b64": False, "crit": ["b64"]},
        {"alg": "HS256", "typ": "secevent+jwt"},
        {"alg": "HS256", "typ": "dpop+jwt"},
        {"alg": "RS256", "jwk": {"kty": "oct", "k": "AAAA"}},
        {"alg": "RS256", "jku": "http://127.0.0.1:1/keys"},
        [],
        "HS256",
        None,
    ],
)
def test_a_header_that_asks_for_something_else_is_refused(verifier: Verifier, header: Any) -> None:
    for token in (forged(header, CLAIMS), forged(header, CLAIMS).rpartition(".")[0] + "."):
        with pytest.raises(NotAuthenticated):
            verifier.verify(token)


@pytest.mark.parametrize(
    "payload",
    [
        {"scope": "admin"},
        {"exp": None},
        {"exp": "4000000000"},
        {"exp": True},
        {"exp": [4_000_000_000]},
        {"exp": math.inf},
        {"exp": math.nan},
        {"exp": -math.inf},
        {**CLAIMS, "nbf": 4_000_000_000},
        {**CLAIMS, "nbf": "now"},
        {**CLAIMS, "iat": 4_000_000_000},
        {**CLAIMS, "iat": None},
        {**CLAIMS, "aud": "another"},
        {**CLAIMS, "aud": ["another"]},
        {**CLAIMS, "sub": 7},
        [],
        7,
        b"not json",
        b"\xff\xfe",
        b'{"exp":' + b"9" * 5000 + b"}",
        b"[" * 2000 + b"]" * 2000,
        b'{"a":' * 1000 + b"1" + b"}" * 1000,
    ],
)
def test_a_payload_that_does_not_hold_is_refused(verifier: Verifier, payload: Any) -> None:
    with pytest.raises(NotAuthenticated):
        verifier.verify(forged(HS256, payload))


@pytest.mark.parametrize("token", ["a.b.c", "e30.e30.e30", "..", f"{part(HS256)}..", part(b"[" * 3000) + ".e30.e30"])
def test_what_is_no_token_at_all_is_refused(verifier: Verifier, token: str) -> None:
    with pytest.raises(NotAuthenticated):
        verifier.verify(token)


@pytest.mark.parametrize("kind", ["HS256", *KINDS])
def test_one_changed_character_is_too_much(verifier: Verifier, pairs: dict[str, Pair], kind: str) -> None:
    token = signed(scope="read:a") if kind == "HS256" else pairs[kind].sign(scope="read:a")
    head, payload, signature = token.split(".")
    other = "B" if signature[0] == "A" else "A"
    for wrong in (
        f"{head}.{part({**CLAIMS})}.{signature}",
        f"{head}.{payload}.{other}{signature[1:]}",
        f"{head}.{payload}.{signature[:-4]}",
        f"{head}.{payload}.",
    ):
        with pytest.raises(NotAuthenticated):
            verifier.verify(wrong)


def test_times_are_those_of_the_clock_with_a_little_leeway_at_the_beginning_and_none_at_the_end(keys: Path) -> None:
    now = 1_700_000_000.0
    verifier = Verifier(KeyRing(secret=SECRET), clock=lambda: now)
    assert verifier.verify(signed(exp=int(now) + 9, nbf=int(now) + LEEWAY_S)).expires_ms == (int(now) + 9) * 1000
    assert verifier.verify(signed(exp=int(now) - 9)).expires_ms < now * 1000
    assert verifier.verify(signed(exp=1e300)).expires_ms < now * 1000 + 11 * 365 * 86_400_000
    with pytest.raises(NotAuthenticated):
        verifier.verify(signed(exp=int(now) + 99, nbf=int(now) + LEEWAY_S + 1))


def test_issuer_and_audience_are_held_to_what_is_set() -> None:
    verifier = Verifier(KeyRing(secret=SECRET), issuer="https://id.example", audience="feed")
    for audience in ("feed", ["other", "feed"]):
        assert verifier.verify(signed(iss="https://id.example", aud=audience))
    for claims in (
        {"aud": "feed"},
        {"iss": "https://id.example"},
        {"iss": "https://id.example/", "aud": "feed"},
        {"iss": "https://id.example", "aud": "Feed"},
        {"iss": "https://id.example", "aud": {"feed": 1}},
    ):
        with pytest.raises(NotAuthenticated):
            verifier.verify(signed(**claims))
    with pytest.raises(NotAuthenticated):
        verifier.verify(forged(HS256, {**CLAIMS, "iss": ["https://id.example"], "aud": "feed"}))


def test_a_token_says_which_key_or_all_of_its_kind_are_tried(tmp_path: Path) -> None:
    one, other, nameless = Pair("EdDSA", "one"), Pair("EdDSA", "other"), Pair("ES256")
    write_keys(tmp_path / "keys", one, other, nameless)
    verifier = Verifier(KeyRing(path=tmp_path / "keys"))
    for pair, headers in ((other, {}), (other, {"kid": None}), (nameless, {}), (nameless, {"kid": "any"})):
        given = {name: value for name, value in headers.items() if value}
        assert verifier.verify(pair.sign(given, scope="admin")).scopes == ("admin",)
    unnamed = Pair("EdDSA")
    unnamed.private = other.private
    assert verifier.verify(unnamed.sign(scope="admin")).scopes == ("admin",)
    with pytest.raises(NotAuthenticated, match="no key"):
        verifier.verify(other.sign({"kid": "one"}))
    with pytest.raises(NotAuthenticated, match="no key"):
        verifier.verify(Pair("RS256").sign())
    with pytest.raises(NotAuthenticated, match="no key"):
        verifier.verify(signed())


def test_a_token_that_names_no_key_is_not_tried_with_all_there_may_be(tmp_path: Path) -> None:
    pairs = [Pair("EdDSA", f"key-{number}") for number in range(MOST_TRIED + 1)]
    write_keys(tmp_path / "keys", *pairs)
    verifier = Verifier(KeyRing(path=tmp_path / "keys"))
    last, nameless = pairs[-1], Pair("EdDSA")
    assert verifier.verify(last.sign())
    for pair, tried in ((pairs[0], True), (last, False)):
        nameless.private = pair.private
        if tried:
            assert verifier.verify(nameless.sign())
        else:
            with pytest.raises(NotAuthenticated):
                verifier.verify(nameless.sign())


async def test_beside_stored_tokens_they_are_bearers_as_any(store: RedisStore) -> None:
    now = [1_700_000_000.0]
    verifier = Verifier(KeyRing(secret=SECRET), clock=lambda: now[0])
    tokens = Tokens(store, "an-administrator-of-the-tests", lambda: now[0], verifier)
    token = signed(exp=int(now[0]) + 10, scope="read:secret-*")
    bearer = await tokens.bearer(token)
    assert (bearer.may_read("secret-1"), bearer.may_publish("secret-1"), bearer.is_admin) == (True, False, False)
    assert bearer.name == (await tokens.bearer(signed(exp=int(now[0]) + 11))).name
    assert bearer.proof is not None
    assert await tokens.revoked([bearer.proof]) == set()
    assert await Tokens(store, "an-administrator-of-the-tests").revoked([bearer.proof]) == {bearer.proof}
    now[0] += 10
    with pytest.raises(TokenExpired):
        await tokens.bearer(token)
    with pytest.raises(TokenExpired):
        await tokens.reader(token, "secret-1")
    assert await tokens.reader(token, "another") == NOBODY
    for wrong in (signed("x" * 48, scope="admin"), "a." + "b" * LONGEST_TOKEN + ".c", hashlib.sha256().hexdigest()):
        with pytest.raises(NotAuthenticated):
            await tokens.bearer(wrong)
    with pytest.raises(NotAuthenticated):
        await Tokens(store, "an-administrator-of-the-tests").bearer(token)
