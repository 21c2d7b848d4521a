"""`userbus events`: past events and new ones, filtered, for people and for programs."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from uuid import uuid4

import pytest

from tests.support.client import Client
from tests.support.command_line import run_userbus
from tests.support.patience import PATIENCE
from tests.support.proxy import proxy
from tests.support.stack import Stack


async def test_past_events_are_shown_again(client: Client, stack: Stack) -> None:
    user = await client.done("user.create", {"username": uuid4().hex})
    status, out, err = await run_userbus(stack.amqp_url, "events", "replay", "--since", "1m", "user.created", "--json")
    assert (status, err) == (0, "")
    told = [json.loads(line) for line in out.splitlines()]
    assert {event["type"] for event in told} == {"userbus.user.created.v1"}
    assert f"user/{user['id']}" in {event["subject"] for event in told}
    status, out, _ = await run_userbus(stack.amqp_url, "events", "replay", "--since", "1m", "--limit", "1")
    assert status == 0
    (line,) = out.splitlines()
    offset = line.split()[0]
    _, again, _ = await run_userbus(stack.amqp_url, "events", "replay", "--since", offset, "--limit", "1")
    assert again == out
    status, out, err = await run_userbus(stack.amqp_url, "events", "replay", "--since", "1m", "user.create")
    assert (status, out) == (0, "")
    assert err.startswith("no event that this version knows is called user.create: did you mean user.created")


async def test_new_events_are_shown_as_they_come(client: Client, stack: Stack) -> None:
    watching = asyncio.create_task(run_userbus(stack.amqp_url, "events", "tail", "role.*", "--limit", "1"))
    code = uuid4().hex
    app = await client.done("app.create", {"code": code, "name": code})
    while not watching.done():
        name = uuid4().hex
        await client.done("role.create", {"app_id": app["id"], "code": name, "name": name})
        await asyncio.sleep(0.2)
    status, out, _ = await watching
    assert (status, out.split()[2]) == (0, "role.created")


async def test_past_events_do_not_end_with_a_lost_connection(client: Client, stack: Stack) -> None:
    users = [await client.done("user.create", {"username": uuid4().hex}) for _ in range(3)]
    last, lost = f'"user/{users[-1]["id"]}"'.encode(), asyncio.Event()
    passed = bytearray()
    async with proxy(stack.amqp_url) as (link, url):

        def cut_at_the_last(part: bytes) -> bytes:
            passed.extend(part)
            if lost.is_set() or last not in passed:  # which may come in two parts
                return part
            link.cut()
            lost.set()
            return b""

        link.answers = cut_at_the_last
        words = ("-m", "cli", "events", "replay", "--since", "1h", "user.created")
        env = {**os.environ, "USERBUS_AMQP_URL": url}
        program = await asyncio.create_subprocess_exec(sys.executable, *words, env=env, stdout=PIPE, stderr=PIPE)
        assert program.stderr
        assert program.stdout
        async with asyncio.timeout(PATIENCE):
            while b"the connection to the broker was lost" not in (line := await program.stderr.readline()):
                assert line, f"it ended without a word, after {await program.stdout.read()!r}"
        assert lost.is_set()
        link.heal()
        out, _ = await program.communicate()
    assert program.returncode == 0
    assert f"user/{users[-1]['id']}" in out.decode()


@pytest.mark.parametrize("since", ["0001-01-01", "1969-07-20T20:17:40Z", "99999d", "99999999999999999999h"])
async def test_ages_and_times_before_all_events_are_the_beginning(stack: Stack, since: str) -> None:
    first = await run_userbus(stack.amqp_url, "events", "replay", "--limit", "1")
    assert await run_userbus(stack.amqp_url, "events", "replay", "--since", since, "--limit", "1") == first


async def test_an_offset_that_is_too_large_is_told(stack: Stack) -> None:
    status, _, err = await run_userbus(stack.amqp_url, "events", "replay", "--since", "9" * 19)
    assert (status, "not an offset, an age" in err) == (1, True)


async def test_what_is_no_time_is_told(stack: Stack) -> None:
    status, out, err = await run_userbus(stack.amqp_url, "events", "replay", "--since", "yesterday")
    assert (status, out) == (1, "")
    assert "--since yesterday: not an offset, an age such as 2h" in err
