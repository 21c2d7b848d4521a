"""The command line finds the bus by its settings."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from tests.stack import Stack


async def test_the_bus_is_found_by_a_file_in_the_folder_of_secrets(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "userbus_amqp_url").write_text(stack.amqp_url)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("USERBUS_")}
    told = kept | {"USERBUS_SECRETS_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "cli", "health"]
    ended = await asyncio.to_thread(
        subprocess.run, command, env=told, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert set(ended.stdout.split()) == {"user:", "account:", "role:", "auth:", "sms:", "ok"}
