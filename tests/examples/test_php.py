"""examples/php with a worker, RabbitMQ and MongoDB: `make examples`."""

import json
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.examples.own_queues import OwnQueues, make_event, own_queues
from tests.examples.program import Program
from tests.support.client import Client
from tests.support.proxy import proxy
from tests.support.scripted_worker import ScriptedWorker, done_reply, failed_reply, wait_until
from tests.support.stack import Stack

HAS_CLIENT = shutil.which("php") is not None and Path("/usr/share/php/PhpAmqpLib").is_dir()
pytestmark = [
    pytest.mark.skipif("EXAMPLES_INSTALLED" not in os.environ, reason="is not in Python: make examples"),
    pytest.mark.skipif(not HAS_CLIENT, reason="needs PHP's client: apt-get install php-cli php-amqplib"),
]

READY = "waiting for events"
EVENT = "user.created"


def newcomers(amqp_url: str, role_id: int, tmp_path: Path) -> Program:
    env = {"USERBUS_AMQP_URL": amqp_url, "NEWCOMERS_ROLE_ID": str(role_id), "NEWCOMERS_ANSWER_SECONDS": "1"}
    return Program(["php", "newcomers.php"], "php", env, tmp_path / "log")


async def create_role(client: Client) -> int:
    app = await client.done("app.create", {"code": uuid4().hex[:8], "name": "App"})
    role = await client.done("role.create", {"app_id": app["id"], "code": uuid4().hex[:8], "name": "Newcomer"})
    return int(role["id"])


async def roles_of(client: Client, user_id: int) -> list[int]:
    page = await client.done("role.of_user", {"user_id": user_id})
    return [role["id"] for role in page["items"]]


async def test_new_users_get_the_role_once_whatever_comes_again(stack: Stack, client: Client, tmp_path: Path) -> None:
    role_id = await create_role(client)
    async with (
        own_queues(stack.amqp_url, "newcomers") as queues,
        proxy(stack.amqp_url) as (link, url),
        newcomers(url, role_id, tmp_path) as program,
    ):
        await program.start(READY)
        events = await client.events("user.created", "role.assigned")
        user = await client.done("user.create", {"username": f"user_{uuid4().hex[:8]}"})
        created, assigned = await events.about(f"user/{user['id']}", 2)
        assert assigned["data"]["ids"] == [role_id]
        assert await roles_of(client, user["id"]) == [role_id]
        await client.done("role.revoke", {"user_id": user["id"]})
        link.cut()
        link.heal()
        await program.wait_said("connecting again")
        begun = len(program.said())
        await queues.give(json.dumps(created).encode())
        await program.wait_said(f"user {user['id']} has role {role_id}", begun)
        assert await roles_of(client, user["id"]) == []
        assert await program.stop() == 0
        await queues.wait_empty()


async def test_a_user_who_is_gone_needs_nothing_and_what_is_no_event_is_a_dead_letter(
    stack: Stack, client: Client, tmp_path: Path
) -> None:
    async with (
        own_queues(stack.amqp_url, "newcomers") as queues,
        newcomers(stack.amqp_url, 1, tmp_path) as program,
    ):
        await program.start(READY)
        await queues.give(make_event(EVENT, 9_007_199_254_740_991)[1])
        await program.wait_said("user 9007199254740991 is gone")
        await queues.require_dead_letters_of_no_events()
        assert await program.stop() == 0
        await queues.wait_empty()


@pytest.fixture
async def queues(broker_url: str, tmp_path: Path) -> AsyncIterator[OwnQueues]:
    async with own_queues(broker_url, "newcomers") as up, newcomers(broker_url, 7, tmp_path) as program:
        await program.start(READY)
        yield up


async def test_what_sending_again_cannot_help_is_a_dead_letter(worker: ScriptedWorker, queues: OwnQueues) -> None:
    await queues.require_dead_letters_of_refusals(worker, "role.assign", EVENT)


async def test_silence_and_what_may_be_done_later_are_sent_again_under_the_events_id(
    worker: ScriptedWorker, queues: OwnQueues, tmp_path: Path
) -> None:
    throttled = failed_reply("some.throttled", "throttled", {"retry_after": 0.3})
    replies = iter([failed_reply("some.unavailable", "unavailable"), throttled, None, done_reply({"changed": True})])
    worker.script["role.assign"] = lambda _body: next(replies)
    event_id, body = make_event(EVENT)
    await queues.give(body)
    await wait_until(lambda: "user 42 has role 7" in (tmp_path / "log").read_text())
    assert [message.message_id for message in worker.requests] == [f"newcomers-{event_id}"] * 4
    assert worker.bodies() == [{"user_id": 42, "role_ids": [7]}] * 4
