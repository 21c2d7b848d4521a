"""docs/other-clients.md says of each client what `make clients` runs, or that it was not run."""

import json
import re
from pathlib import Path

import pytest

from tests.other_clients.clients import CLIENTS, PROGRAMS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "other-clients.md").read_text()
NOT_RUN = {"Spring", ".NET"}


def rows(heading: str) -> dict[str, list[str]]:
    """The cells of a table of clients, by the first word of the client."""
    table = PAGE.partition(f"\n| client | {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in table]
    return {re.split(r"[ ,]", name)[0]: rest for name, *rest in cells}


COMMANDS, EVENTS = rows("the property | run with"), rows("the event")
LINES = [
    (name, line) for table in (COMMANDS, EVENTS) for name in CLIENTS for line in re.findall("`(.+?)`", table[name][0])
]


def test_both_tables_have_every_client_and_those_without_a_program_are_told_as_not_run() -> None:
    assert COMMANDS.keys() == EVENTS.keys() == CLIENTS.keys() | NOT_RUN
    assert {name for name, (_, version) in COMMANDS.items() if version.startswith("not run")} == NOT_RUN
    assert set(re.findall(r"^\| (\S+), not run \|", PAGE, re.M)) == NOT_RUN


@pytest.mark.parametrize(("name", "line"), LINES)
def test_a_program_does_what_the_page_says(name: str, line: str) -> None:
    pattern = ".+".join(re.escape(part) for part in line.split("…"))
    assert re.search(pattern, (PROGRAMS / CLIENTS[name].file).read_text())


def test_the_versions_are_those_that_are_installed() -> None:
    listed = (ROOT / "requirements" / "clients.txt").read_text()
    installed = dict(re.findall(r"^([\w-]+)==(\S+)", listed, re.M))
    package = json.loads((ROOT / "tests" / "other_clients" / "package.json").read_text())
    installed |= package["dependencies"]
    told = {name.lower(): version for name, (_, version) in COMMANDS.items() if name.lower() in installed}
    assert told == {name: installed[name] for name in told}
    assert len(told) == 6
