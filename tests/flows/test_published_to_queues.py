"""Requests of clients that can only address queues: `type` names them, and must not contradict a routing key."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import aio_pika
import pytest

from tests.support.client import Client
from tests.support.patience import PATIENCE

COMMANDS, QUERIES = "userbus.user", "userbus.user.queries"


def name() -> str:
    return f"user_{uuid4().hex[:10]}"


async def ask(client: Client, queue: str, body: Any, **properties: Any) -> dict[str, Any]:
    """The reply to a message that is published straight to a queue."""
    correlation = uuid4().hex
    answer = client.expect(correlation)
    around = {"message_id": uuid4().hex, "correlation_id": correlation, "reply_to": client.replies.name, **properties}
    message = aio_pika.Message(json.dumps(body).encode(), **around)
    await client.channel.default_exchange.publish(message, queue)
    return await asyncio.wait_for(answer, PATIENCE)


async def test_type_names_a_request_that_is_published_straight_to_a_queue(client: Client) -> None:
    events = await client.events("user.created")
    made = await ask(client, COMMANDS, {"username": name()}, type="user.create")
    user = made["data"]
    assert (await events.about(f"user/{user['id']}", 1))[0]["type"] == "userbus.user.created.v1"
    for queue in (QUERIES, COMMANDS, "userbus.role", "userbus.unknown"):
        found = await ask(client, queue, {"id": user["id"]}, type="user.get")
        assert found["data"]["username"] == user["username"]


async def test_a_repeat_is_the_same_command_on_either_way(client: Client) -> None:
    body, message_id = {"username": name()}, uuid4().hex
    made = await ask(client, COMMANDS, body, type="user.create", message_id=message_id)
    assert await client.done("user.create", body, message_id=message_id) == made["data"]


@pytest.mark.parametrize("queue", [COMMANDS, QUERIES, "userbus.unknown"])
@pytest.mark.parametrize("type", [None, "user.creat", "com.example.CreateUser", "amqp-1.0", "binary"])
async def test_a_queue_alone_is_no_name(client: Client, queue: str, type: str | None) -> None:
    problem = (await ask(client, queue, {"username": name()}, type=type))["problem"]
    assert problem["code"] == "message.unknown_name"
    if type in (None, "amqp-1.0", "binary"):
        assert f"{queue!r} is a queue" in problem["message"]
        assert "type" in problem["message"]
    else:
        assert repr(type) in problem["message"]


async def test_a_key_and_a_type_that_contradict_each_other_are_refused(client: Client) -> None:
    username = name()
    problem = await client.refused("user.create", {"username": username}, type="user.get")
    assert problem["code"] == "message.invalid"
    assert "'user.create'" in problem["message"]
    assert "'user.get'" in problem["message"]
    assert problem["details"][0]["field"] == "type"
    assert (await client.refused("user.get", {"username": username}))["code"] == "user.not_found"


async def test_a_contradiction_without_a_caller_is_told_by_an_event(client: Client) -> None:
    events, message_id = await client.events("command.refused"), uuid4().hex
    await client.send("user.create", {"username": name()}, type="user.update", message_id=message_id)
    (event,) = await events.about(f"command/{message_id}", 1)
    assert event["data"]["problem"]["code"] == "message.invalid"


async def test_a_command_is_not_taken_from_a_queue_of_queries(client: Client) -> None:
    username = name()
    problem = (await ask(client, QUERIES, {"username": username}, type="user.create"))["problem"]
    assert problem["code"] == "message.invalid"
    assert "'userbus.user'" in problem["message"]
    assert (await client.refused("user.get", {"username": username}))["code"] == "user.not_found"
