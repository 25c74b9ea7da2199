"""The real command, run as a program against a real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.running import ServerProcess, running_server


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


class Cli:
    """`run` waits for the end, `start` does not. The server's address and token are in the environment."""

    def __init__(self, server: ServerProcess, directory: Path) -> None:
        self.server = server
        self.directory = directory
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("FEED_")}
        self.environment |= {
            "FEED_URL": server.url,
            "FEED_TOKEN": server.admin_token,
            "COLUMNS": "100",
            "TZ": "UTC",
            "PYTHONUNBUFFERED": "1",
        }

    def run(self, *arguments: str, stdin: str = "", code: int = 0, **environment: str | None) -> Outcome:
        """`code` is what it must end with; variables of `environment` that are None are taken away."""
        done = subprocess.run(
            self._command(arguments),
            input=stdin.encode(),
            capture_output=True,
            cwd=self.directory,
            env=self._environment(environment),
            timeout=60,
            check=False,
        )
        outcome = Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in outcome.err
        assert outcome.code == code, f"{arguments} ended with {outcome.code}:\n{outcome.out}\n{outcome.err}"
        return outcome

    def start(self, *arguments: str, **environment: str | None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command(arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.directory,
            env=self._environment(environment),
            text=True,
        )

    # What a test needs to be there, without a program for each.

    def create(self) -> str:
        """A new coverage of a name of its own."""
        id_ = f"cli-{uuid.uuid4().hex[:12]}"
        self._ask("POST", "/coverages", {"id": id_, "title": "A coverage"})
        return id_

    def publish(self, coverage: str, **draft: Any) -> str:
        """The cursor."""
        cursor: str = self._ask("POST", f"/coverages/{coverage}/entries", draft)["cursor"]
        return cursor

    def end(self, coverage: str, **ending: Any) -> str:
        """The cursor."""
        cursor: str = self._ask("POST", f"/coverages/{coverage}/end", ending)["cursor"]
        return cursor

    def head(self, coverage: str) -> Any:
        return self._ask("GET", f"/coverages/{coverage}")

    def entries(self, coverage: str) -> list[Any]:
        """Oldest first, as the server has them."""
        return list(reversed(self._ask("GET", f"/coverages/{coverage}/entries?limit=500")["entries"]))

    def _ask(self, method: str, path: str, document: Any = None) -> Any:
        answer = httpx2.request(
            method,
            f"{self.server.url}/v1{path}",
            json=document,
            headers={"Authorization": f"Bearer {self.server.admin_token}"},
            timeout=20,
        )
        answer.raise_for_status()
        return answer.json()

    @staticmethod
    def _command(arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "feed.cli", *arguments]

    def _environment(self, changes: dict[str, str | None]) -> dict[str, str]:
        changed = self.environment | changes
        return {name: value for name, value in changed.items() if value is not None}


@pytest.fixture
def cli(server: ServerProcess, tmp_path: Path) -> Cli:
    return Cli(server, tmp_path)


@pytest.fixture
def cli_of(tmp_path: Path) -> Callable[[ServerProcess], Cli]:
    """For a server of the test's own, which it may stop."""
    return lambda server: Cli(server, tmp_path)


@pytest.fixture
def own_server() -> Iterator[ServerProcess]:
    with running_server() as server:
        yield server


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
