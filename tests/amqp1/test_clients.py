"""Clients of AMQP 1.0 with their defaults, on RabbitMQ 4: `make clients`."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4

import pytest

from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.stack import Stack

PYTHON = os.environ.get("AMQP1_PYTHON")
PROGRAMS = Path(__file__).parent / "programs"

pytestmark = pytest.mark.skipif(PYTHON is None, reason="needs RabbitMQ 4: USERBUS_DEVSTACK=docker make clients")


async def run(program: str, client: Client, stack: Stack) -> dict[str, tuple[str, str]]:
    """Of each form "done" or the problem's code, and the correlation id, as the program saw them."""
    queue = await client.channel.declare_queue(f"answers/{uuid4().hex} 1", arguments={"x-expires": 600_000})
    url = urlsplit(stack.amqp_url)
    login = [unquote(part or "") for part in (url.username, url.password)]
    words = [str(PROGRAMS / program), f"{url.hostname}:{url.port}", *login, queue.name]
    ran = await asyncio.create_subprocess_exec(str(PYTHON), *words, stdout=asyncio.subprocess.PIPE)
    out, _ = await asyncio.wait_for(ran.communicate(), 2 * PATIENCE)
    assert ran.returncode == 0
    seen: dict[str, tuple[dict[str, Any], str]] = json.loads(out)
    return {name: (reply.get("problem", {}).get("code", "done"), text) for name, (reply, text) in seen.items()}


async def test_qpid_proton_is_answered_whatever_the_body_and_the_ids_are(client: Client, stack: Stack) -> None:
    assert await run("send_with_proton.py", client, stack) == {
        "string": ("done", "1"),
        "binary": ("done", "2"),
        "data section": ("done", "3"),
        "map": ("message.undecodable", "4"),
        "no message id": ("message.id_missing", "5"),
        "UUIDs": ("done", str(UUID(int=6))),
        "numbers": ("done", "7"),
        "long texts": ("done", "8" * 300),
        "bytes": ("done", "ff09"),
        "seconds": ("message.invalid", "10"),
        "a queue": ("done", "11"),
    }


async def test_rabbitmqs_own_client_is_answered(client: Client, stack: Stack) -> None:
    assert await run("send_with_rabbitmq_client.py", client, stack) == {
        "texts": ("done", "1"),
        "UUIDs": ("done", str(UUID(int=2))),
        "no message id": ("message.id_missing", "3"),
    }
