"""The second worker of docs/scaling.md, started by a shell in a folder that looks like a checkout whose stack is up."""

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, STDOUT, Process
from pathlib import Path

from tests.support.blocks import ROOT, blocks
from tests.support.patience import PATIENCE
from tests.support.stack import ENCRYPTION_KEY, SECRET, Stack

(START,) = [block.text for block in blocks(ROOT / "docs" / "scaling.md") if "userbus worker" in block.text]


def as_checkout(folder: Path, stack: Stack) -> None:
    facts = {
        "USERBUS_AMQP_URL": stack.amqp_url,
        "USERBUS_MONGO_URL": stack.mongo_url,
        "USERBUS_SMS_LOG": str(folder / "sms.log"),
    }
    secrets = {"userbus_secret_key": SECRET, "userbus_encryption_key": ENCRYPTION_KEY, "rabbitmq_password": "x"}
    (folder / ".local" / "secrets").mkdir(parents=True)
    (folder / ".local" / "dev.env").write_text("".join(f"{name}={text}\n" for name, text in facts.items()))
    for name, text in secrets.items():
        (folder / ".local" / "secrets" / name).write_text(text)
    (folder / ".venv").symlink_to(ROOT / ".venv")


async def read_until(process: Process, words: str) -> str:
    """The first line with these words; fails with all that was said where the process ends before."""
    assert process.stdout is not None
    said = ""
    async for line in process.stdout:
        said += line.decode()
        if words in line.decode():
            return line.decode()
    raise AssertionError(said)


async def test_a_second_worker_starts_as_the_page_says(stack: Stack, tmp_path: Path) -> None:
    as_checkout(tmp_path, stack)
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    process = await asyncio.create_subprocess_exec(
        "sh", "-e", "-c", START, cwd=tmp_path, env=env, start_new_session=True, stdout=PIPE, stderr=STDOUT
    )
    async with asyncio.timeout(PATIENCE):
        try:
            assert "families=('user', 'account', 'role', 'auth', 'sms')" in await read_until(process, "worker ready")
        finally:
            os.killpg(process.pid, signal.SIGINT)
            await process.communicate()
