"""The example programs, run as a reader would run them, against the test stack."""

import asyncio
import json
import os
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.client import Client
from tests.support.loopback import http_client
from tests.support.patience import PATIENCE
from tests.support.stack import Stack
from tests.support.wheel import InstalledWheel

EXAMPLES = Path(__file__).parents[2] / "examples"


class Programs:
    """Starts example programs where the wheel is installed."""

    def __init__(self, python: Path, amqp_url: str) -> None:
        self._python = python
        self._env = {**os.environ, "USERBUS_AMQP_URL": amqp_url}

    async def start(self, program: str, *arguments: str) -> Process:
        command = (str(self._python), "-I", str(EXAMPLES / program), *arguments)
        return await asyncio.create_subprocess_exec(*command, env=self._env, stdout=PIPE, stderr=PIPE)

    async def read_log(self, start: str, count: int) -> list[list[str]]:
        """The lines that replay_events.py prints: offset, time, name and subject of each event."""
        program = await self.start("replay_events.py", start, str(count))
        output, errors = await asyncio.wait_for(program.communicate(), PATIENCE)
        assert program.returncode == 0, errors.decode()
        return [line.split() for line in output.decode().splitlines()]


@pytest.fixture
def programs(wheel: InstalledWheel, stack: Stack) -> Programs:
    return Programs(wheel.python, stack.amqp_url)


async def test_create_user_prints_the_user_or_why_not(programs: Programs) -> None:
    username = f"user_{uuid4().hex[:8]}"
    program = await programs.start("create_user.py", username)
    output, errors = await asyncio.wait_for(program.communicate(), PATIENCE)
    assert program.returncode == 0, errors.decode()
    assert json.loads(output)["username"] == username
    program = await programs.start("create_user.py", username)
    output, errors = await asyncio.wait_for(program.communicate(), PATIENCE)
    assert (program.returncode, output) == (1, b"")
    assert b"username" in errors


async def test_print_events_shows_users_made_through_two_dialects(programs: Programs, stack: Stack) -> None:
    program = await programs.start("print_events.py", "user.created", "2")
    assert program.stderr is not None
    assert b"waiting" in await asyncio.wait_for(program.stderr.readline(), PATIENCE)
    one, two = f"user_{uuid4().hex[:8]}", f"{uuid4().hex[:8]}@example.com"
    fields = {"name": "Two", "email": two, "mobile": "1", "position": "p", "password": "secret-1"}
    headers = {"Authorization": f"Bearer {stack.token}"}
    async with http_client(stack.url, headers=headers) as http:
        foreseen = await http.post("/user", json={"username": one, "usertype": "user"})
        passport = await http.post("/v1/user/create", data=fields)
    assert foreseen.json()["error_code"] == 0
    assert passport.json()["code"] == 0
    output, errors = await asyncio.wait_for(program.communicate(), PATIENCE)
    assert program.returncode == 0, errors.decode()
    lines = output.decode().splitlines()
    assert len(lines) == 2
    assert one in lines[0]
    assert two in lines[1]


async def test_replay_events_goes_back_to_a_time_and_to_an_offset(programs: Programs, client: Client) -> None:
    events = await client.events("user.created")
    users = [await client.done("user.create", {"username": f"user_{uuid4().hex[:8]}"}) for _ in range(3)]
    told = [(await events.about(f"user/{user['id']}", 1))[0] for user in users]
    since = await programs.read_log(told[0]["time"], 3)
    assert [line[1:] for line in since] == [[event["time"], "user.created", event["subject"]] for event in told]
    assert await programs.read_log(since[1][0], 2) == since[1:]


async def test_replay_events_begins_with_the_first_event_that_is_kept(programs: Programs, client: Client) -> None:
    await client.done("user.create", {"username": f"user_{uuid4().hex[:8]}"})
    ((offset, *_),) = await programs.read_log("first", 1)
    assert offset == "0"
