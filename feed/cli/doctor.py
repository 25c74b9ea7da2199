"""doctor: whether a server can run here, and what to mend."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from feed.settings import Settings

from .access import run
from .console import out, print_json
from .options import AsJson, text_option
from .prose import clean

if TYPE_CHECKING:
    from .finding import Finding

app = typer.Typer()


@app.command(rich_help_panel="Server")
def doctor(
    store: Annotated[
        str | None, text_option("--store", help="Address of the store; the embedded one if left out.", metavar="URL")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Files of the embedded store. [feed-data]", show_default=False),
    ] = None,
    host: Annotated[str | None, text_option("--host", help="Address to listen on. [127.0.0.1]", metavar="HOST")] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="Port to listen on. [8000]", min=0, max=65_535, show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check this machine and the store.

    Says what to mend; the exit code is 1 if something cannot work.

    [dim]feed doctor --store redis://10.0.0.5:6379[/dim]
    """
    # The store's client takes longer to load than most commands take to run.
    from feed import logs

    from .examination import examine

    logs.configure("error")
    findings = run(examine(Settings.load(store=store, data=data, host=host, port=port)))
    worst = next((state for state in ("fail", "warn") if any(one.state == state for one in findings)), "ok")
    if as_json:
        checks = [{"what": one.what, "state": one.state, "found": one.found, "mend": one.mend} for one in findings]
        print_json({"state": worst, "checks": checks})
    else:
        _print(findings)
    if worst == "fail":
        raise typer.Exit(1)


_STATES = {
    "ok": ("✓ ok", "green"),
    "warn": ("! warn", "bold yellow"),
    "fail": ("✗ fail", "bold red"),
}


def _print(findings: list[Finding]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("check", no_wrap=True)
    table.add_column("found")
    for one in findings:
        sign, style = _STATES[one.state]
        found = Text(clean(one.found))
        if one.mend:
            found.append("\n" + clean(one.mend), style if one.state != "ok" else "dim")
        table.add_row(Text(sign, style), one.what, found)
    out.print(table)
    bad = [one for one in findings if one.state != "ok"]
    out.print(
        Text("Everything is well.", "green")
        if not bad
        else Text(f"{len(bad)} of {len(findings)} need a look.", "yellow")
    )
