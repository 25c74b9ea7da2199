"""The threat model names its tests: they exist, and so does what it links to and sets."""

from __future__ import annotations

import re
from pathlib import Path

from feed.settings import Settings, variable

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / ".github" / "SECURITY.md").read_text()


def test_every_test_that_it_names_is_there() -> None:
    named = set(re.findall(r"`((?:tests|scripts)/[\w/]+\.py)`", DOCUMENT))
    assert len(named) > 15
    assert {path for path in named if not (ROOT / path).exists()} == set()


def test_every_test_of_security_is_named() -> None:
    ours = {f"tests/security/{path.name}" for path in Path(__file__).parent.glob("test_*.py")}
    assert {path for path in ours if path not in DOCUMENT} == {f"tests/security/{Path(__file__).name}"}


def test_every_threat_has_a_defence_and_a_test() -> None:
    rows = [
        line.strip("| ").split(" | ") for line in DOCUMENT.split("## Threats")[1].splitlines() if line.startswith("|")
    ]
    threats = [row for row in rows if row[0] != "threat" and not row[0].startswith("---")]
    assert len(threats) > 20
    for row in threats:
        assert len(row) == 3, row
        assert "tests/" in row[2], row


def test_its_settings_and_links_lead_somewhere() -> None:
    known = set(map(variable, Settings.__struct_fields__))
    assert set(re.findall(r"FEED_[A-Z_]+[A-Z]", DOCUMENT)) <= known
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", DOCUMENT):
        assert (ROOT / ".github" / target).exists(), target
    assert ".github/SECURITY.md" in (ROOT / "README.md").read_text()
