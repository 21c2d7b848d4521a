"""The command line of the development stack."""

import os
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import ExitStack

from rich.console import Console

from devstack.errors import StackError
from devstack.screen import show_facts, show_failure, show_progress
from devstack.settings import StackCommands, load_settings
from devstack.signals import stop_on_signals
from devstack.up import running_stack

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None, commands: StackCommands | None = None) -> int:
    """Run the command line; the exit status: 0 after Ctrl-C, 130 after Ctrl-C before the stack was ready, else 1."""
    parser = ArgumentParser("python -m devstack", description="The development stack of userbus.")
    parser.add_argument("verb", choices=["up"], help="start everything and run until Ctrl-C")
    parser.parse_args(arguments)
    console, errors = Console(), Console(stderr=True)
    stop_on_signals()
    try:
        return run_until_interrupted(commands or StackCommands(), console)
    except StackError as error:
        show_failure(str(error), errors)
    except PermissionError as error:
        show_failure(
            f"{error.filename} cannot be written or run by this user: make it yours, or set USERBUS_HOME", errors
        )
    except KeyboardInterrupt:
        console.print("Stopped before it was ready.")
        return INTERRUPTED
    return 1


def run_until_interrupted(commands: StackCommands, console: Console) -> int:
    """Run the stack until Ctrl-C and return 0; raises StackError when it fails."""
    settings = load_settings(os.environ)
    ready = False
    try:
        with ExitStack() as exits:
            with show_progress(console) as say:
                stack = exits.enter_context(running_stack(settings, commands, say))
            ready = True
            show_facts(stack.facts, console)
            stack.watch()
    except KeyboardInterrupt:
        if not ready:
            raise
    console.print(f"Everything has stopped. The data stays in {settings.home}.", highlight=False, soft_wrap=True)
    return 0
