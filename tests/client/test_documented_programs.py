"""The programs in Python of the README and the pages about the client, run where the wheel is installed."""

import asyncio
import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from tests.support.blocks import ROOT, Block, blocks
from tests.support.patience import PATIENCE
from tests.support.stack import Stack
from tests.support.wheel import InstalledWheel

RUNNER = Path(__file__).parent / "installed" / "block.py"
PAGES = ("README.md", "docs/client.md", "docs/sending-commands.md", "docs/consuming-events.md")
PROGRAMS = [block for page in PAGES for block in blocks(ROOT / page) if block.language == "python"]


def fill_in(text: str) -> str:
    """Put what is there in the place of a page's examples: the broker, a user's number, names that are free."""
    text = re.sub(r'"amqp://billing:…@\w+"', "url", text).replace("id=42", "id=user_id")
    return re.sub(r'"(ada|alice|billing|order-7)"', lambda found: f'"{found[1]}_{uuid4().hex[:8]}"', text)


def run_program(wheel: InstalledWheel, text: str, url: str) -> str:
    command = [str(wheel.python), "-I", str(RUNNER), url]
    ended = subprocess.run(
        command, input=text, cwd=wheel.folder, capture_output=True, text=True, timeout=PATIENCE * 2, check=False
    )
    # other tests have sent to the log of events what is none, which a program that replays is told of
    errors = [line for line in ended.stderr.splitlines(keepends=True) if "which is no CloudEvents object" not in line]
    return ended.stdout + "".join(errors)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: f"{program.page} {program.first_line}")
async def test_a_documented_program_runs(program: Block, wheel: InstalledWheel, stack: Stack) -> None:
    said = await asyncio.to_thread(run_program, wheel, fill_in(program.text), stack.amqp_url)
    assert said == "ran"


async def test_a_program_that_fails_is_told(wheel: InstalledWheel, stack: Stack) -> None:
    said = await asyncio.to_thread(run_program, wheel, "await bus.ask(CreateUsr(username='a'))", stack.amqp_url)
    assert "NameError" in said


def test_the_effect_of_a_repeated_event_is_stored_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (program,) = [each for each in PROGRAMS if each.first_line == "import sqlite3"]
    monkeypatch.chdir(tmp_path)
    found: dict[str, Any] = {}
    exec(program.text, found)
    for number, address in ((1, "ada@example.com"), (1, "ada@example.com"), (2, "eve@example.com")):
        found["handle"](SimpleNamespace(id=str(number), data=SimpleNamespace(email=address)))
    found["database"].close()
    with closing(sqlite3.connect("billing.db")) as database:
        stored = [address for (address,) in database.execute("SELECT email FROM customers")]
    assert stored == ["ada@example.com", "eve@example.com"]
