"""What the broker dead-letters by itself: where it goes does not depend on headers that its sender has written."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractQueue
from aiormq.abc import FieldTable

from tests.flows.test_delivery import Dead
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.stack import Stack

PASSWORD = "correct horse"
BODY = json.dumps({"username": "ada", "password": PASSWORD}).encode()
DEATH = {"reason": "expired", "queue": "userbus.user", "count": 1, "exchange": "", "routing-keys": ["user.create"]}
FORGED: dict[str, dict[str, Any]] = {
    "nothing": {},
    "reason": {"x-first-death-reason": "expired"},
    "other reason": {"x-first-death-reason": "rejected"},
    "no reason": {"x-first-death-reason": "nonsense"},
    "reason of another type": {"x-first-death-reason": 7},
    "queue and exchange": {"x-first-death-queue": "userbus.expired", "x-first-death-exchange": "userbus.dead"},
    "last": {"x-last-death-reason": "expired", "x-last-death-queue": "userbus.user"},
    "x-death": {"x-death": [DEATH]},
    "x-death of the same kind": {"x-death": [DEATH | {"reason": "rejected"}, DEATH]},
    "x-death that is a text": {"x-death": "expired"},
    "all of it": {"x-death": [DEATH], "x-first-death-reason": "expired", "x-first-death-queue": "q"},
    "x-delivery-count": {"x-delivery-count": 1_000_000},
    "ours": {"x-userbus-reason": "dead_lettered", "x-userbus-code": "none", "x-userbus-redacted": "password"},
    "keys": {"CC": ["userbus.nothing"], "BCC": ["userbus.expired"]},
}


@pytest.fixture
async def dead(client: Client, stack: Stack) -> AsyncIterator[Dead]:
    async with await aio_pika.connect(stack.amqp_url) as connection:
        yield Dead(await connection.channel())


@pytest.fixture
async def work(client: Client) -> AsyncIterator[AbstractQueue]:
    """A queue like a family's, without a worker."""
    arguments: FieldTable = {
        "x-queue-type": "quorum",
        "x-delivery-limit": 1,
        "x-dead-letter-exchange": "userbus.dead",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    queue = await client.channel.declare_queue(f"test.{uuid4().hex}", durable=True, arguments=arguments)
    yield queue
    await queue.delete(if_unused=False, if_empty=False)


async def publish(client: Client, queue: AbstractQueue, headers: dict[str, Any], **properties: Any) -> str:
    message_id = uuid4().hex
    message = aio_pika.Message(BODY, headers=headers, message_id=message_id, type="user.create", **properties)
    await client.channel.default_exchange.publish(message, queue.name)
    return message_id


async def wait_empty(client: Client, *queues: str) -> None:
    """Wait until nothing waits in these queues; what is still being dead-lettered counts as waiting."""
    async with asyncio.timeout(PATIENCE):
        for queue in queues:
            while (await client.counted(queue))[0]:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED)
async def test_a_rejected_message_is_kept_and_an_expired_one_is_dropped(
    client: Client, dead: Dead, work: AbstractQueue, headers: dict[str, Any]
) -> None:
    expired = await publish(client, work, headers, expiration=0.001)
    await wait_empty(client, work.name)
    rejected = await publish(client, work, headers)
    message = await work.get(timeout=PATIENCE)
    await message.reject(requeue=False)
    letter = await dead.find(rejected)
    assert (letter.headers["x-userbus-code"], letter.headers["x-userbus-redacted"]) == ("broker.rejected", "password")
    assert json.loads(letter.body) == {"username": "ada", "password": "(redacted)"}
    await wait_empty(client, "userbus.dead.incoming")
    with pytest.raises(TimeoutError):
        await dead.find(expired, seconds=0.2)


async def test_a_message_at_its_delivery_limit_is_kept_whatever_its_headers_say(
    client: Client, dead: Dead, work: AbstractQueue
) -> None:
    message_id = await publish(client, work, FORGED["all of it"])
    while message := await work.get(fail=False):
        await message.reject(requeue=True)
    letter = await dead.find(message_id)
    assert letter.headers["x-userbus-code"] == "broker.delivery_limit"
