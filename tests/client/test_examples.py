"""The example programs, run as a reader would run them, against the test stack."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from uuid import uuid4

import httpx

from tests.client import Client
from tests.stack import Stack

EXAMPLES = Path(__file__).parents[2] / "examples"


async def run(stack: Stack, program: str, *arguments: str) -> Process:
    env = {**os.environ, "USERBUS_AMQP_URL": stack.amqp_url}
    return await asyncio.create_subprocess_exec(
        sys.executable, str(EXAMPLES / program), *arguments, env=env, stdout=PIPE, stderr=PIPE
    )


async def test_create_user_prints_the_reply(stack: Stack) -> None:
    username = f"user_{uuid4().hex[:8]}"
    program = await run(stack, "create_user.py", username)
    output, errors = await asyncio.wait_for(program.communicate(), 30)
    assert program.returncode == 0, errors.decode()
    reply = json.loads(output)
    assert reply["status"] == "done"
    assert reply["data"]["username"] == username


async def test_print_events_shows_users_made_through_two_dialects(stack: Stack) -> None:
    program = await run(stack, "print_events.py", "user.created", "2")
    assert program.stderr is not None
    assert b"waiting" in await asyncio.wait_for(program.stderr.readline(), 30)
    one, two = f"user_{uuid4().hex[:8]}", f"{uuid4().hex[:8]}@example.com"
    fields = {"name": "Two", "email": two, "mobile": "1", "position": "p", "password": "secret-1"}
    headers = {"Authorization": f"Bearer {stack.token}"}
    async with httpx.AsyncClient(base_url=stack.url, headers=headers) as http:
        foreseen = await http.post("/user", json={"username": one, "usertype": "user"})
        passport = await http.post("/v1/user/create", data=fields)
    assert foreseen.json()["error_code"] == 0
    assert passport.json()["code"] == 0
    output, errors = await asyncio.wait_for(program.communicate(), 30)
    assert program.returncode == 0, errors.decode()
    lines = output.decode().splitlines()
    assert len(lines) == 2
    assert one in lines[0]
    assert two in lines[1]


async def replayed(stack: Stack, start: str, count: int) -> list[list[str]]:
    """The lines that replay_events.py prints: offset, time, type and subject of each event."""
    program = await run(stack, "replay_events.py", start, str(count))
    output, errors = await asyncio.wait_for(program.communicate(), 30)
    assert program.returncode == 0, errors.decode()
    return [line.split() for line in output.decode().splitlines()]


async def test_replay_events_goes_back_to_a_time_and_to_an_offset(stack: Stack, client: Client) -> None:
    events = await client.events("user.created")
    users = [await client.done("user.create", {"username": f"user_{uuid4().hex[:8]}"}) for _ in range(3)]
    told = [(await events.about(f"user/{user['id']}", 1))[0] for user in users]
    since = await replayed(stack, told[0]["time"], 3)
    assert [line[1:] for line in since] == [[event["time"], event["type"], event["subject"]] for event in told]
    assert await replayed(stack, since[1][0], 2) == since[1:]


async def test_replay_events_begins_with_the_first_event_that_is_kept(stack: Stack, client: Client) -> None:
    await client.done("user.create", {"username": f"user_{uuid4().hex[:8]}"})
    ((offset, *_),) = await replayed(stack, "first", 1)
    assert offset == "0"
