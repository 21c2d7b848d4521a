"""The program of docs/other-clients.md with a worker, RabbitMQ and MongoDB: `make examples`."""

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.blocks import ROOT, blocks
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.stack import Stack

INSTALLED = os.environ.get("EXAMPLES_INSTALLED")
pytestmark = pytest.mark.skipif(INSTALLED is None, reason="needs packages from npm: make examples")


def run_node(file: Path, amqp_url: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "USERBUS_AMQP_URL": amqp_url}
    return subprocess.run(["node", file], env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)


async def test_a_plain_client_creates_a_user_hears_of_it_and_is_refused_at_each_run(
    stack: Stack, client: Client, tmp_path: Path
) -> None:
    (program,) = [block for block in blocks(ROOT / "docs/other-clients.md") if block.language == "js"]
    file = tmp_path / "program.mjs"
    file.write_text(program.text)
    (tmp_path / "node_modules").symlink_to(ROOT / (INSTALLED or "") / "node/node_modules")
    for _ in range(2):
        ended = await asyncio.to_thread(run_node, file, stack.amqp_url)
        assert ended.returncode == 0, ended.stderr
        created, *lines = ended.stdout.splitlines()
        number = int(created.removeprefix("created "))
        assert lines == [f"heard userbus.user.created.v1 user/{number}", "refused user.username_taken"]
        assert (await client.done("user.get", {"id": number}))["username"].startswith("ada-")
