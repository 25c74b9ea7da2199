"""What a run found, as a table for people and as a document for programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from rich.table import Table

from .checker import KINDS, Finding
from .injectors import FAULTS
from .outcome import Occurrence, Outcome

COLUMNS = (
    "fault",
    "times",
    "own lag max",
    "silence max",
    "back p50",
    "back max",
    "caught up max",
    "net of own waits",
    "reconnects",
    "reconnect p50",
    "reconnect max",
    "resets",
    *KINDS,
)


def rows(outcome: Outcome) -> list[list[str]]:
    """One for each fault, and one for all."""
    names = dict.fromkeys(one.fault for one in outcome.occurrences)
    first = [name for name in FAULTS if name in names]
    attributed = _attributed(outcome)
    made = [
        _row(name, [one for one in outcome.occurrences if one.fault == name], attributed.get(name, []))
        for name in dict.fromkeys((*first, *names))
    ]
    return [*made, _row("all", outcome.occurrences, outcome.findings)]


def _attributed(outcome: Outcome) -> dict[str, list[Finding]]:
    """Findings by the fault that was last when they happened. Those of no moment count for the whole run only."""
    found: dict[str, list[Finding]] = {}
    for finding in outcome.findings:
        before = [one for one in outcome.occurrences if finding.at is not None and one.began <= finding.at]
        if before:
            found.setdefault(before[-1].fault, []).append(finding)
    return found


def _row(name: str, occurrences: Sequence[Occurrence], findings: Sequence[Finding]) -> list[str]:
    def each(field: Callable[[Occurrence], float | None]) -> list[float | None]:
        return [field(one) for one in occurrences]

    publishing = each(lambda one: one.publishing_s)
    reconnects = [seconds for one in occurrences for seconds in one.reconnects_s]
    return [
        name,
        str(len(occurrences)),
        _most(each(lambda one: one.lag_s)),
        _most(each(lambda one: one.silence_s)),
        _middle(publishing),
        _most(publishing),
        _most(each(lambda one: one.caught_up_s)),
        _most(each(lambda one: one.caught_up_net_s)),
        str(len(reconnects)),
        _middle(reconnects),
        _most(reconnects),
        str(sum(one.resets for one in occurrences)),
        *(str(sum(finding.kind == kind for finding in findings)) for kind in KINDS),
    ]


def _most(values: Sequence[float | None]) -> str:
    if None in values:
        return "never"
    known = [value for value in values if value is not None]
    return f"{max(known):.2f}" if known else "-"


def _middle(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{median(known):.2f}" if known else "-"


def _said(seconds: float | None) -> str:
    return "never" if seconds is None else f"after {seconds:.2f} s"


def table(outcome: Outcome) -> Table:
    made = Table(title=f"Faults, seed {outcome.options.seed} (seconds)", title_justify="left")
    for number, name in enumerate(COLUMNS):
        made.add_column(name, justify="left" if number == 0 else "right", no_wrap=number == 0)
    *faults, total = rows(outcome)
    for row in faults:
        made.add_row(*row)
    made.add_section()
    made.add_row(*total)
    return made


def markdown(outcome: Outcome) -> str:
    lines = ["| " + " | ".join(COLUMNS) + " |", "| --- |" + " ---: |" * (len(COLUMNS) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows(outcome)]
    return "\n".join(lines) + "\n"


def document(outcome: Outcome) -> dict[str, Any]:
    """Everything, with every single sample."""
    return {name: value for name, value in asdict(outcome).items() if name != "server_log"}


def goals(outcome: Outcome) -> list[str]:
    """What was to be reached and was not."""
    missed = [f"{finding.kind}: {finding.what}" for finding in outcome.findings[:50]]
    reconnects = [seconds for one in outcome.occurrences for seconds in one.reconnects_s]
    if reconnects and median(reconnects) > 0.1:
        missed.append(f"half of all reconnects took {median(reconnects):.2f} s or more, not 0.1 s")
    for one in outcome.occurrences:
        what = f"{one.what} in {one.round}"
        if one.publishing_s is None or one.publishing_s > 1:
            missed.append(f"{what}: publishing was not back within 1 s of its end but {_said(one.publishing_s)}")
        if one.caught_up_net_s is None or one.caught_up_net_s > 2:
            missed.append(f"{what}: readers had not caught up within 2 s of its end but {_said(one.caught_up_net_s)}")
        if one.reconnects_s and max(one.reconnects_s) > 1:
            missed.append(f"{what}: a reconnect took {max(one.reconnects_s):.2f} s, not 1 s at most")
        if one.gaps:
            missed.append(f"{what}: {one.gaps} times a reader was given a change without the one before")
    return missed
