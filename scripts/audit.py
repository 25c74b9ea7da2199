"""Known vulnerabilities in what is installed: fails if there is one, and says so when nobody could be asked.

`python scripts/audit.py [--osv-url URL]`: Python packages of this environment through pip-audit, those of the
JavaScript client through npm. With a URL only that advisory service is asked, and only about Python packages.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_S = 120
# In this order: PyPI tells of its own packages, OSV of all.
SERVICES = (("--vulnerability-service", "pypi"), ("--vulnerability-service", "osv"))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--osv-url", help="an advisory service that speaks OSV, in place of the public ones")
    url = parser.parse_args(arguments).osv_url
    services = (("--vulnerability-service", "osv", "--osv-url", url),) if url else SERVICES
    findings = audit_python(services)
    if not url:
        findings += audit_javascript(ROOT / "clients" / "javascript")
    for finding in findings:
        say(f"VULNERABLE  {finding}")
    return 1 if findings else 0


def audit_python(services: Sequence[Sequence[str]]) -> list[str]:
    """What is known to be vulnerable. The first service that knows any of the packages is believed."""
    for options in services:
        report = asked([sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off", *options])
        packages = report.get("dependencies", [])
        audited = [one for one in packages if "vulns" in one]
        if audited:
            say(f"Python: {len(audited)} of {len(packages)} packages audited with {options[1]}")
            return [
                f"{one['name']} {one['version']}: {vulnerability['id']}, mended in {mended(vulnerability)}"
                for one in audited
                for vulnerability in one["vulns"]
            ]
    say("Python: NOT AUDITED, no advisory service answers from here")
    return []


def audit_javascript(folder: Path) -> list[str]:
    npm = shutil.which("npm")
    if npm is None or not (folder / "package-lock.json").exists():
        return []
    report = asked([npm, "audit", "--json", "--package-lock-only"], folder)
    found = report.get("vulnerabilities")
    if not isinstance(found, dict) or "metadata" not in report:
        say("JavaScript: NOT AUDITED, the registry does not answer from here")
        return []
    say(f"JavaScript: {report['metadata'].get('dependencies', {}).get('total', '?')} packages audited with npm")
    return [f"{name}: {one.get('severity')}" for name, one in found.items()]


def mended(vulnerability: dict[str, Any]) -> str:
    return ", ".join(vulnerability.get("fix_versions", [])) or "no version yet"


def asked(command: list[str], folder: Path = ROOT) -> dict[str, Any]:
    """What the program says as JSON. Nothing when it cannot: its exit code tells no fault from a finding."""
    try:
        done = subprocess.run(  # noqa: S603 - programs of this environment
            command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S, cwd=folder
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return {}
    return answer if isinstance(answer, dict) else {}


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
