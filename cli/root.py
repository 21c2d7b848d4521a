"""`userbus root`: the first administrator."""

from typing import Annotated

import typer
from pydantic import SecretStr, ValidationError

from cli.client import run, stop
from contracts.users import CreateUser


def root(
    email: Annotated[str, typer.Option(prompt=True, help="The address to sign in with.")],
    name: Annotated[str, typer.Option(prompt=True, help="The name that passport shows.")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
) -> None:
    """Make a root user: it may do everything in passport, and cannot be deleted."""
    try:
        command = CreateUser(email=email, name=name, password=SecretStr(password), root=1)
    except ValidationError as error:
        fault = error.errors(include_input=False)[0]
        stop(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}")
    user = run(lambda bus: bus.call("user.create", command))
    typer.echo(f"root user {user.id} ({user.email}) is there")
