"""Ids of messages as other clients send them: no message_id, or ids that are no properties."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import aio_pika
import pytest

from tests.flows.test_delivery import Dead
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.raw import publish, short, table
from tests.support.stack import Stack


def name() -> str:
    return f"user_{uuid4().hex[:10]}"


def user_body() -> bytes:
    return json.dumps({"username": name(), "name": "张三"}, ensure_ascii=False).encode()


@pytest.fixture
async def dead(client: Client, stack: Stack) -> AsyncIterator[Dead]:
    connection = await aio_pika.connect(stack.amqp_url)
    yield Dead(await connection.channel())
    await connection.close()


async def call_without_message_id(
    client: Client, url: str, body: bytes, headers: bytes = b"", correlation: str = ""
) -> dict[str, Any]:
    """The reply to user.create without the property; aio-pika would always set it."""
    correlation = correlation or uuid4().hex
    answer = client.expect(correlation)
    around = {"correlation_id": short(correlation), "reply_to": short(client.replies.name), "headers": table(headers)}
    await publish(url, b"user.create", body, **around)
    return await asyncio.wait_for(answer, PATIENCE)


async def test_who_sends_a_command_without_message_id_hears_how_to_set_it(client: Client, stack: Stack) -> None:
    problem = (await call_without_message_id(client, stack.amqp_url, user_body()))["problem"]
    assert (problem["kind"], problem["code"]) == ("invalid", "message.id_missing")
    for word in ("message_id", "x-message-id", "UUID"):
        assert word in problem["message"]
    assert "\n" not in problem["message"]


async def test_a_command_without_message_id_that_nobody_waits_for_is_dead_lettered_with_the_advice(
    client: Client, stack: Stack, dead: Dead
) -> None:
    correlation = uuid4().hex
    await publish(stack.amqp_url, b"user.create", user_body(), correlation_id=short(correlation))
    letter = await dead.find_by("correlation_id", correlation)
    assert letter.headers["x-userbus-code"] == "message.id_missing"
    assert "x-message-id" in str(letter.headers["x-userbus-text"])


@pytest.mark.parametrize(
    ("name", "code"), [(b"user.create", "message.id_missing"), (b"user-create", "message.unknown_name")]
)
async def test_who_waits_for_nothing_is_told_by_an_event_without_a_message_id_too(
    client: Client, stack: Stack, name: bytes, code: str
) -> None:
    events, correlation = await client.events("command.refused"), uuid4().hex
    for _ in range(2):
        await publish(stack.amqp_url, name, b'{"username": "ada"}', correlation_id=short(correlation))
    told = [await events.next() for _ in range(2)]
    assert [(event["data"]["message_id"], event["data"]["name"]) for event in told] == [(None, name.decode())] * 2
    assert {event["data"]["problem"]["code"] for event in told} == {code}
    assert {event["correlationid"] for event in told} == {correlation}
    assert "causationid" not in told[0]


def field(kind: bytes, value: bytes) -> bytes:
    """The header x-message-id of a type, with its value as it goes over the wire."""
    return short("x-message-id") + kind + value


def sized(value: bytes) -> bytes:
    """A value after its length."""
    return struct.pack(">I", len(value)) + value


@pytest.mark.parametrize(
    "header",
    [
        field(b"S", sized(uuid4().hex.encode())),
        field(b"S", sized(uuid4().hex.encode() * 10)),
        field(b"x", sized(b"\xff" + uuid4().bytes)),
        field(b"l", struct.pack(">q", uuid4().int % 2**62)),
    ],
    ids=["text", "longer than a property", "binary", "number"],
)
async def test_the_header_x_message_id_makes_a_command_idempotent(client: Client, stack: Stack, header: bytes) -> None:
    body = user_body()
    first = await call_without_message_id(client, stack.amqp_url, body, header)
    assert first["status"] == "done"
    assert await call_without_message_id(client, stack.amqp_url, body, header) == first


async def test_reply_address_and_correlation_id_never_stand_in_for_a_message_id(client: Client, stack: Stack) -> None:
    correlation, body = uuid4().hex, user_body()
    for _ in range(2):
        reply = await call_without_message_id(client, stack.amqp_url, body, correlation=correlation)
        assert reply["problem"]["code"] == "message.id_missing"
    username = json.loads(body)["username"]
    assert (await client.refused("user.get", {"username": username}))["code"] == "user.not_found"


@pytest.mark.parametrize("given", ["c" * 300, bytearray(b"\x00\xff")], ids=["long", "binary"])
async def test_a_correlation_id_that_is_no_property_comes_back_as_the_header(client: Client, given: Any) -> None:
    queue = await client.channel.declare_queue(exclusive=True)
    await client.send("user.get", {"id": 1}, reply_to=queue.name, headers={"x-correlation-id": given})
    reply = await wait_reply(queue)
    assert reply.headers["x-correlation-id"] == given


async def wait_reply(queue: aio_pika.abc.AbstractQueue) -> aio_pika.abc.AbstractIncomingMessage:
    """The next message of a queue."""
    async with asyncio.timeout(PATIENCE), queue.iterator(no_ack=True) as messages:
        async for message in messages:
            return message
    raise AssertionError("the queue was closed")
