"""The runner finds what it is there to find: every common mistake of a client fails some case, and says which."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from feed_conformance.adapter import Adapter
from feed_conformance.cases import Case, read_cases
from feed_conformance.client import Failure
from feed_conformance.stage import Stage

from .mistaken import MISTAKES

CONFORMANCE = Path(__file__).parents[2] / "clients" / "conformance"
MISTAKEN = Path(__file__).parent / "mistaken.py"
CASES = read_cases()
# Cases of a thousand events say nothing that others do not say faster.
QUICK = [case for case in CASES if "1000" not in str(case.steps)]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(mistake: str) -> None:
    with Adapter([sys.executable, str(MISTAKEN), mistake]) as adapter:
        assert any(fails(adapter, case) for case in QUICK)


def fails(adapter: Adapter, case: Case) -> bool:
    try:
        Stage(adapter, case).play()
    except Failure:
        return True
    return False


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CONFORMANCE / "run.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_program_says_what_passed() -> None:
    done = run("--only", "replay", sys.executable, str(CONFORMANCE / "adapters" / "python_adapter.py"))
    assert done.returncode == 0
    assert "replay" in done.stdout
    assert "together" in done.stdout


def test_the_program_says_what_failed_and_why() -> None:
    done = run("--only", "went on after", "--trace", sys.executable, str(MISTAKEN), "stops_at_the_first_end")
    assert done.returncode == 1, done.stdout
    assert "FAILED  " in done.stdout
    assert "why: " in done.stdout
    assert '> {"do": "start"' in done.stdout


@pytest.mark.parametrize("program", ["print('hello')", "pass", "import time; input(); print('[]')"])
def test_an_adapter_that_is_none_is_said_to_be_broken(program: str) -> None:
    done = run(sys.executable, "-c", program)
    assert done.returncode == 2
    assert "adapter" in done.stderr


def test_an_adapter_that_breaks_is_started_again_for_the_next_case() -> None:
    program = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    answer = {"name": "brittle"} if request["do"] == "hello" else {}
    if request["do"] == "start":
        sys.exit("it broke")
    print(json.dumps(answer), flush=True)
"""
    done = run("--only", "replay: a", sys.executable, "-c", program)
    assert done.returncode == 2
    assert done.stdout.count("BROKEN  ") == 5


@pytest.mark.parametrize("did", ["7", "[7]", '[{"connect": {}}]', '[{"send": {"connection": 1}}]', '[{"close": 1}]'])
def test_an_answer_that_is_none_is_said_to_be_broken(did: str) -> None:
    program = f"""
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({{"name": "odd", "did": {did}}}), flush=True)
"""
    done = run("--only", "replay: an empty", sys.executable, "-c", program)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr


def test_cases_can_be_listed_and_written_out() -> None:
    listed = run("--list").stdout
    assert all(case.name in listed for case in CASES)
    assert '"type": "coverage.ended"' in run("--show", "--only", "ending").stdout


def test_there_are_cases_for_every_subject() -> None:
    assert len(CASES) >= 160
    assert all(case.why for case in CASES)
    assert len({str(case) for case in CASES}) == len(CASES)
