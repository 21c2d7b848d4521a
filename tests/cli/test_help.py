"""Every command has an example, and shells complete them."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from cli.main import app
from tests.cli.test_requests import restore_logging

__all__ = ["restore_logging"]


def commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_has_a_text_and_an_example(words: tuple[str, ...]) -> None:
    command = COMMANDS[words]
    assert command.help
    assert f"Example: userbus {' '.join(words)}" in (command.epilog or "")


@pytest.mark.parametrize(
    ("shell", "env"),
    [
        ("bash", {"COMP_WORDS": "userbus user unl", "COMP_CWORD": "2"}),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "userbus user unl"}),
    ],
)
def test_a_shell_completes_commands(shell: str, env: dict[str, str]) -> None:
    told = CliRunner().invoke(app, [], prog_name="userbus", env={"_USERBUS_COMPLETE": f"complete_{shell}", **env})
    assert (told.exit_code, "unlock" in told.stdout, "sign-out" in told.stdout) == (0, True, False)


def test_exit_statuses_are_told() -> None:
    assert "130 Ctrl-C" in CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).stdout
