"""The fault suite by command: `python -m tests.faults --minutes 10 --seed 7 --subscribers 200 --rate 20`."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from . import report
from .injectors import FAULTS
from .plan import Options, plan
from .run import Run


def main(
    minutes: Annotated[float, typer.Option(help="At least this long.")] = 10,
    seed: Annotated[int, typer.Option(help="The same seed, the same faults.")] = 7,
    subscribers: Annotated[int, typer.Option(help="Readers: most by websocket, some by stream, some by poll.")] = 200,
    rate: Annotated[float, typer.Option(help="Writes a second.")] = 20,
    rounds: Annotated[int, typer.Option(help="At least this many; every second with two faults at once.")] = 5,
    fault: Annotated[list[str] | None, typer.Option(help="Only these; may be repeated.")] = None,
    json_: Annotated[Path | None, typer.Option("--json", help="Write everything there, too.")] = None,
    server_log: Annotated[Path | None, typer.Option(help="Write what the server logged there.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the table there, too.")] = None,
) -> None:
    """Breaks everything, again and again, and sees whether anybody lost anything. Exits with 1 if so."""
    console = Console(stderr=True, soft_wrap=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # store and server end with it
    unknown = [name for name in fault or () if name not in FAULTS]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is none of: {', '.join(FAULTS)}")
    options = Options(seed, subscribers, rate, minutes, rounds, tuple(fault or FAULTS))
    console.print(f"seed {seed}, {subscribers} readers, {rate} writes a second, {minutes} minutes or {rounds} rounds")
    for number in range(1, rounds + 1):
        steps = ", ".join(f"{step.name} {step.lasts_s}" for step in plan(options, number))
        console.print(f"round {number}: {steps}", highlight=False)
    with console.status("…") as status:
        outcome = uvloop.run(Run(options, status.update, lambda line: console.print(line, highlight=False))())
    Console(width=180).print(report.table(outcome))
    for name, did in outcome.network.items():
        console.print(f"network to {name}: {did}", highlight=False)
    console.print(
        f"{outcome.seconds:.0f} s, {outcome.acknowledged} writes acknowledged, {outcome.repeated} of them again, "
        f"{outcome.unanswered} tries without an answer or refused for the time being, {outcome.delivered} deliveries",
        highlight=False,
    )
    missed = report.goals(outcome)
    for line in missed:
        console.print(f"missed: {line}", highlight=False)
    if json_ is not None:
        json_.write_text(json.dumps(report.document(outcome), default=str))
    if markdown is not None:
        markdown.write_text(report.markdown(outcome))
    if server_log is not None:
        server_log.write_text(outcome.server_log)
    sys.exit(1 if outcome.findings else 0)


if __name__ == "__main__":
    typer.run(main)
