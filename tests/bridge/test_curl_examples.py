"""The curl examples, run as a reader would run them, against the test stack."""

import asyncio
import json
import os
import shutil
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from tests.support.patience import PATIENCE
from tests.support.stack import Stack

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
EXAMPLES = Path(__file__).parents[2] / "examples" / "curl"


async def run_example(name: str, stack: Stack) -> list[str]:
    """The lines that an example prints."""
    facts = {"USERBUS_URL": stack.url, "USERBUS_TOKEN": stack.token, "USERBUS_SMS_LOG": str(stack.sms_log)}
    env = {**os.environ, "no_proxy": "127.0.0.1", **facts}
    process = await asyncio.create_subprocess_exec(EXAMPLES / f"{name}.sh", env=env, stdout=PIPE, stderr=PIPE)
    output, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert (process.returncode, errors) == (0, b"")
    return [line for line in output.decode().splitlines() if line]


def fields(lines: list[str], name: str) -> list[Any]:
    return [json.loads(line).get(name) for line in lines]


async def test_foreseen(stack: Stack) -> None:
    lines = await run_example("foreseen", stack)
    assert fields(lines, "error_code")[:3] == [0, 0, 0]
    assert json.loads(lines[2])["data"]["accounts"][0]["account"] == "ou_1"
    assert json.loads(lines[3])["error_code"] != 0


async def test_rbac(stack: Stack) -> None:
    lines = await run_example("rbac", stack)
    assert fields(lines, "status") == ["200", "200"]
    assert [role["name"] for role in json.loads(lines[1])["data"]] == ["Seller"]


async def test_passport(stack: Stack) -> None:
    assert fields(await run_example("passport", stack), "code") == [0, 0, 3000205]


async def test_starcedu(stack: Stack) -> None:
    lines = await run_example("starcedu", stack)
    assert fields(lines, "message")[0] == "register successfully"
    assert "data" in json.loads(lines[2])
    assert fields(lines, "message")[4] == "user unauthenticated"


async def test_usermgmt(stack: Stack) -> None:
    *answers, _ = lines = await run_example("usermgmt", stack)
    assert "HTTP/1.1 200 OK" in lines
    assert any(line.lower().startswith("set-cookie: ") for line in answers)
