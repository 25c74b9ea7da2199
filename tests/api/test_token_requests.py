"""/v1/tokens on a real server: made, shown once, listed, revoked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.newsroom import Newsroom, problem


def test_a_token_is_shown_once_and_listed_without_its_secret(newsroom: Newsroom) -> None:
    answer = newsroom.ask("POST", "/v1/tokens", {"scopes": ["publish:budget-*"], "name": "Desk", "expires_in_s": 3600})
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    assert (made["scopes"], made["name"]) == (["publish:budget-*"], "Desk")
    assert made["expires_at"] > made["created_at"]
    listed = newsroom.ask("GET", "/v1/tokens")
    (found,) = [token for token in listed.json()["tokens"] if token["id"] == made["id"]]
    assert found == {name: value for name, value in made.items() if name != "token"}
    assert made["token"] not in listed.text
    assert "digest" not in listed.text


def test_a_revoked_token_is_over_at_once(newsroom: Newsroom) -> None:
    made = newsroom.ask("POST", "/v1/tokens", {"scopes": ["publish:*"]}).json()
    coverage = newsroom.create()
    path = f"/v1/coverages/{coverage}/entries"
    assert newsroom.ask("POST", path, {"text": "x"}, token=made["token"]).status_code == 201
    revoked = newsroom.ask("DELETE", f"/v1/tokens/{made['id']}")
    assert (revoked.status_code, revoked.content) == (204, b"")
    problem(newsroom.ask("POST", path, {"text": "x"}, token=made["token"]), 401, "not_authenticated")
    problem(newsroom.ask("DELETE", f"/v1/tokens/{made['id']}"), 404, "unknown_token")


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["root"]}, "scopes[0]"),
        ({"scopes": ["admin", "publish:a b"]}, "scopes[1]"),
        ({"scopes": ["publish:[a]"]}, "scopes[0]"),
        ({"scopes": ["admin"], "expires_in_s": -1}, "expires_in_s"),
        ({"scopes": ["admin"], "expires_at": "x"}, "expires_at"),
    ],
)
def test_a_token_that_cannot_be_made_is_explained(newsroom: Newsroom, draft: Any, field: str) -> None:
    assert problem(newsroom.ask("POST", "/v1/tokens", draft), 422, "invalid_field")["field"] == field
