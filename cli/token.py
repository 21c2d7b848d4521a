"""`userbus token`: service tokens."""

import re
from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.connection import run, stop
from cli.output import print_line
from cli.table import print_table
from client.bus import Bus
from contracts.catalog import CATALOG
from contracts.nearest import nearest_names
from contracts.search import Order
from contracts.tokens import DIALECTS, SCOPE, IssueToken, RevokeToken, SearchTokens, TokenView

app = typer.Typer(no_args_is_help=True)
HEADING = ("id", "name", "scopes", "created", "expires", "last used", "state")


@app.command(epilog="Example: userbus token issue --name billing --scope rbac")
def issue(
    name: Annotated[str, typer.Option(help="What the token is for.")],
    scope: Annotated[list[str], typer.Option(help="A dialect or a command pattern; may be repeated.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days until it expires.")] = 365,
) -> None:
    """Make a service token and print it; it is shown this once. Its number goes to standard error."""
    for each in scope:
        _require_form(each)
    issued = run(lambda bus: bus.ask(IssueToken(name=name, scopes=scope, days=days)))
    print_line(issued.token)
    until = f"{issued.expires_at:%Y-%m-%d}"
    print_line(
        f"token {issued.id} ({issued.name}), good until {until}; to end it: userbus token revoke {issued.id}", err=True
    )


@app.command("list", epilog="Example: userbus token list --all")
def list_tokens(
    everything: Annotated[bool, typer.Option("--all", help="Revoked and expired ones too.")] = False,
    lines: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List service tokens by their numbers; their texts are not stored and cannot be shown."""
    tokens = run(lambda bus: _find_all(bus, live=not everything))
    if lines:
        for token in tokens:
            print_line(token.model_dump_json())
    else:
        print_table(HEADING, [_cells(token) for token in tokens])


@app.command(epilog="Example: userbus token revoke 7")
def revoke(id: Annotated[int, typer.Argument(help="The token's number, as `issue` and `list` show it.")]) -> None:
    """End a service token."""
    token = run(lambda bus: bus.ask(RevokeToken(id=id)))
    print_line(f"token {token.id} ({token.name}) is revoked")


def _require_form(scope: str) -> None:
    """Stop for a scope that cannot be sent; the service refuses those that name nothing."""
    if not re.fullmatch(SCOPE, scope):
        near = nearest_names(scope, [*DIALECTS, *CATALOG])
        advice = f": did you mean {' or '.join(near)}?" if near else ""
        stop(f"{scope!r} is no scope, which is a dialect (rbac), a request (user.create) or a pattern (user.*){advice}")


async def _find_all(bus: Bus, *, live: bool) -> list[TokenView]:
    tokens, after = list[TokenView](), None
    while True:
        query = SearchTokens(live=live, sort=[Order(field="id")], after=after, size=1000, count=False)
        page = await bus.ask(query)
        tokens += page.items
        if (after := page.next) is None:
            return tokens


def _cells(token: TokenView) -> list[str]:
    times = (token.created_at, token.expires_at, token.last_used)
    dates = [f"{time:%Y-%m-%d}" if time else "never" for time in times]
    expired = token.expires_at <= datetime.now(UTC)
    state = "revoked" if token.revoked else "expired" if expired else "live"
    return [str(token.id), token.name, " ".join(token.scopes), *dates, state]
