"""Both SDKs in bad weather, by command: `python -m tests.network --clients 200 --seconds 120 --seed 7`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from tests.faults.checker import KINDS

from .crowd import Crowd, Options


def main(
    clients: Annotated[int, typer.Option(help="Of each SDK.")] = 200,
    seconds: Annotated[float, typer.Option(help="Of publishing.")] = 120,
    seed: Annotated[int, typer.Option(help="The same seed, the same weather.")] = 7,
    rate: Annotated[float, typer.Option(help="Writes a second.")] = 5,
) -> None:
    """Follows one coverage with many clients through a bad network. Exits with 1 if any of them saw anything wrong."""
    console = Console(stderr=True, soft_wrap=True)
    console.print(
        f"seed {seed}, {clients} clients of each SDK, {rate} writes a second for {seconds} s", highlight=False
    )
    with console.status("…") as status:
        outcome = uvloop.run(Crowd(Options(seed, clients, seconds, rate), status.update)())
    table = Table("SDK", "clients", "reconnects", "deliveries", "snapshots", *KINDS)
    for name, observations in outcome.observations.items():
        names = {one.name for one in observations}
        found = [
            finding.kind for finding in outcome.findings if finding.what.partition(":")[0].split(" never ")[0] in names
        ]
        table.add_row(
            name,
            str(len(observations)),
            str(outcome.reconnects[name]),
            str(sum(len(one.history) for one in observations)),
            str(sum(seen.type == "snapshot" for one in observations for seen in one.history)),
            *(str(found.count(kind)) for kind in KINDS),
        )
    Console(width=140).print(table)
    console.print(f"{outcome.events} events, {outcome.acknowledged} writes acknowledged; network: {outcome.network}")
    console.print(f"all at the end {outcome.ended_s:.1f} s after it")
    for finding in outcome.findings[:50]:
        console.print(f"{finding.kind}: {finding.what}", highlight=False)
    sys.exit(1 if outcome.findings else 0)


if __name__ == "__main__":
    typer.run(main)
