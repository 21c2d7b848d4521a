"""The command line finds the bus by its settings."""

import asyncio
import os
from pathlib import Path

import pytest

from devstack.ports import free_port
from tests.support.forked_programs import run_program
from tests.support.stack import Stack

ASKING, READING, LISTENING = ["user", "get", "1"], ["dead", "list"], ["events", "tail"]
COMMANDS = pytest.mark.parametrize("command", [ASKING, READING, LISTENING], ids=" ".join)


@COMMANDS
def test_every_command_tells_the_same_of_a_broker_that_is_not_there(command: list[str]) -> None:
    env = {**os.environ, "USERBUS_AMQP_URL": f"amqp://127.0.0.1:{free_port()}"}
    status, out, err = run_program(["cli", *command], env)
    assert (status, out) == (1, "")
    assert err.startswith("userbus: the broker cannot be used: ")
    assert err.endswith("; is USERBUS_AMQP_URL right?\n")


@COMMANDS
async def test_every_command_tells_the_same_of_a_virtual_host_that_does_not_exist(
    stack: Stack, command: list[str]
) -> None:
    env = {**os.environ, "USERBUS_AMQP_URL": f"{stack.amqp_url.rstrip('/')}/nowhere"}
    status, out, err = await asyncio.to_thread(run_program, ["cli", *command], env)
    assert (status, out) == (1, "")
    assert " refuses the virtual host nowhere: it does not exist, this user may not use it, or " in err


async def test_the_bus_is_found_by_a_file_in_the_folder_of_secrets(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "userbus_amqp_url").write_text(stack.amqp_url)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("USERBUS_")}
    env = environ | {"USERBUS_SECRETS_DIR": str(tmp_path)}
    status, out, err = await asyncio.to_thread(run_program, ["cli", "health"], env)
    assert (status, err) == (0, "")
    assert set(out.split()) == {"user:", "account:", "role:", "auth:", "sms:", "ok"}
