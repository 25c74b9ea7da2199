"""The audit of dependencies: a known vulnerability fails it, a service that is away does not."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "scripts" / "audit.py"


class Advisories(BaseHTTPRequestHandler):
    """Speaks as much of OSV as is asked of it: one package has a fault, up to a version that never comes."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = asked["package"]["name"]
        affected = {
            "package": {"name": name, "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99999"}]}],
        }
        fault = {"id": "TEST-2026-1", "summary": "s", "published": "2026-01-01T00:00:00Z", "affected": [affected]}
        body = json.dumps({"vulns": [fault]} if name == self.server.vulnerable else {}).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        pass


@contextmanager
def advisories(vulnerable: str) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Advisories) as server:
        server.vulnerable = vulnerable  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1/query"
        finally:
            server.shutdown()


def audited(url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(PROGRAM), "--osv-url", url], capture_output=True, text=True, check=False, timeout=100
    )


@pytest.mark.parametrize(("vulnerable", "code"), [("jinja2", 1), ("a-package-that-is-not-installed", 0)])
def test_it_fails_on_what_is_known_to_be_vulnerable(vulnerable: str, code: int) -> None:
    with advisories(vulnerable) as url:
        done = audited(url)
    assert (done.returncode, "NOT AUDITED" in done.stdout) == (code, False), done.stdout + done.stderr
    assert ("VULNERABLE  jinja2" in done.stdout) is bool(code)
    assert ("TEST-2026-1, mended in 99999" in done.stdout) is bool(code)
    assert " packages audited with osv" in done.stdout


def test_a_service_that_is_away_is_no_fault_and_is_told() -> None:
    done = audited("http://127.0.0.1:1/v1/query")
    assert done.returncode == 0
    assert "Python: NOT AUDITED" in done.stdout
