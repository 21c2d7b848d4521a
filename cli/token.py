"""`userbus token`: service tokens."""

from typing import Annotated

import typer

from cli.client import run
from contracts.tokens import IssueToken, RevokeToken

app = typer.Typer(no_args_is_help=True)


@app.command()
def issue(
    name: Annotated[str, typer.Option(help="What the token is for.")],
    scope: Annotated[list[str], typer.Option(help="A dialect or a command pattern; may be repeated.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days until it expires.")] = 365,
) -> None:
    """Make a service token and print it; it is shown this once."""
    issued = run(lambda bus: bus.call("token.issue", IssueToken(name=name, scopes=scope, days=days)))
    typer.echo(issued.token)


@app.command()
def revoke(id: Annotated[int, typer.Argument(help="The token's number.")]) -> None:
    """End a service token."""
    ended = run(lambda bus: bus.call("token.revoke", RevokeToken(id=id)))
    typer.echo(f"token {ended.id} ({ended.name}) is revoked")
