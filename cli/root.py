"""`userbus root`: the first administrator."""

import sys
from typing import Annotated

import typer
from pydantic import SecretStr

from cli.connection import run, stop
from cli.output import print_line
from cli.password import read_password
from contracts.users import CreateUser


def create_root(
    email: Annotated[str, typer.Option(help="The address to sign in with.")] = "",
    name: Annotated[str, typer.Option(help="The name that passport shows.")] = "",
) -> None:
    """Make a root user: it may do everything in passport and in the console, and cannot be deleted.

    On a terminal it asks for what is missing and for the password. Elsewhere the password is the first line of standard
    input: userbus root --email … --name … < password-file. It is no option, since options are seen by everybody.
    """
    if not (email and name) and not sys.stdin.isatty():
        stop("there is no terminal to ask on: give --email and --name, and the password on standard input")
    email, name = email or str(typer.prompt("Email")), name or str(typer.prompt("Name"))
    password = SecretStr(read_password())
    user = run(lambda bus: bus.ask(CreateUser(email=email, name=name, password=password, root=1)))
    print_line(f"root user {user.id} ({user.email}) is there")
