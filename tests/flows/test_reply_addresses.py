"""Reply addresses of AMQP 1.0 and STOMP clients, and those that nobody listens at."""

import asyncio
import json
from urllib.parse import quote
from uuid import uuid4

import aio_pika
import pytest
from structlog.testing import capture_logs

from tests.support.client import Client
from tests.support.patience import PATIENCE


def name() -> str:
    return f"user_{uuid4().hex[:10]}"


def user_body() -> bytes:
    return json.dumps({"username": name(), "name": "张三"}, ensure_ascii=False).encode()


async def wait_reply(queue: aio_pika.abc.AbstractQueue) -> aio_pika.abc.AbstractIncomingMessage:
    """The next message of a queue."""
    async with asyncio.timeout(PATIENCE), queue.iterator(no_ack=True) as messages:
        async for message in messages:
            return message
    raise AssertionError("the queue was closed")


@pytest.mark.parametrize("form", ["/queues/{}", "/queue/{}", "/amq/queue/{}", "/reply-queue/{}"])
async def test_a_reply_address_of_amqp_1_0_and_stomp_is_understood(client: Client, form: str) -> None:
    queue = await client.channel.declare_queue(f"answers/{uuid4().hex} 1", exclusive=True)
    await client.send("user.get", {"id": 1}, reply_to=form.format(quote(queue.name, safe="")))
    assert json.loads((await wait_reply(queue)).body)["status"] in ("done", "failed")


@pytest.mark.parametrize("form", ["/queues/{}", "/queue/{}", "/amq/queue/{}", "/queues/%75serbus.dead"])
async def test_a_path_to_a_queue_of_userbus_is_no_reply_address(client: Client, form: str) -> None:
    before, _ = await client.counted("userbus.dead")
    with capture_logs() as logs:
        await client.send("user.get", {"id": 1}, reply_to=form.format("userbus.dead"))
        await client.done("user.create", {"username": name()})
    assert (await client.counted("userbus.dead"))[0] == before
    assert [line["reply_to"] for line in logs if line["event"] == "reply refused"] == ["userbus.dead"]


@pytest.mark.parametrize("form", ["{}", "/queues/{}", "/queue/{}", "/exchanges/amq.direct/{}", "/topic/{}"])
async def test_a_reply_that_no_queue_takes_leaves_a_log_line_without_its_body(client: Client, form: str) -> None:
    address, correlation = form.format(f"gone-{uuid4().hex}"), uuid4().hex
    with capture_logs() as logs:
        await client.send("user.get", {"id": 1}, reply_to=address, correlation_id=correlation)
        async with asyncio.timeout(PATIENCE):
            while not (lost := [line for line in logs if correlation in line.values() and line["event"] != "request"]):
                await asyncio.sleep(0.02)
    (line,) = lost
    assert (line["event"], line["reply_to"] in address) == ("reply lost", True)
    assert "body" not in line
