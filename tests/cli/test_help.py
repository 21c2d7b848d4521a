"""Every command has an example, and shells complete them."""

import json
import shlex
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from cli.main import app
from cli.requests.commands import command_words
from cli.requests.fields import field_values, usage
from contracts.catalog import CATALOG
from contracts.entry import Entry
from tests.cli.test_requests import SERVED, restore_logging

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


@pytest.mark.parametrize("entry", [CATALOG[name] for name in SERVED], ids=attrgetter("name"))
def test_an_example_can_be_copied(entry: Entry) -> None:
    words = command_words(entry.name)
    example = f"Example: userbus {' '.join(words)} {usage(entry)}".strip()
    told = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "300"})
    assert example in told.stdout
    command: Any = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]
    given = command.make_context(words[-1], shlex.split(usage(entry))).params
    secrets = {name: "0123456789abcdef" for name, value in given.items() if value is True}
    values = field_values(
        entry,
        {name: value for name, value in given.items() if name in entry.message.model_fields and name not in secrets},
    )
    entry.message.model_validate_json(
        json.dumps(values | {name: _fitting(entry, name, text) for name, text in secrets.items()})
    )


def _fitting(entry: Entry, name: str, text: str) -> Any:
    return [text] if "list[" in str(entry.message.model_fields[name].annotation) else text


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
