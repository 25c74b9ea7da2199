"""Addresses of stores: which are taken, and what is told of them."""

from __future__ import annotations

import pytest

from feed.errors import SettingsError
from feed.store.connect import connect, safe_url


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("localhost:6379", "no store's address"),
        ("http://localhost", "scheme 'http'"),
        ("redis+sentinel://a:1,b:2", "names no service"),
        ("redis+sentinel://a:1,b/mymaster", "not host:port"),
        ("redis://:secret@h:notaport", "not host:port"),
        ("desk:secret@h:6379", "no store's address"),
        ("redis://desk:1secret/x@h:6379", "as %xx"),
        ("redis+cluster://desk:1secret/x@h:6379", "as %xx"),
        ("redis+sentinel://desk:secret[@h:1/mymaster", "as %xx"),
        ("redis+sentinel://:secret@a:1/mymaster/one", "no number"),
        ("redis://h:notaport?password=secret", "not host:port"),
        ("redis://desk:1secret?x@h:6379", "as %xx"),
        ("redis+cluster://h?password=1@secret", "as %xx"),
    ],
)
def test_an_address_that_is_none_of_ours_is_explained_without_its_password(url: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as error:
        connect(url)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("redis://h:6379/1", "redis://h:6379/1"),
        ("rediss://desk:secret@h:6379/1", "rediss://desk:…@h:6379/1"),
        ("unix:///run/v.sock?db=1&password=secret", "unix:///run/v.sock?…"),
        ("unix://desk:secret@/run/v.sock?db=1", "unix://desk:…@/run/v.sock?…"),
        ("redis://h/0?password=1@secret", "redis://…"),
    ],
)
def test_an_address_is_told_without_its_password(url: str, said: str) -> None:
    assert safe_url(url) == said
