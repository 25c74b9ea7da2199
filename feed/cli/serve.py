"""serve: the server itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import text_option

app = typer.Typer()


@app.command(rich_help_panel="Server")
def serve(
    host: Annotated[str | None, text_option("--host", help="Address to listen on. [127.0.0.1]", metavar="HOST")] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", help="0 takes any free port. [8000]", min=0, max=65_535, show_default=False),
    ] = None,
    store: Annotated[
        str | None,
        text_option(
            "--store",
            help="redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://",
            metavar="URL",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Files of the embedded store. [feed-data]", show_default=False),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Processes that serve. [1]", min=1, show_default=False)
    ] = None,
    public_url: Annotated[
        str | None, text_option("--public-url", help="Address that readers use, for links.", metavar="URL")
    ] = None,
    allowed_origins: Annotated[
        str | None,
        text_option("--allowed-origins", help="Sites whose pages may connect, with commas; * for all.", metavar="LIST"),
    ] = None,
    log_level: Annotated[
        str | None, text_option("--log-level", help="debug, info, warning or error. [info]", metavar="LEVEL")
    ] = None,
) -> None:
    """Run the server.

    Without --store it keeps everything in an embedded store under --data.

    Each option can be set as FEED_…, as in FEED_PORT; there are more of those in the README.

    [dim]feed serve --port 9000 --data /var/lib/feed[/dim]
    """
    from feed.server import serve as run_server
    from feed.settings import Settings

    settings = Settings.load(
        host=host,
        port=port,
        store=store,
        data=data,
        workers=workers,
        public_url=public_url,
        allowed_origins=None if allowed_origins is None else [part.strip() for part in allowed_origins.split(",")],
        log_level=log_level,
    )
    run_server(settings)
