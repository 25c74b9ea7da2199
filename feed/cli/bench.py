"""bench: Feed beside a loop in C and other servers, on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from .console import err, out, print_error
from .options import text_option

app = typer.Typer()

# The benchmark is not in the package: it needs its C sources, a compiler and the peers.
CHECKOUT = Path(__file__).resolve().parents[2]


@app.command(rich_help_panel="Server")
def bench(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SCENARIO",
            help="fan-out, connect, idle, stalled, publish, readers, coverages, timeline, workers, drain. [all]",
            show_default=False,
        ),
    ] = None,
    readers: Annotated[
        int | None, typer.Option("--readers", min=1, help="How many connect. [10000]", show_default=False)
    ] = None,
    repeat: Annotated[
        int | None,
        typer.Option("--repeat", min=1, help="Interleaved repeats, medians are shown. [3]", show_default=False),
    ] = None,
    smoke: Annotated[bool, typer.Option("--smoke", help="Everything once and tiny, to see that it works.")] = False,
    peers: Annotated[
        str | None,
        text_option(
            "--peers", help="nchan, ws, socket.io, websockets, starlette, with commas. [all installed]", metavar="LIST"
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="DIR",
            help="Where results.json and drawings go. [bench/build/results]",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The results as JSON on stdout instead of tables.")] = False,
) -> None:
    """Measure Feed beside a loop in C and other servers.

    Starts each of them on this machine, one at a time, and stops it again. Needs Linux, a C compiler and the
    repository; bench/README.md there says what is measured and how.

    [dim]feed bench fan-out connect --readers 5000[/dim]
    """
    if not (CHECKOUT / "bench/c").is_dir():
        print_error(
            "The benchmark is not part of the installed package.",
            "Get Feed's repository, run scripts/setup there, then: .venv/bin/feed bench",
        )
        raise typer.Exit(1)
    if str(CHECKOUT) not in sys.path:
        sys.path.insert(0, str(CHECKOUT))
    from bench.machine import BenchError
    from bench.main import Options, run

    options = Options(
        scenarios=scenarios or (),
        readers=readers,
        repeat=repeat,
        smoke=smoke,
        peers=None if peers is None else [name.strip() for name in peers.split(",") if name.strip()],
        output=output,
        as_json=as_json,
    )
    try:
        code = run(options, out, err)
    except BenchError as error:
        print_error(str(error))
        raise typer.Exit(1) from None
    raise typer.Exit(code)
