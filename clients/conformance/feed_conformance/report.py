"""The program: plays the cases, prints what came of each."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence

from .adapter import Adapter, AdapterFault
from .cases import Case, read_cases
from .client import Failure
from .log import Log
from .speech import said_by_server
from .stage import Stage


def main(arguments: Sequence[str] | None = None) -> int:
    """0: all passed. 1: some did not. 2: the adapter does not work."""
    parser = argparse.ArgumentParser(prog="run.py", description="Hold a client to the cases of the feed protocol.")
    parser.add_argument("--list", action="store_true", help="name the cases and why they are there")
    parser.add_argument("--show", action="store_true", help="print the cases with every message written out")
    parser.add_argument("--only", metavar="TEXT", help="only cases whose subject or name contains this")
    parser.add_argument("--trace", action="store_true", help="with a case that fails, the lines that were exchanged")
    parser.add_argument("adapter", nargs=argparse.REMAINDER, help="the adapter's command")
    given = parser.parse_args(arguments)
    cases = [case for case in read_cases() if given.only is None or given.only.lower() in str(case).lower()]
    if given.list:
        for case in cases:
            _say(f"{case}\n    {case.why}")
        return 0
    if given.show:
        _say(json.dumps([written_out(case) for case in cases], indent=1, ensure_ascii=False))
        return 0
    if not given.adapter:
        parser.error("the command of an adapter is missing")
    return play(given.adapter, cases, trace=given.trace)


def play(command: Sequence[str], cases: Sequence[Case], *, trace: bool = False) -> int:
    try:
        adapter = Adapter(command)
    except (AdapterFault, OSError) as fault:
        sys.stderr.write(f"The adapter does not work: {fault}\n")
        return 2
    passed: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    left: Counter[str] = Counter()
    broke = False
    for case in cases:
        if not case.suits(adapter.transports, adapter.can):
            left[case.subject] += 1
            continue
        try:
            Stage(adapter, case).play()
        except (Failure, AdapterFault) as failure:
            failed[case.subject] += 1
            word = "FAILED" if isinstance(failure, Failure) else "BROKEN"
            _say(f"{word}  {case}\n    why: {case.why}\n    {failure}\n")
            if trace:
                _say("\n".join(f"    {line}" for line in adapter.lines) + "\n")
            if isinstance(failure, AdapterFault):
                broke = True
                adapter.close()
                adapter = Adapter(command)
        else:
            passed[case.subject] += 1
    adapter.close()
    _say(table(adapter.name, passed, failed, left))
    return 2 if broke else 1 if failed else 0


def _say(text: str) -> None:
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # as with `head`
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for the rest of this process


def table(name: str, passed: Counter[str], failed: Counter[str], left: Counter[str]) -> str:
    subjects = sorted({*passed, *failed, *left})
    width = max(map(len, (*subjects, name)), default=0)
    rows = [f"{name:<{width}}  passed  failed  not for it"]
    rows += [f"{one:<{width}}  {passed[one]:>6}  {failed[one] or '–':>6}  {left[one] or '–':>10}" for one in subjects]
    total = [sum(counter.values()) for counter in (passed, failed, left)]
    rows.append(f"{'together':<{width}}  {total[0]:>6}  {total[1] or '–':>6}  {total[2] or '–':>10}")
    return "\n".join(rows)


def written_out(case: Case) -> dict[str, object]:
    """The case without its shorthand: the messages that the server sends, whole, cursors by their names."""
    log = Log()
    for operation in case.log:
        log.do(operation)
    after = case.client.get("after")
    steps = []
    for step in case.steps:
        if "newsroom" in step:
            for operation in step["newsroom"]:
                log.do(operation)
        if "client connects" in step:
            after = step["client connects"].get("after")
        if "server sends" in step:
            items = step["server sends"]
            sent = [one for item in items for one in said_by_server(log, item, after, case.client.get("limit", 50))]
            step = step | {"server sends": sent}
        steps.append(step)
    return {"name": str(case), "why": case.why, "client": case.client, "steps": steps}
