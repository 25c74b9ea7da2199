"""The whole API as its OpenAPI describes it, asked thousands of questions that are right, nearly right, and wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.newsroom import Newsroom
from tests.running import running_server

# A websocket is no HTTP, and a stream of events does not end: both have tests of their own.
WITHOUT = ("/v1/coverages/{coverage}/live", "/v1/coverages/{coverage}/events")


@pytest.mark.timeout(330)
def test_no_question_is_answered_otherwise_than_described(tmp_path: Path) -> None:
    with running_server() as server, Newsroom(server) as newsroom:
        newsroom.create(id="c", title="T")
        newsroom.publish("c", id="e", text="x")
        asked = subprocess.run(
            [
                *(str(Path(sys.executable).parent / "schemathesis"), "--config-file"),
                *(str(Path(__file__).with_name("schemathesis.toml")), "run", f"{server.url}/openapi.json"),
                *("--header", f"Authorization: Bearer {server.admin_token}", "--checks", "all"),
                *(option for path in WITHOUT for option in ("--exclude-path", path)),
                *("--generation-deterministic", "--max-examples", "10", "--suppress-health-check", "all"),
                *("--request-timeout", "30", "--continue-on-failure"),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            cwd=tmp_path,
        )
        assert asked.returncode == 0, asked.stdout + asked.stderr
        assert "Tested: 19" in asked.stdout, asked.stdout
        assert "Traceback" not in server.log
