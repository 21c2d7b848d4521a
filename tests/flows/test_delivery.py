"""What becomes of messages that are wrong, late, hostile or unanswerable: real broker, real database."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage
from aiormq.abc import FieldTable

from tests.support.client import Client
from tests.support.loopback import http_client
from tests.support.patience import PATIENCE
from tests.support.stack import Stack


def name() -> str:
    return f"user_{uuid4().hex[:10]}"


class Dead:
    """Looks into the dead letters without taking anything away that is not asked for."""

    def __init__(self, channel: aio_pika.abc.AbstractChannel, queue: str = "userbus.dead") -> None:
        self._channel = channel
        self._queue = queue

    async def find(self, message_id: str, seconds: float = PATIENCE) -> AbstractIncomingMessage:
        """Take the dead letter with this message_id."""
        return await self.find_by("message_id", message_id, seconds)

    async def find_by(self, key: str, value: str, seconds: float = PATIENCE) -> AbstractIncomingMessage:
        """Take the dead letter with this property."""
        queue = await self._channel.get_queue(self._queue, ensure=False)
        async with asyncio.timeout(seconds), queue.iterator() as letters:
            async for letter in letters:
                if getattr(letter, key) == value:
                    await letter.ack()
                    return letter
        raise AssertionError(f"{key} {value} is not among the dead letters")


@pytest.fixture
async def dead(client: Client, stack: Stack) -> AsyncIterator[Dead]:
    connection = await aio_pika.connect(stack.amqp_url)
    yield Dead(await connection.channel())
    await connection.close()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"not json", "message.undecodable"),
        (b"", "message.undecodable"),
        (b"[]", "message.undecodable"),
        (b'"text"', "message.undecodable"),
        (b"\xff\xfe", "message.undecodable"),
        (b"[" * 60_000, "message.undecodable"),
        (b'{"username": "a\\ud800b"}', "message.undecodable"),
        (b"{}", "message.invalid"),
        (b'{"username": 5}', "message.invalid"),
        (b'{"username": {"$gt": ""}}', "message.invalid"),
        (b'{"username": "x", "id": 1.0}', "message.invalid"),
        (b'{"username": "x", "id": true}', "message.invalid"),
        (b'{"username": "x", "unknown": 1}', "message.invalid"),
        (b'{"username": "' + b"x" * 300 + b'"}', "message.invalid"),
        (b'{"username": "a\\u0000b"}', "message.invalid"),
        (b'{"username": "' + b"x" * 1_048_576 + b'"}', "message.too_large"),
    ],
)
async def test_a_bad_body_is_refused_and_nothing_is_stored(
    client: Client, stack: Stack, body: bytes, code: str
) -> None:
    message_id = uuid4().hex
    problem = await client.refused("user.create", body, message_id=message_id)
    assert (problem["kind"], problem["code"]) == ("invalid", code)
    journal = stack.worker.dependencies.store.collection("journal")
    assert await journal.find_one({"_id": message_id}) is None


async def test_unknown_fields_are_named(client: Client) -> None:
    problem = await client.refused("user.create", {"username": name(), "shoe_size": 44})
    assert [detail["field"] for detail in problem["details"]] == ["shoe_size"]


@pytest.mark.parametrize(
    ("mistyped", "near"),
    [
        ("users.get", "user.get"),
        ("user-create", "user.create"),
        ("user.gett", "user.get"),
        ("role.asign", "role.assign"),
        ("USER.GET", "user.get"),
        ("CreateUser", "user.create"),
        ("create_user", "user.create"),
    ],
)
async def test_a_mistyped_name_is_answered_with_the_nearest_ones(client: Client, mistyped: str, near: str) -> None:
    problem = await client.refused(mistyped, {"id": 1})
    assert (problem["kind"], problem["code"]) == ("invalid", "message.unknown_name")
    assert f"did you mean {near}" in problem["message"]


async def test_a_name_like_no_other_is_answered_too(client: Client) -> None:
    problem = await client.refused("x" * 200, {})
    assert (problem["code"], problem["message"].endswith("see the catalogue")) == ("message.unknown_name", True)


async def test_a_sender_that_waits_for_nothing_is_told_of_a_mistyped_name(client: Client, dead: Dead) -> None:
    events = await client.events("command.refused")
    message_id = uuid4().hex
    await client.send("user-create", {"username": name()}, message_id=message_id)
    event = await events.next()
    assert (event["data"]["message_id"], event["data"]["problem"]["code"]) == (message_id, "message.unknown_name")
    assert (await dead.find(message_id)).headers["x-userbus-code"] == "message.unknown_name"
    await client.done("user.create", {"username": name()}, message_id=message_id)  # the id has not been used up


async def test_a_refused_command_that_nobody_waits_for_is_told_as_an_event(client: Client) -> None:
    events = await client.events("command.refused")
    taken = name()
    await client.done("user.create", {"username": taken})
    message_id = uuid4().hex
    await client.send("user.create", {"username": taken}, message_id=message_id, app_id="billing")
    (event,) = await events.about(f"command/{message_id}", 1)
    assert event["data"]["problem"]["code"] == "user.username_taken"
    assert (event["data"]["app_id"], event["data"]["name"]) == ("billing", "user.create")


async def test_wrong_fields_that_nobody_waits_for_are_told_as_an_event(client: Client) -> None:
    events = await client.events("command.refused")
    message_id = uuid4().hex
    await client.send("user.create", {"username": 5}, message_id=message_id)
    (event,) = await events.about(f"command/{message_id}", 1)
    assert event["data"]["problem"]["code"] == "message.invalid"


async def test_an_undecodable_message_that_nobody_waits_for_is_dead_lettered_with_its_cause(
    client: Client, dead: Dead
) -> None:
    message_id = uuid4().hex
    await client.send("user.create", b"{{{", message_id=message_id)
    letter = await dead.find(message_id)
    assert letter.headers["x-userbus-code"] == "message.undecodable"
    assert letter.headers["x-userbus-name"] == "user.create"
    assert letter.body == b"{{{"


async def test_a_dead_letter_has_lost_its_secrets(client: Client, dead: Dead) -> None:
    message_id = uuid4().hex
    await client.send("user.explode", {"username": "x", "password": "correct horse"}, message_id=message_id)
    letter = await dead.find(message_id)
    assert b"correct horse" not in letter.body
    assert letter.headers["x-userbus-redacted"] == "password"


async def test_a_message_whose_deadline_has_passed_is_not_started(client: Client) -> None:
    late, username = int(time.time() * 1000) - 1, name()
    await client.send("user.create", {"username": username}, headers={"x-deadline": late})
    await client.done("user.create", {"username": name()})  # the queue is served in order: the late one came before
    assert (await client.refused("user.get", {"username": username}))["code"] == "user.not_found"


@pytest.mark.parametrize("path", ["/asyncapi/try", "/docs/asyncapi/try", "/docs/asyncapi", "/try"])
async def test_nothing_over_http_can_stop_the_workers(client: Client, stack: Stack, path: str) -> None:
    # FastStream's documentation pages bring such a call along: it silences every consumer
    async with http_client(stack.url) as http:
        answer = await http.post(path, json={"channelName": "userbus.user", "message": {"operation_id": "x"}})
    assert answer.status_code in (404, 405)
    assert (await client.done("user.create", {"username": name()}))["id"]


async def test_a_reply_is_never_sent_to_a_queue_of_userbus(client: Client, stack: Stack) -> None:
    before, _ = await client.counted("userbus.dead")
    await client.send("user.get", {"id": 1}, reply_to="userbus.dead")
    await client.send("user.get", {"id": 1}, reply_to="userbus.user")
    await client.done("user.create", {"username": name()})
    assert (await client.counted("userbus.dead"))[0] == before


HOSTILE_ADDRESSES = [
    "amq.rabbitmq.reply-to.x.y",
    "amq.rabbitmq.reply-to.g1h2AA5yZXBseUAxMjM0NTY3OAAAAAAAAAAAAAAAAA==.abc",
    "no-such-queue",
    "|userbus.commands",
    "user.create|userbus.commands",
    "x" * 255,
    "ünïcode",
]


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
async def test_a_hostile_reply_address_harms_nobody_else(client: Client, address: str) -> None:
    for _ in range(3):
        await client.send("user.get", {"id": 1}, reply_to=address)
    users = [await client.done("user.create", {"username": name()}) for _ in range(5)]
    assert len({user["id"] for user in users}) == 5


HOSTILE_PROPERTIES: list[dict[str, Any]] = [
    {"content_type": "application/json; charset=nonsense"},
    {"content_encoding": "gzip"},
    {"headers": {"x-deadline": "tomorrow"}},
    {"headers": {"x-attempt": -5, "x-actor": 7}},
    {"headers": {"x-death": [{"count": 5}], "x-delivery-count": "many"}},
    {"headers": {"nested": {"a": [1, {"b": None}]}}},
    {"type": "com.example.CreateUser"},
    {"correlation_id": "ü" * 100},
    {"app_id": "x" * 255},
]


@pytest.mark.parametrize("properties", HOSTILE_PROPERTIES)
async def test_odd_properties_do_not_stop_a_good_request(client: Client, properties: dict[str, Any]) -> None:
    correlation = properties.get("correlation_id")
    if correlation is None:
        assert (await client.done("user.create", {"username": name()}, **properties))["id"]
    else:
        await client.send("user.create", {"username": name()}, reply_to=client.replies.name, **properties)
    assert (await client.done("user.create", {"username": name()}))["id"]


async def test_expired_messages_do_not_fill_the_dead_letters(client: Client, dead: Dead) -> None:
    expired, rejected = uuid4().hex, uuid4().hex
    arguments: FieldTable = {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": "userbus.dead",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-expires": 60_000,
    }
    queue = await client.channel.declare_queue(f"test.{uuid4().hex}", durable=True, arguments=arguments)
    exchange = client.channel.default_exchange
    await exchange.publish(aio_pika.Message(b"late", message_id=expired, expiration=0.001), queue.name)
    await asyncio.sleep(0.1)
    await exchange.publish(aio_pika.Message(b"bad", message_id=rejected), queue.name)
    message = await queue.get(timeout=PATIENCE)
    assert message is not None
    assert message.message_id == rejected
    await message.reject(requeue=False)
    letter = await dead.find(rejected)
    assert letter.headers["x-userbus-code"] == "broker.rejected"
    with pytest.raises(TimeoutError):
        await dead.find(expired, seconds=0.5)
    await queue.delete(if_unused=False, if_empty=False)
