"""Every fault once, in a small storm. The long form is a command: `python -m tests.faults --help`."""

from __future__ import annotations

import json

import pytest
from rich.console import Console

from . import report
from .injectors import FAULTS
from .plan import Options, plan
from .run import Run

QUICK = tuple(fault.name for fault in FAULTS.values() if fault.quick)
SMALL = Options(subscribers=21, rate=20, rounds=1, faults=QUICK, pause_s=0.2, haste=0.3)


@pytest.mark.timeout(300)
async def test_nothing_acknowledged_is_lost_or_doubled_whatever_fails() -> None:
    said: list[str] = []
    console = Console(width=180)
    outcome = await Run(SMALL, said.append, console.print)()
    console.print(report.table(outcome))
    assert outcome.findings == []
    assert [one.fault for one in outcome.occurrences if not one.recovered] == []
    assert sum(one.gaps for one in outcome.occurrences) == 0
    assert {one.fault for one in outcome.occurrences} == set(QUICK)
    assert outcome.acknowledged > 100
    assert outcome.delivered > outcome.acknowledged
    # It was a storm indeed, and was told of.
    assert outcome.unanswered > 0
    assert sum(len(one.reconnects_s) for one in outcome.occurrences) > SMALL.subscribers
    assert said
    assert json.loads(json.dumps(report.document(outcome)))["occurrences"]
    assert len(report.rows(outcome)) == len(QUICK) + 1


def test_a_seed_makes_the_same_plan_again_and_another_seed_another() -> None:
    assert plan(Options(seed=3), 2) == plan(Options(seed=3), 2)
    assert plan(Options(seed=3), 2) != plan(Options(seed=4), 2)
    assert plan(Options(seed=3), 1) != plan(Options(seed=3), 2)
    assert {step.name for step in plan(Options(), 1)} == {
        name for name, fault in FAULTS.items() if fault.at != "primary"
    }


def test_two_faults_at_once_break_different_things() -> None:
    for step in plan(Options(), 2):
        one, other = step.faults
        assert one.at != other.at
