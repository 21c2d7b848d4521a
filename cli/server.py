"""The server's programs: the command becomes one of them, which is started by its name and not imported."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, NoReturn

import typer

PARENT = __name__.rpartition("cli.")[0]
"""The package that ours are in, with a dot: "" in a checkout, "userbus_server." in the wheel."""

backup = typer.Typer(no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(show_default=False)]
Skipped = Annotated[
    int, typer.Option(min=0, help="New ids begin so far above those of the dump; 0 where nothing came after it.")
]
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


@backup.command("dump", epilog="Example: userbus backup dump /backup/2026-01-31")
def dump_database(folder: Folder) -> None:
    """Write the database as it is at this moment to a new folder, by a worker's settings; workers go on."""
    _become("worker.backup", "dump", str(folder))


@backup.command("restore", epilog="Example: userbus backup restore /backup/2026-01-31")
def restore_database(folder: Folder, skip_ids: Skipped = 1_000_000) -> None:
    """Put a dump into an empty database, by a worker's settings; no worker may run."""
    _become("worker.backup", "restore", str(folder), "--skip-ids", str(skip_ids))


def _flags(check: bool) -> tuple[str, ...]:
    return ("--check",) if check else ()


def _become(program: str, *arguments: str) -> NoReturn:
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", PARENT + program, *arguments])  # noqa: S606  this Python, no shell
