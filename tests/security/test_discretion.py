"""Tokens are where they belong, and neither they nor what producers send is ever in a log."""

from __future__ import annotations

import socket

import pytest

from tests.live.reading import live, types
from tests.newsroom import fresh, problem

from .conftest import Guarded
from .provider import signed

TEXT = "unmentionable-9f2c"


QUERIES = (
    "token={}",
    "access_token={}",
    "limit=5&Access_Token={}",
    "a=1;jwt={}",
    "q={}",
    "auth-token={}",
    "bearer=x",
    "TOKEN=",
)


@pytest.mark.parametrize("kind", ["stored", "jwt"])
async def test_a_token_in_the_address_is_refused_whatever_is_asked_for(guarded: Guarded, kind: str) -> None:
    newsroom = guarded.newsroom
    public, secret = newsroom.create(), newsroom.create(id=fresh("secret"), visibility="private")
    token = newsroom.make_token("admin") if kind == "stored" else signed(scope="admin")
    for query in QUERIES:
        answer = newsroom.ask("GET", f"/v1/coverages/{public}?{query.format(token)}")
        problem(answer, 400, "token_in_address")
        assert token not in answer.text
    for id_ in (public, secret, "nothing-0"):
        path = f"/v1/coverages/{id_}"
        for place in ("/entries", "/events", "/entries/a", "/entries/a/revisions"):
            problem(newsroom.ask("GET", f"{path}{place}?token={token}"), 400, "token_in_address")
        problem(newsroom.ask("POST", f"{path}/entries?token={token}", {"text": "x"}), 400, "token_in_address")
        async with live(newsroom.url, id_, f"token={token}") as reader:
            (error,) = await reader.rest()
            assert (error["code"], reader.code) == ("token_in_address", 4001)


@pytest.mark.parametrize("query", ["after=1-1", "before=5-token", "status=live&utm_source=token", "limit=5"])
def test_what_is_no_token_is_none(guarded: Guarded, query: str) -> None:
    answer = guarded.newsroom.ask("GET", f"/v1/coverages?{query}")
    assert "token_in_address" not in answer.text
    page = guarded.newsroom.ask("GET", f"/c/{guarded.newsroom.create()}?token=of-somebody-else")
    assert page.status_code == 200, "a page that is linked with a parameter of another site"


async def test_no_log_has_a_token_or_what_was_sent(guarded: Guarded) -> None:
    newsroom, server = guarded.newsroom, guarded.server
    secret = newsroom.create(id=fresh("secret"), visibility="private", title=TEXT)
    stored, jwt, wrong = (
        newsroom.make_token(f"publish:{secret}"),
        signed(scope="admin"),
        "feed_0123456789ab_" + "Q" * 43,
    )
    path = f"/v1/coverages/{secret}/entries"
    for token in (stored, jwt, wrong, newsroom.token):
        newsroom.ask("POST", path, {"markdown": TEXT, "labels": [TEXT]}, token=token)
        newsroom.ask("POST", path, {"markdown": TEXT, "unknown": TEXT}, token=token)
        newsroom.ask("POST", path, body=TEXT.encode() + b"\xff{", token=token)
        newsroom.ask("GET", f"{path}?token={token}")
        newsroom.ask("GET", f"/c/{token}?access_token={token}", token="")
        newsroom.ask("DELETE", f"/v1/tokens/{token}", headers={"Idempotency-Key": token})
        strange = {"Authorization": f"Basic {token}", "Cookie": f"token={token}", "Referer": f"https://x/?t={token}"}
        newsroom.ask("GET", path, token="", headers=strange | {"User-Agent": token, "X-Token": token})
        async with live(newsroom.url, secret, f"token={token}") as reader:
            await reader.rest()
        async with live(newsroom.url, secret, token=token) as reader:
            await reader.say({"type": "auth", "token": token})
            await reader.say({"type": TEXT, "token": token})
            await reader.rest()
        async with live(newsroom.url, secret) as reader:
            await reader.say(token)
            assert types(await reader.rest()) == ["error"]
        # What is no HTTP, and a handshake that is none.
        upgrade = f"Host: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nAuthorization: Bearer {token}"
        for head in (
            f"GET /{token} HTTP/9\r\n\r\n",
            f"GET /v1/coverages/{secret}/live?token={token} HTTP/1.1\r\n{upgrade}\r\n\r\n",
        ):
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
                connection.sendall(head.encode())
                connection.recv(1000)
    secrets = (stored, jwt, wrong, newsroom.token, TEXT, jwt.split(".")[1], jwt.split(".")[2], wrong[18:], stored[18:])
    assert server.log, "it logs something"
    for line in server.log.splitlines():
        assert not any(one in line for one in secrets), line
