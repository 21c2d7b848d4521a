"""Each client creates a user, hears of it, and sends the next command as it does by default: `make clients`.

`<program> USERNAME USERNAME` prints three lines: "created <id>" of the first, "heard <type> <subject>" of its event,
and of the second, without a message id, "refused <code>" or, where the client sets one by itself, "created <id>".
"""

import asyncio
import os
from pathlib import Path
from uuid import uuid4

import pytest

from tests.other_clients.clients import CLIENTS, GO_PACKAGES, INSTALLED, ClientProgram
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.stack import Stack

pytestmark = pytest.mark.skipif("CLIENTS_INSTALLED" not in os.environ, reason="needs clients of others: make clients")


async def run(program: ClientProgram, amqp_url: str, folder: Path, *usernames: str) -> list[str]:
    """The lines that it prints."""
    go = {"GOPATH": str(GO_PACKAGES), "GO111MODULE": "off", "GOCACHE": str(folder / "go")}
    env = {**os.environ, **go, "CLIENTS_INSTALLED": str(INSTALLED), "USERBUS_AMQP_URL": amqp_url}
    pipe = asyncio.subprocess.PIPE
    ran = await asyncio.create_subprocess_exec(*program.command, *usernames, env=env, stdout=pipe, stderr=pipe)
    try:
        out, errors = await asyncio.wait_for(ran.communicate(), 2 * PATIENCE)
    finally:
        if ran.returncode is None:
            ran.kill()
    assert ran.returncode == 0, errors.decode()
    return out.decode().splitlines()


@pytest.mark.parametrize("name", CLIENTS)
async def test_a_client_is_answered_and_hears_events_with_its_defaults(
    stack: Stack, client: Client, tmp_path: Path, name: str
) -> None:
    program = CLIENTS[name]
    if not program.language.is_installed():
        pytest.skip(f"needs {name}: {program.language.install}")
    events = await client.events("user.created")
    first, second = f"first-{uuid4().hex}", f"second-{uuid4().hex}"
    lines = await run(program, stack.amqp_url, tmp_path, first, second)
    created = await client.done("user.get", {"username": first})
    about = f"user/{created['id']}"
    last = "refused message.id_missing"
    if program.sets_id:
        last = f"created {(await client.done('user.get', {'username': second}))['id']}"
    assert lines == [f"created {created['id']}", f"heard userbus.user.created.v1 {about}", last]
    made = [await events.next() for _ in range(1 + program.sets_id)]  # the next program hears of its own user first
    assert [event["data"]["username"] for event in made] == [first, second][: len(made)]
    if not program.sets_id:
        assert (await client.refused("user.get", {"username": second}))["code"] == "user.not_found"
