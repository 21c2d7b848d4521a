"""The server's programs: the command becomes one of them, which is started by its name and not imported."""

import os
import sys
from importlib.util import find_spec
from typing import Annotated, NoReturn

import typer

PARENT = __name__.rpartition("cli.")[0]
"""The package that ours are in, with a dot: "" in a checkout, "userbus_server." in the wheel."""

Check = Annotated[bool, typer.Option("--check", help="Only read the settings, and tell what is wrong with them.")]


def run_worker(check: Check = False) -> None:
    """Run a worker until SIGTERM or Ctrl-C, by the settings in the environment."""
    _become("worker", *_flags(check))


def run_bridge(check: Check = False) -> None:
    """Run the HTTP bridge until SIGTERM or Ctrl-C, by the settings in the environment."""
    _become("bridge", *_flags(check))


def run_stack() -> None:
    """Run RabbitMQ, MongoDB, a worker and the bridge with demo users until Ctrl-C; their data is in .local.

    Servers that USERBUS_AMQP_URL and USERBUS_MONGO_URL name are used instead.
    """
    if find_spec("testcontainers") is None:
        print("The servers cannot be started without the extra `up`: pip install 'userbus[up]'", file=sys.stderr)
        raise typer.Exit(1)
    _become("devstack", "up")


def _flags(check: bool) -> tuple[str, ...]:
    return ("--check",) if check else ()


def _become(program: str, *arguments: str) -> NoReturn:
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", PARENT + program, *arguments])  # noqa: S606  this Python, no shell
