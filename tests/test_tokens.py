"""Tokens: who may publish into what, and read what is private."""

from __future__ import annotations

import pytest

from feed.drafts import TokenDraft
from feed.errors import (
    Conflict,
    KeyReused,
    NotAllowed,
    NotAuthenticated,
    NotDurable,
    TokenExpired,
    UnknownToken,
)
from feed.store.port import Once
from feed.store.redis import RedisStore
from feed.tokens import NOBODY, REMEMBERED_S, Bearer, Proof, Tokens

from .running import StoreProcess

ADMIN = "an-administrator-of-the-tests"


class Clock:
    """Seconds since 1970, as a test sets them."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(store: RedisStore, clock: Clock) -> Tokens:
    return Tokens(store, ADMIN, clock)


async def test_a_token_that_was_made_is_known_by_its_scopes(tokens: Tokens) -> None:
    grant, token, _ = await tokens.create(TokenDraft(scopes=("publish:budget-*",), name="desk"))
    bearer = await tokens.bearer(token)
    assert (bearer.scopes, bearer.expires_ms, bearer.name) == (("publish:budget-*",), None, f"token:{grant.id}")
    assert grant.public() == {
        "id": grant.id,
        "name": "desk",
        "scopes": ("publish:budget-*",),
        "created_at": "2023-11-14T22:13:20.000Z",
    }
    assert await tokens.all() == [grant]


async def test_the_store_does_not_hold_the_token(tokens: Tokens, store: RedisStore) -> None:
    _, token, _ = await tokens.create(TokenDraft(scopes=("admin",)))
    (kept,) = await store.tokens()
    assert token.split("_", 2)[2].encode() not in kept
    assert "digest" not in (await tokens.all())[0].public()


async def test_the_administrators_token_needs_no_store(tokens: Tokens) -> None:
    assert (await tokens.bearer(ADMIN)).is_admin


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        ADMIN + "x",
        "feed_0123456789ab_" + "x" * 43,
        "feed_zz_x",
        "feed_0123456789ab_é",
        "\0",
        "é" * 99,
        "\ud800",
        "a.b.c",
    ],
)
async def test_a_token_that_nobody_made_is_not_authenticated(tokens: Tokens, token: str) -> None:
    with pytest.raises(NotAuthenticated):
        await tokens.bearer(token)
    assert await tokens.reader(token, "c") == NOBODY


async def test_the_secret_half_counts(tokens: Tokens) -> None:
    _, token, _ = await tokens.create(TokenDraft(scopes=("admin",)))
    _, other, _ = await tokens.create(TokenDraft(scopes=("admin",)))
    with pytest.raises(NotAuthenticated):
        await tokens.bearer(token[:18] + other[18:])


async def test_a_revoked_token_is_over_at_once_here_and_soon_elsewhere(
    tokens: Tokens, store: RedisStore, clock: Clock
) -> None:
    grant, token, _ = await tokens.create(TokenDraft(scopes=("read:*",)))
    elsewhere = Tokens(store, ADMIN, clock)
    assert await elsewhere.bearer(token) == await tokens.bearer(token)
    await tokens.revoke(grant.id)
    with pytest.raises(NotAuthenticated):
        await tokens.bearer(token)
    clock.now += REMEMBERED_S + 0.1
    with pytest.raises(NotAuthenticated):
        await elsewhere.bearer(token)
    with pytest.raises(UnknownToken):
        await tokens.revoke(grant.id)


async def test_a_token_expires_also_while_it_is_remembered(tokens: Tokens, clock: Clock) -> None:
    grant, token, _ = await tokens.create(TokenDraft(scopes=("read:secret",), expires_in_s=1))
    assert grant.public()["expires_at"] == "2023-11-14T22:13:21.000Z"
    assert (await tokens.bearer(token)).expires_ms == 1_700_000_001_000
    clock.now += 1
    with pytest.raises(TokenExpired):
        await tokens.bearer(token)


async def test_only_who_could_read_it_is_told_that_the_token_expired(tokens: Tokens, clock: Clock) -> None:
    _, token, _ = await tokens.create(TokenDraft(scopes=("read:secret",), expires_in_s=1))
    assert (await tokens.reader(token, "secret")).may_read("secret")
    clock.now += 1
    with pytest.raises(TokenExpired):
        await tokens.reader(token, "secret")
    assert await tokens.reader(token, "another") == NOBODY


@pytest.mark.parametrize(
    ("scope", "publishes", "reads"),
    [
        ("admin", "ab", "ab"),
        ("publish:*", "ab", "ab"),
        ("publish:a", "a", "a"),
        ("read:*", "", "ab"),
        ("read:b", "", "b"),
        ("publish:A", "", ""),
    ],
)
def test_scopes_cover_coverages(scope: str, publishes: str, reads: str) -> None:
    bearer = Bearer((scope,))
    assert "".join(id_ for id_ in "ab" if bearer.may_publish(id_)) == publishes
    assert "".join(id_ for id_ in "ab" if bearer.may_read(id_)) == reads


def test_a_pattern_covers_what_begins_or_ends_like_it() -> None:
    bearer = Bearer(("publish:budget-*", "publish:*-night"))
    assert [bearer.may_publish(id_) for id_ in ("budget-", "budget-2026", "budget", "election-night")] == [
        True,
        True,
        False,
        True,
    ]


def test_what_is_not_covered_is_not_allowed_and_says_what_would_be() -> None:
    with pytest.raises(NotAllowed, match="publish:c"):
        Bearer(("publish:b", "read:c")).must_publish("c")
    with pytest.raises(NotAllowed, match="admin"):
        Bearer(("publish:*",)).must_administer()
    Bearer(("admin",)).must_administer()
    assert not NOBODY.may_read("c")


async def test_a_token_made_twice_with_one_key_is_the_same_and_is_not_kept(tokens: Tokens, store: RedisStore) -> None:
    draft, once = TokenDraft(scopes=("read:*",)), Once("key", "digest")
    first, again = await tokens.create(draft, once), await tokens.create(draft, once)
    assert (first[:2], first[2], again[2]) == (again[:2], False, True)
    assert (await tokens.bearer(first[1])).scopes == ("read:*",)
    assert await tokens.all() == [first[0]]
    (kept,) = await store.tokens()
    assert first[1].split("_", 2)[2].encode() not in kept
    with pytest.raises(KeyReused):
        await tokens.create(draft, Once("key", "another"))
    other = await tokens.create(draft, Once("another", "digest"))
    assert other[1].split("_", 2)[2] != first[1].split("_", 2)[2]


async def test_a_token_of_a_key_is_not_shown_again_when_the_administrators_token_is_another(
    tokens: Tokens, store: RedisStore, clock: Clock
) -> None:
    draft, once = TokenDraft(scopes=("read:*",)), Once("key", "digest")
    await tokens.create(draft, once)
    with pytest.raises(Conflict):
        await Tokens(store, ADMIN + "2", clock).create(draft, once)


async def test_what_was_revoked_no_longer_holds(tokens: Tokens) -> None:
    made = [await tokens.create(TokenDraft(scopes=("read:*",))) for _ in range(3)]
    proofs = [(await tokens.bearer(token)).proof for _, token, _ in made]
    held = [proof for proof in proofs if proof is not None]
    assert await tokens.revoked(held) == set()
    await tokens.revoke(made[1][0].id)
    assert await tokens.revoked(held) == {held[1]}
    assert await tokens.revoked([Proof(token=held[0].token, digest="another")]) == {Proof(held[0].token, "another")}
    assert (await tokens.bearer(ADMIN)).proof is None


async def test_only_so_many_are_remembered(
    tokens: Tokens, store: RedisStore, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feed.tokens.MOST_REMEMBERED", 2)
    made = [await tokens.create(TokenDraft(scopes=("read:*",))) for _ in range(5)]
    elsewhere = Tokens(store, ADMIN, clock)
    for _, token, _ in made:
        await elsewhere.bearer(token)
    for grant, _, _ in made:
        await tokens.revoke(grant.id)
    held = 0
    for _, token, _ in made:
        try:
            held += (await elsewhere.bearer(token)).may_read("c")
        except NotAuthenticated:
            continue
    assert held <= 2


async def test_a_revocation_that_replicas_do_not_have_yet_is_heard_of_all_the_same(
    store: RedisStore, each_store: StoreProcess
) -> None:
    hasty = RedisStore.open(each_store.url, require_replicas=1, acknowledge_within_ms=10)
    try:
        tokens, heard = Tokens(hasty, ADMIN), []
        tokens.on_revoked = lambda: heard.append("revoked")
        grant, token, _ = await Tokens(store, ADMIN).create(TokenDraft(scopes=("admin",)))
        await tokens.bearer(token)
        with pytest.raises(NotDurable):
            await tokens.revoke(grant.id)
        assert heard == ["revoked"]
        with pytest.raises(NotAuthenticated):
            await tokens.bearer(token)
    finally:
        await hasty.close()
