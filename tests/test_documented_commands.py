"""The commands that the pages tell people to type are there, with their options."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from cli.main import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CODE = re.compile(r"`(userbus [^`]+)`|^ {4}(userbus .+)$", re.MULTILINE)
MADE_UP = ("…",)  # stands for whatever comes there


def commands_of(page: Path) -> list[str]:
    """What a page shows of `userbus`, without the remarks behind it."""
    found = (indented or inline for inline, indented in CODE.findall(page.read_text()))
    return [" ".join(text.split("  #")[0].split()) for text in found]


def find_fault(command: str) -> str | None:
    """Why the command line would not know a command, or an option of it."""
    words = shlex.split(re.split(r" [<>|] | >| <(?=\w+\.)", command)[0])[1:]
    known = typer.main.get_command(app)
    while isinstance(known, TyperGroup) and words and not words[0].startswith("-"):
        if words[0] in MADE_UP:
            return None
        if words[0] not in known.commands:
            return None if known.invoke_without_command else f"{command}: no command {words[0]}"
        known = known.commands[words.pop(0)]
    options = {"--help", *(name for each in known.params for name in (*each.opts, *each.secondary_opts))}
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in options]
    return f"{command}: no option {unknown[0]}" if unknown else None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_only_commands_that_exist(page: Path) -> None:
    assert [fault for command in commands_of(page) if (fault := find_fault(command))] == []


def test_commands_and_options_that_are_not_there_are_noticed() -> None:
    assert find_fault("userbus dead explode 1") == "userbus dead explode 1: no command explode"
    assert find_fault("userbus dead list --why x") == "userbus dead list --why x: no option --why"
    assert find_fault("userbus user list --filter '[]' --json") is None
    assert sum(len(commands_of(page)) for page in PAGES) > 50
