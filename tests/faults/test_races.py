"""Many at once: the same command, the same e-mail, poison among good traffic, more than a queue holds."""

import asyncio
import json
from collections import Counter
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.exceptions import DeliveryError

from models.store import Store
from tests.client import Client
from tests.faults.audit import QUEUES
from tests.faults.conftest import FULL, Spawn, SpawnWith, until_served
from tests.faults.test_workers import check_effects, check_events, creates

POISON = 1000 if FULL else 200


@pytest.fixture
async def two(worker: Spawn, caller: Client) -> None:
    """Two workers that serve."""
    for program in (worker(), worker()):
        await program.says("worker ready")
    await until_served(caller)


@pytest.mark.usefixtures("two")
async def test_the_same_command_fifty_times_at_once_has_one_effect(caller: Client, store: Store) -> None:
    key, body = uuid4().hex, {"username": uuid4().hex[:20]}
    events = await caller.events("user.created")
    replies = await asyncio.gather(*(caller.call("user.create", body, message_id=key) for _ in range(50)))
    assert len({json.dumps(reply, sort_keys=True) for reply in replies}) == 1
    assert replies[0]["status"] == "done"
    assert await store.collection("users").count_documents(body) == 1
    (event,) = await events.about(f"user/{replies[0]['data']['id']}", 1)
    assert event["sequence"] == 1


@pytest.mark.usefixtures("two")
async def test_of_many_who_want_one_email_one_gets_it(caller: Client, store: Store) -> None:
    email = f"{uuid4().hex[:12]}@example.com"
    spellings = [email, email.upper()]
    calls = [caller.call("user.create", {"email": spellings[number % 2]}, seconds=60) for number in range(40)]
    replies = await asyncio.gather(*calls)
    codes = Counter("done" if reply["status"] == "done" else reply["problem"]["code"] for reply in replies)
    assert codes == {"done": 1, "user.email_taken": 39}
    assert await store.collection("users").count_documents({"logins": email}) == 1


def poison(number: int) -> tuple[str, bytes, dict[str, Any]]:
    """Bodies, names and properties that cannot be served: in turn."""
    kinds: list[tuple[str, bytes, dict[str, Any]]] = [
        ("user.create", b"{{{", {}),
        ("user.create", b"\xff\xfe\x00", {"content_type": "application/json; charset=utf-99"}),
        ("user.create", b"[" * 60_000, {}),
        ("user.create", b'{"username": ' + b"9" * 5000 + b"}", {}),
        ("user.explode", b"{}", {"headers": {"x-attempt": -1, "x-deadline": 3e38, "x-delivery-count": 99}}),
        ("user.get", b"{}", {"reply_to": f"amq.rabbitmq.reply-to.{number}.x"}),
        ("user.get", b'{"id": 1}', {"reply_to": "userbus.user", "headers": {"x-death": [{"count": 99}]}}),
        ("user.create", b'{"username": "x", "password": {"$gt": ""}}', {"headers": {"traceparent": "\x00" * 300}}),
    ]
    return kinds[number % len(kinds)]


@pytest.mark.usefixtures("two")
async def test_poison_among_good_traffic_stops_nobody(caller: Client, store: Store) -> None:
    async def poisoned() -> None:
        for number in range(POISON):
            name, body, properties = poison(number)
            await caller.send(name, body, **properties)

    bodies = creates(POISON)
    await asyncio.gather(poisoned(), check_effects(store, caller, bodies))
    await check_events(store, bodies, seconds=60)
    async with asyncio.timeout(60):
        while (await caller.counted("userbus.user"))[0]:
            await asyncio.sleep(0.1)
    connection = await aio_pika.connect(caller._url)
    async with connection, connection.channel() as channel:
        await (await channel.get_queue("userbus.dead", ensure=False)).purge()


async def test_a_full_queue_refuses_at_once_and_loses_nothing(
    worker_with: SpawnWith, caller: Client, store: Store
) -> None:
    for queue in QUEUES:
        await caller.channel.queue_delete(queue)
    first = worker_with(USERBUS_QUEUE_LENGTH="100")
    await until_served(caller)
    await asyncio.sleep(2)  # RabbitMQ 3.10 may lose a quorum queue that is younger
    await first.stopped()
    bodies = creates(400)
    taken = {key: body for key, body in bodies.items() if await _confirmed(caller, key, body)}
    assert 100 <= len(taken) < 400
    program = worker_with(USERBUS_QUEUE_LENGTH="100")
    try:
        await check_events(store, taken, seconds=60, entries=len(taken))
        await check_effects(store, caller, taken)
    finally:
        await program.stopped()
        for queue in QUEUES:
            await caller.channel.queue_delete(queue)


async def _confirmed(caller: Client, key: str, body: dict[str, Any]) -> bool:
    try:
        await caller.send("user.create", body, message_id=key)
    except DeliveryError:
        return False
    return True
