"""Messages that the broker itself dead-lettered: they keep no secrets, and those that had none can be redriven."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractQueue
from aiormq.abc import FieldTable

from tests.support.client import Client
from tests.support.dead_letters import drain, run_dead
from tests.support.patience import PATIENCE
from tests.support.stack import Stack

pytestmark = pytest.mark.usefixtures("no_dead_letters")

PASSWORD = "correct horse battery"


@pytest.fixture
async def work(client: Client) -> AsyncIterator[AbstractQueue]:
    """A work queue without a worker, with the dead-letter exchange of the workers' queues."""
    exchange = await client.channel.declare_exchange(f"work.{uuid4().hex}", "fanout")
    arguments: FieldTable = {"x-queue-type": "quorum", "x-delivery-limit": 1, "x-dead-letter-exchange": "userbus.dead"}
    queue = await client.channel.declare_queue(exchange.name, durable=True, arguments=arguments)
    await queue.bind(exchange)
    yield queue
    await queue.delete(if_unused=False, if_empty=False)
    await exchange.delete()


async def dead_letter(client: Client, work: AbstractQueue, body: bytes, *, requeue: bool) -> str:
    """Have the broker dead-letter a command, at the delivery limit or as rejected; its message_id."""
    message_id = uuid4().hex
    exchange = await client.channel.get_exchange(work.name, ensure=False)
    await exchange.publish(aio_pika.Message(body, message_id=message_id, app_id="billing"), "user.create")
    while message := await work.get(fail=False):
        await message.nack(requeue=requeue)
    async with asyncio.timeout(PATIENCE):
        while not (await client.counted("userbus.dead"))[0]:
            await asyncio.sleep(0.05)
    return message_id


BROKER_REASONS = pytest.mark.parametrize(
    ("requeue", "reason"), [(True, "broker.delivery_limit"), (False, "broker.rejected")], ids=["limit", "rejected"]
)


@BROKER_REASONS
async def test_it_is_kept_without_its_secrets_and_not_sent_again(
    client: Client, stack: Stack, work: AbstractQueue, requeue: bool, reason: str
) -> None:
    username = f"u_{uuid4().hex[:12]}"
    body = json.dumps({"username": username, "password": PASSWORD}).encode()
    message_id = await dead_letter(client, work, body, requeue=requeue)

    listed = await run_dead(stack.amqp_url, "list", "--json", "--reason", reason)
    found = json.loads(listed.stdout)
    assert (found["message_id"], found["name"], found["reason"]) == (message_id, "user.create", reason)
    assert (found["redacted"], found["at"] is not None) == ("password", True)
    shown = await run_dead(stack.amqp_url, "show", message_id)
    assert f'"username": "{username}"' in shown.stdout
    assert '"password": "(redacted)"' in shown.stdout
    redriven = await run_dead(stack.amqp_url, "redrive", message_id)
    assert (redriven.exit_code, redriven.stdout) == (1, "0 redriven\n")
    assert "its sender has to" in redriven.stderr
    dropped = await run_dead(stack.amqp_url, "drop", message_id, "--yes")
    assert dropped.stdout == "1 dropped\n"
    for outcome in (listed, shown, redriven, await run_dead(stack.amqp_url, "log")):
        assert PASSWORD not in outcome.stdout + outcome.stderr


@BROKER_REASONS
async def test_without_secrets_it_is_sent_again_as_it_was(
    client: Client, stack: Stack, work: AbstractQueue, tap: AbstractQueue, requeue: bool, reason: str
) -> None:
    body = json.dumps({"username": f"u_{uuid4().hex[:12]}"}).encode()
    message_id = await dead_letter(client, work, body, requeue=requeue)
    table = await run_dead(stack.amqp_url, "list", "--reason", reason)
    assert message_id in table.stdout

    events = await client.events("user.created")
    redriven = await run_dead(stack.amqp_url, "redrive", message_id)
    assert (redriven.exit_code, redriven.stdout) == (0, "1 redriven\n")
    assert [message.body for message in await drain(tap) if message.message_id == message_id] == [body]
    assert (await events.next())["causationid"] == message_id


async def test_a_body_that_cannot_be_read_is_not_shown_if_it_may_hold_a_secret(
    client: Client, stack: Stack, work: AbstractQueue
) -> None:
    cut = json.dumps({"username": "ada", "password": PASSWORD}).encode()[:-1]
    message_id = await dead_letter(client, work, cut, requeue=False)
    shown = await run_dead(stack.amqp_url, "show", message_id)
    assert f"message_id: {message_id}" in shown.stdout
    assert "x-userbus-code: broker.rejected" in shown.stdout
    assert PASSWORD not in shown.stdout + shown.stderr
