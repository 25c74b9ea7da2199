"""Options that many commands share, each with one name and one meaning."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

DEFAULT_URL = "http://127.0.0.1:8000"

Url = Annotated[str, typer.Option("--url", envvar="FEED_URL", help="The server's address.")]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="FEED_TOKEN",
        help="Who you are. On the server's machine it is by itself the administrator's: FEED_ADMIN_TOKEN, or the file "
        "admin-token in FEED_DATA (./feed-data).",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout, for programs.")]
ReceiptAsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout, for programs. In a pipe it is by itself.")]
Key = Annotated[
    str | None,
    typer.Option("--key", metavar="KEY", help="Idempotency-Key: the same command with the same key has one effect."),
]
CoverageId = Annotated[str, typer.Argument(metavar="COVERAGE", help="The coverage's id.", show_default=False)]
EntryId = Annotated[str, typer.Argument(metavar="ENTRY", help="The entry's id.", show_default=False)]


def text_option(*names: str, help: str, metavar: str = "TEXT", panel: str | None = None) -> Any:  # noqa: A002
    return typer.Option(*names, help=help, metavar=metavar, show_default=False, rich_help_panel=panel)


def given(**fields: Any) -> dict[str, Any]:
    """Only what was given: neither None nor an empty list."""
    return {name: value for name, value in fields.items() if value is not None and value != []}


def clear_option(fields: tuple[str, ...]) -> Any:
    return text_option("--clear", help=f"Field to empty. Repeat it. One of {', '.join(fields)}.", metavar="FIELD")


def cleared(names: list[str] | None, fields: tuple[str, ...]) -> dict[str, None]:
    wanted = [name.replace("-", "_") for name in names or []]
    for name in wanted:
        if name not in fields:
            raise typer.BadParameter(f"{name!r} cannot be emptied, only {', '.join(fields)}.", param_hint="--clear")
    return dict.fromkeys(wanted)


def titled_link(text: str, option: str) -> dict[str, str]:
    """``Title https://…`` as a link; a bare address is its own title."""
    title, _, url = text.strip().rpartition(" ")
    if not url.startswith(("http://", "https://", "/")):
        raise typer.BadParameter(
            f"{text!r} does not end with an address. Write it as 'Title https://…'.", param_hint=option
        )
    return {"title": title.strip() or plain_address(url), "url": url}


def file_bytes(file: Path, option: str) -> bytes:
    """What is in the file; ``-`` is stdin."""
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}.", param_hint=option) from None


def plain_address(url: str) -> str:
    return url.partition("://")[2].rstrip("/") or url
