"""Keys and properties that no client library would write: they must not end the connection that all share."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from uuid import uuid4

import aio_pika
import pytest

from tests.flows.test_delivery import Dead
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.raw import publish, short, table
from tests.support.stack import Stack

LATE = struct.pack(">Q", 2**63 - 1)
MICROSECONDS = struct.pack(">Q", 1_795_000_000_000_000)
HEAD = short("n") + b"F"


def nested(depth: int) -> bytes:
    """Tables in tables."""
    inner = b""
    for _ in range(depth):
        inner = HEAD + table(inner)
    return table(inner)


UNREADABLE = {
    "timestamp": {"timestamp": LATE},
    "microseconds": {"timestamp": MICROSECONDS},
    "app_id": {"app_id": short(b"\xff\xfe")},
    "message_id": {"message_id": short(b"\xc3\x28")},
    "type": {"type": short(b"\x80")},
    "header's name": {"headers": table(short(b"\xff") + b"V")},
    "header's time": {"headers": table(short("at") + b"T" + LATE)},
    "header's text": {"headers": table(short("text") + b"S" + struct.pack(">I", 2) + b"\xff\xfe")},
    "nested headers": {"headers": nested(10_000)},
    "many headers": {"headers": table((short("n") + b"V") * 40_000)},
}


@pytest.fixture
async def dead(client: Client, stack: Stack) -> AsyncIterator[Dead]:
    connection = await aio_pika.connect(stack.amqp_url)
    yield Dead(await connection.channel())
    await connection.close()


@pytest.mark.parametrize("properties", UNREADABLE.values(), ids=UNREADABLE)
async def test_an_unreadable_property_is_read_as_well_as_can_be(
    client: Client, stack: Stack, properties: dict[str, bytes]
) -> None:
    correlation, username = uuid4().hex, f"u_{uuid4().hex[:10]}"
    answer = client.expect(correlation)
    around = {
        "message_id": short(uuid4().hex),
        "correlation_id": short(correlation),
        "reply_to": short(client.replies.name),
        **properties,
    }
    await publish(stack.amqp_url, b"user.create", json.dumps({"username": username}).encode(), **around)
    reply = await asyncio.wait_for(answer, PATIENCE)
    assert reply["data"]["username"] == username


async def test_message_ids_that_differ_in_unreadable_bytes_only_are_two(client: Client, stack: Stack) -> None:
    start = uuid4().hex[:10]
    names = [f"u_{uuid4().hex[:10]}" for _ in range(2)]
    events = await client.events("user.created")
    for name, end in zip(names, (b"\xfe", b"\xff"), strict=True):
        body = json.dumps({"username": name}).encode()
        await publish(stack.amqp_url, b"user.create", body, message_id=short(start.encode() + end))
    told = [(await events.next())["data"]["username"] for _ in names]
    assert sorted(told) == sorted(names)


async def test_a_name_that_is_no_text_is_dead_lettered(client: Client, stack: Stack, dead: Dead) -> None:
    message_id = uuid4().hex
    await publish(stack.amqp_url, b"user.\xff\xfe", b"{}", message_id=short(message_id))
    letter = await dead.find(message_id)
    assert letter.headers["x-userbus-code"] == "message.unknown_name"
    assert letter.routing_key == "user.\\xff\\xfe"


async def test_a_dead_letter_with_great_headers_does_not_hold_events_up(
    client: Client, stack: Stack, dead: Dead
) -> None:
    message_id = uuid4().hex
    great = table(short("great") + b"S" + struct.pack(">I", 130_000) + b"x" * 130_000)
    await publish(stack.amqp_url, b"user.create", b"{{{", message_id=short(message_id), headers=great)
    letter = await dead.find(message_id)
    assert letter.headers["x-userbus-code"] == "message.undecodable"
    events = await client.events("user.created")
    user = await client.done("user.create", {"username": f"u_{uuid4().hex[:10]}"})
    assert (await events.about(f"user/{user['id']}", 1))[0]["type"] == "userbus.user.created.v1"
