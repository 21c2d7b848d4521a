"""Dead letters that the broker itself gave up: nobody took their secrets out, so nothing may show them."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractQueue
from aiormq.abc import FieldTable

from tests.cli.letters import sent, userbus
from tests.client import Client
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("empty")

PASSWORD = "correct horse battery"


@pytest.fixture
async def work(client: Client) -> AsyncIterator[AbstractQueue]:
    """A work queue without a worker: what it gives up goes where the workers' queues send it."""
    exchange = await client.channel.declare_exchange(f"work.{uuid4().hex}", "fanout")
    arguments: FieldTable = {"x-queue-type": "quorum", "x-delivery-limit": 1, "x-dead-letter-exchange": "userbus.dead"}
    queue = await client.channel.declare_queue(exchange.name, durable=True, arguments=arguments)
    await queue.bind(exchange)
    yield queue
    await queue.delete(if_unused=False, if_empty=False)
    await exchange.delete()


async def given_up(client: Client, work: AbstractQueue, body: bytes, *, requeue: bool) -> str:
    """A command that came back too often, or was rejected; its message_id."""
    message_id = uuid4().hex
    exchange = await client.channel.get_exchange(work.name, ensure=False)
    await exchange.publish(aio_pika.Message(body, message_id=message_id, app_id="billing"), "user.create")
    while message := await work.get(fail=False):
        await message.nack(requeue=requeue)
    return message_id


GIVEN_UP = pytest.mark.parametrize(
    ("requeue", "reason"), [(True, "broker.delivery_limit"), (False, "broker.rejected")], ids=["limit", "rejected"]
)


@GIVEN_UP
async def test_it_is_shown_without_its_secrets_and_sent_again_with_them(
    client: Client, stack: Stack, work: AbstractQueue, tap: AbstractQueue, requeue: bool, reason: str
) -> None:
    username = f"u_{uuid4().hex[:12]}"
    body = json.dumps({"username": username, "password": PASSWORD}).encode()
    message_id = await given_up(client, work, body, requeue=requeue)

    listed = await userbus(stack, "list", "--json", "--reason", reason)
    found = json.loads(listed.stdout)
    assert (found["message_id"], found["name"], found["reason"]) == (message_id, "user.create", reason)
    assert (found["redacted"], found["at"] is not None) == ("", True)
    shown = await userbus(stack, "show", message_id)
    assert f'"username": "{username}"' in shown.stdout
    assert '"password": "(redacted)"' in shown.stdout
    table = await userbus(stack, "list")
    assert message_id in table.stdout

    events = await client.events("user.created")
    redriven = await userbus(stack, "redrive", message_id)
    assert (redriven.exit_code, redriven.stdout) == (0, "1 redriven\n")
    assert [message.body for message in await sent(tap) if message.message_id == message_id] == [body]
    assert (await events.next())["causationid"] == message_id
    for outcome in (listed, shown, table, redriven, await userbus(stack, "log")):
        assert PASSWORD not in outcome.stdout + outcome.stderr


async def test_a_body_that_cannot_be_read_is_not_shown_if_it_may_hold_a_secret(
    client: Client, stack: Stack, work: AbstractQueue
) -> None:
    cut = json.dumps({"username": "ada", "password": PASSWORD}).encode()[:-1]
    message_id = await given_up(client, work, cut, requeue=False)
    shown = await userbus(stack, "show", message_id)
    assert f"message_id: {message_id}" in shown.stdout
    assert "x-first-death-reason: rejected" in shown.stdout
    assert PASSWORD not in shown.stdout + shown.stderr
