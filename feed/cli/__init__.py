"""The command line: serve, publish, follow, bring in, look after. Talks to a server only through its interface."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from feed import __version__

from . import bench, coverages, demo, doctor, entries, serve, tail, tokens, transfer
from .failures import explain

app = typer.Typer(
    name="feed",
    help="Live coverage: a server, and everything a newsroom does with it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with [bold]feed demo[/bold]. Addresses and tokens can also be given as FEED_URL and FEED_TOKEN.",
)
for group in (serve, demo, doctor, bench, coverages, entries, tail, transfer):
    app.add_typer(group.app)
app.add_typer(tokens.app, name="token", rich_help_panel="Server")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"feed {__version__}")
        raise typer.Exit


@app.callback()
def _feed(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    pass


def main() -> None:
    """The `feed` command. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show a letter shows a question mark, not a traceback.
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="feed")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if not explain(error):
            raise
        sys.exit(1)
