"""The command line finds the bus by its settings."""

import asyncio
import os
from pathlib import Path

from tests.support.forked_programs import run_program
from tests.support.stack import Stack


async def test_the_bus_is_found_by_a_file_in_the_folder_of_secrets(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "userbus_amqp_url").write_text(stack.amqp_url)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("USERBUS_")}
    env = environ | {"USERBUS_SECRETS_DIR": str(tmp_path)}
    status, out, err = await asyncio.to_thread(run_program, ["cli", "health"], env)
    assert (status, err) == (0, "")
    assert set(out.split()) == {"user:", "account:", "role:", "auth:", "sms:", "ok"}
