"""The commands of docs/start.md, run by a shell in a folder that looks like a checkout whose stack is up."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.blocks import ROOT, blocks
from tests.support.client import Client
from tests.support.stack import Stack

SHELL = [block.text for block in blocks(ROOT / "docs" / "start.md")]
UP, OVER_HTTP, ON_THE_BUS, LISTEN, CREATE = SHELL


def run_shell(text: str, folder: Path) -> str:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "no_proxy": "127.0.0.1", "HOME": str(folder)}
    ended = subprocess.run(["sh", "-e", "-c", text], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture
def checkout(tmp_path: Path, stack: Stack) -> Path:
    facts = {"USERBUS_URL": stack.url, "USERBUS_TOKEN": stack.token, "USERBUS_AMQP_URL": stack.amqp_url}
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "dev.env").write_text("".join(f"{name}={text}\n" for name, text in facts.items()))
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_a_call_over_http_and_the_same_users_from_the_bus(checkout: Path, client: Client) -> None:
    await client.done("user.create", {"username": "of_the_start_page"})
    assert '"list":[{' in await asyncio.to_thread(run_shell, OVER_HTTP, checkout)
    setup = OVER_HTTP.splitlines()[0]
    said = await asyncio.to_thread(run_shell, f"{setup}\n{ON_THE_BUS}", checkout)
    assert "user: ok" in said
    assert "uuid" in said  # empty columns are left out, and some users have no username


def test_the_other_blocks_are_those_that_other_tests_run() -> None:
    assert UP.strip() == "make up"
    assert LISTEN.strip().endswith("/userbus/examples/print_events.py &")
    assert CREATE.split()[-2:] == ["../userbus/examples/create_user.py", "alice"]
