"""How docs/consuming-events.md reaches the node of `make up` with RabbitMQ's own command."""

import asyncio
import subprocess
from pathlib import Path

import aio_pika
import pytest

from devstack.local import LocalServer
from devstack.servers import RunningServers
from tests.support.blocks import ROOT, blocks


async def test_rabbitmqctl_finds_the_node(running: RunningServers, tmp_path: Path) -> None:
    if not isinstance(running.rabbitmq, LocalServer):
        pytest.skip("the broker is not a program of this machine's: `docker exec` reaches a container")
    (block,) = [each for each in blocks(ROOT / "docs" / "consuming-events.md") if "rabbitmqctl" in each.text]
    (tmp_path / ".local").symlink_to(running.rabbitmq.spec.home)
    command = ["sh", "-e", "-c", block.text]
    async with await aio_pika.connect(running.amqp_url) as connection:
        queue = await (await connection.channel()).declare_queue(exclusive=True)
        ended = await asyncio.to_thread(
            subprocess.run, command, cwd=tmp_path, capture_output=True, text=True, check=False
        )
    assert ended.returncode == 0, ended.stderr
    assert f"{queue.name}\t0" in ended.stdout.splitlines()
