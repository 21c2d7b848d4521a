"""The wheel userbus-client, as another team has it."""

import asyncio
import subprocess
import sys
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from hatch_build import rename_imports
from tests.support.stack import Stack
from tests.support.wheel import InstalledWheel, run

PROGRAM = Path(__file__).parent / "installed" / "program.py"
PROGRAMS = [PROGRAM, *sorted((Path(__file__).parents[2] / "examples").glob("*.py"))]
TYPED = """
from userbus import connect
from userbus.contracts.user_queries import SearchUsers
from userbus.contracts.users import CreateUser


async def main() -> None:
    async with connect("amqp://nowhere/", app_id="billing") as bus:
        reveal_type(await bus.ask(CreateUser(username="ada")))
        reveal_type((await bus.ask(SearchUsers())).items)
"""
WRONG = """
from userbus import connect_sync
from userbus.contracts.user_queries import GetUser

with connect_sync("amqp://nowhere/", app_id="billing") as bus:
    bus.ask(GetUser(id=1), mesage_id="m")
    print(bus.ask(GetUser(id=1)).user_name)
"""


def test_it_brings_one_name(wheel: InstalledWheel) -> None:
    names = {line.split("/")[0] for line in (wheel.metadata / "RECORD").read_text().splitlines()}
    assert names == {"userbus", wheel.metadata.name}
    required = Distribution.at(wheel.metadata).requires or []
    needed = [requirement for line in required if not (requirement := Requirement(line)).marker]
    assert {requirement.name for requirement in needed} == {"aio-pika", "pydantic"}


def test_it_has_the_version_of_the_service(wheel: InstalledWheel) -> None:
    (client,) = wheel.folder.glob("userbus_client-*.whl")
    (service,) = wheel.folder.glob("userbus-*.whl")
    assert client.name.split("-")[1] == service.name.split("-")[1]


async def test_a_program_of_another_team_works_with_it(wheel: InstalledWheel, stack: Stack) -> None:
    said = await asyncio.to_thread(run, wheel.python, "-I", PROGRAM, stack.amqp_url, folder=wheel.folder)
    assert said.split() == ["user.not_found", "1"]


@pytest.fixture(scope="module")
def remarks(wheel: InstalledWheel) -> dict[str, str]:
    """What mypy says to each program in that environment, by the name of its file: one run for all."""
    texts = {"typed.py": TYPED, "wrong.py": WRONG} | {program.name: program.read_text() for program in PROGRAMS}
    for name, text in texts.items():
        (wheel.folder / name).write_text(text)
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(wheel.python), *texts]
    ended = subprocess.run(command, cwd=wheel.folder, capture_output=True, text=True, timeout=300, check=False)
    *lines, summary = ended.stdout.splitlines()
    assert f"checked {len(texts)} source files" in summary, ended.stdout + ended.stderr
    return {name: "\n".join(line for line in lines if line.startswith(f"{name}:")) for name in texts}


def test_mypy_sees_the_types_of_replies(remarks: dict[str, str]) -> None:
    said = remarks["typed.py"]
    assert 'Revealed type is "userbus.contracts.user_views.UserView"' in said
    assert 'Revealed type is "list[userbus.contracts.user_views.UserView]"' in said.replace("builtins.list", "list")
    assert "error" not in said


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_mypy_is_content_with_a_program(remarks: dict[str, str], program: Path) -> None:
    assert remarks[program.name] == ""


def test_mypy_sees_mistakes(remarks: dict[str, str]) -> None:
    said = remarks["wrong.py"]
    assert 'Unexpected keyword argument "mesage_id"' in said
    assert '"UserView" has no attribute "user_name"' in said


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        ("from client import connect", "from userbus import connect"),
        ("from client.bus import Bus", "from userbus.bus import Bus"),
        ("from contracts import health", "from userbus.contracts import health"),
        ("from contracts.users import UserView", "from userbus.contracts.users import UserView"),
        ("from clients import other", "from clients import other"),
        ('"""Hear from client and contracts."""', '"""Hear from client and contracts."""'),
        ("    from client to worker.", "    from client to worker."),
    ],
)
def test_imports_are_renamed_and_nothing_else(line: str, becomes: str) -> None:
    assert rename_imports(line, {"client": "userbus", "contracts": "userbus.contracts"}) == becomes
