"""The programs in Python of the README and the pages about the client, run where the wheel is installed."""

import asyncio
import re
import subprocess
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.blocks import ROOT, Block, blocks
from tests.support.patience import PATIENCE
from tests.support.stack import Stack
from tests.support.wheel import InstalledWheel

RUNNER = Path(__file__).parent / "installed" / "block.py"
PAGES = ("README.md", "docs/client.md", "docs/sending-commands.md", "docs/consuming-events.md")
ENDLESS = (
    "with userbus.connect_sync("  # without asyncio nothing ends the loop: tests/client/test_sync.py makes its calls
)
PROGRAMS = [
    block
    for page in PAGES
    for block in blocks(ROOT / page)
    if block.language == "python" and not block.text.startswith(ENDLESS)
]


def fill_in(text: str) -> str:
    """Put what is there in the place of a page's examples: the broker, a user's number, names that are free."""
    text = re.sub(r'"amqp://billing:…@\w+"', "url", text).replace("id=42", "id=user_id")
    return re.sub(r'"(ada|alice|billing)"', lambda found: f'"{found[1]}_{uuid4().hex[:8]}"', text)


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
