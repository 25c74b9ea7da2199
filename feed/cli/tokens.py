"""token create, list, revoke."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from .access import producer, run
from .console import done, note, out, print_json, wants_json
from .options import DEFAULT_URL, AsJson, ReceiptAsJson, Token, Url, text_option
from .prose import clean
from .receipt import facts

app = typer.Typer(no_args_is_help=True, help="Tokens for producers, and for readers of private coverages.")

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}


def seconds(text: str) -> int:
    """``90``, ``15m``, ``12h``, ``30d``, ``4w``."""
    match = re.fullmatch(r"([0-9]{1,9})([smhdw]?)", text.strip())
    if match is None or int(match[1]) == 0:
        raise typer.BadParameter(f"{text!r} is no length of time. Write it as 30d, 12h or 15m.", param_hint="--expires")
    return int(match[1]) * _SECONDS[match[2] or "s"]


@app.command()
def create(
    scope: Annotated[
        list[str],
        text_option(
            "--scope", help="admin, publish:COVERAGE or read:COVERAGE, * for any letters. Repeat it.", metavar="SCOPE"
        ),
    ],
    name: Annotated[str | None, text_option("--name", help="Whose it is, for the list.")] = None,
    expires: Annotated[str | None, text_option("--expires", help="As in 30d or 12h; never if left out.")] = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: ReceiptAsJson = False,
) -> None:
    """Make a token. It is shown this once.

    [dim]feed token create --scope publish:budget --name "Politics desk" --expires 30d[/dim]
    """
    expires_in_s = None if expires is None else seconds(expires)

    async def work() -> Any:
        async with producer(url, token) as server:
            return await server.create_token(scope, name=name, expires_in_s=expires_in_s)

    made = run(work())
    if wants_json(as_json):
        print_json(made)
        return
    done(
        "Token made. Keep it now: it is not shown again.",
        Text(f"\n{made['token']}\n", "bold"),
        facts(id=made["id"], scopes=", ".join(made["scopes"]), expires=_day(made.get("expires_at")) or "never"),
    )


@app.command("list")
def list_tokens(url: Url = DEFAULT_URL, token: Token = None, as_json: AsJson = False) -> None:
    """List the tokens, without the tokens themselves."""

    async def work() -> Any:
        async with producer(url, token) as server:
            return await server.tokens()

    tokens = run(work())
    if as_json:
        for one in tokens:
            print_json(one)
        return
    if not tokens:
        note('No tokens yet. Make one with: feed token create --scope "publish:*"')
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("id", "name", "scopes", "made", "expires"):
        # Tokens are told apart by the ends of their scopes.
        table.add_column(column, no_wrap=column in ("id", "made", "expires"), overflow="fold")
    for one in tokens:
        table.add_row(
            one["id"],
            Text(clean(one.get("name") or "")),
            Text(clean(", ".join(one["scopes"]))),
            _day(one.get("created_at")),
            _day(one.get("expires_at")) or "never",
        )
    out.print(table)


@app.command()
def revoke(
    id: Annotated[str, typer.Argument(metavar="ID", help="From feed token list.", show_default=False)],  # noqa: A002
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: ReceiptAsJson = False,
) -> None:
    """Make a token worthless."""

    async def work() -> None:
        async with producer(url, token) as server:
            await server.revoke_token(id)

    run(work())
    if wants_json(as_json):
        print_json({"id": id, "revoked": True})
        return
    done("Revoked", facts(id=id))


def _day(moment: str | None) -> str:
    return (moment or "").replace("T", " ")[:16]
