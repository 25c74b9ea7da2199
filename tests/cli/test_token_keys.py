"""The keys of JSON Web Tokens, from the command line: looked at by doctor, and before a server starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.security.provider import SECRET, Pair, write_keys

from .conftest import Cli


def looked_at(cli: Cli, code: int = 0, **environment: str) -> Any:
    report = cli.run(
        "doctor", "--data", str(cli.directory / "d"), "--port", "0", "--json", code=code, **environment
    ).document
    return next((check for check in report["checks"] if check["what"] == "Token keys"), None)


@pytest.fixture
def keys(tmp_path: Path) -> str:
    write_keys(tmp_path / "keys.json", Pair("EdDSA", "a"), Pair("ES256", "b"))
    return str(tmp_path / "keys.json")


def test_doctor_says_which_there_are(cli: Cli, keys: str) -> None:
    assert looked_at(cli) is None
    found = looked_at(cli, FEED_JWT_KEYS=keys, FEED_JWT_SECRET=SECRET, FEED_JWT_AUDIENCE="feed")
    assert (found["state"], found["found"]) == ("ok", "1 for HS256, 1 for EdDSA, 1 for ES256")
    assert SECRET not in str(found)
    loose = looked_at(cli, FEED_JWT_KEYS=keys)
    assert loose["state"] == "warn"
    assert "FEED_JWT_AUDIENCE" in loose["mend"]


def test_keys_that_cannot_be_used_are_told_by_doctor_and_stop_a_start(cli: Cli, tmp_path: Path) -> None:
    missing = {"FEED_JWT_KEYS": str(tmp_path / "nothing.json")}
    assert looked_at(cli, 1, **missing)["state"] == "fail"
    for workers in ("1", "2"):
        options = ("serve", "--port", "0", "--data", str(tmp_path / "d"), "--workers", workers)
        refused = cli.run(*options, code=1, **missing).err
        assert "FEED_JWT_KEYS" in refused
        assert "Traceback" not in refused
    short = cli.run("serve", "--port", "0", code=1, FEED_JWT_SECRET="too-short-for-a-secret").err
    assert "FEED_JWT_SECRET: expected at least 32 characters" in short
    assert "too-short-for-a-secret" not in short
