"""Moving queues of another form: full ones, interrupted ones, and under a load. Nothing is lost, order stays."""

import asyncio
import json
import os
import signal
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import count
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from cli.management import Management
from cli.topology.move import Mover
from cli.topology.plan import moving_name
from contracts.topology.parts import DeclaredQueue
from devstack.servers import RunningServers
from models.store.client import Store
from tests.support.client import Client, is_unavailable
from tests.support.forked_programs import ForkedProgram, StandardFiles
from tests.support.patience import PATIENCE
from tests.support.restricted import RestrictedBroker
from tests.support.stack import fresh_database, settings
from tests.support.topology import CLASSIC, declared_queue, planned, replace_queue, run_topology
from worker.app import Worker, run_worker

FULL = 2_000
LANES = 6
ODD = {
    "headers": {"x-actor": "user:7", "x-death": [{"reason": "rejected", "count": 1}], "n": 5},
    "correlation_id": "c",
    "reply_to": "somebody",
    "app_id": "tests",
    "user_id": "billing",
    "priority": 3,
    "expiration": 3600,
}


async def fill(channel: AbstractChannel, name: str, number: int) -> list[str]:
    """Messages in a work queue, through its exchange; their ids in order."""
    exchange = await channel.get_exchange("userbus.commands", ensure=False)
    ids = [f"{place}-{uuid4().hex[:8]}" for place in range(number)]
    messages = [aio_pika.Message(id.encode(), message_id=id, delivery_mode=2, **ODD) for id in ids]  # type: ignore[arg-type]
    await asyncio.gather(*(exchange.publish(message, name) for message in messages))
    return ids


async def empty(channel: AbstractChannel, queue: str) -> list[AbstractIncomingMessage]:
    """What waits in a queue, in order."""
    found = await channel.declare_queue(queue, passive=True)
    arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    tag = await found.consume(arrived.put, no_ack=True)
    taken = [await arrived.get() for _ in range(found.declaration_result.message_count or 0)]
    await found.cancel(tag)
    return taken


async def test_a_full_classic_queue_becomes_a_quorum_queue(
    restricted: RestrictedBroker, channel: AbstractChannel
) -> None:
    await replace_queue(channel, "userbus.role", CLASSIC)
    sent = await fill(channel, "role.create", FULL)
    status, out, err = await run_topology(restricted, "apply", "--yes")
    assert (status, err, f"{FULL} messages came back" in out) == (0, "", True)
    assert await planned(restricted) == []
    taken = await empty(channel, "userbus.role")
    assert [message.message_id for message in taken] == sent
    kept = {message.routing_key for message in taken}, {message.priority for message in taken}
    assert kept == ({"role.create"}, {3})
    assert all(getattr(taken[0], name) == value for name, value in ODD.items() if name != "headers")
    assert taken[0].headers.items() >= ODD["headers"].items()  # type: ignore[attr-defined]


async def interrupt(restricted: RestrictedBroker, number: int, seconds: float, tmp_path: Any) -> int:
    """Begin to apply and end it by a signal; its status."""
    env = os.environ | {
        "USERBUS_AMQP_URL": restricted.urls["worker"],
        "USERBUS_MANAGEMENT_URL": restricted.management_url,
    }
    files = StandardFiles(tmp_path / "out", tmp_path / "err")
    program = ForkedProgram(["cli", "topology", "apply", "--yes"], env, files)
    await asyncio.sleep(seconds)
    with suppress(ProcessLookupError):  # on a fast machine it may have come to its end by the longest of these
        program.send_signal(number)
    return await asyncio.to_thread(program.wait)


async def test_what_was_interrupted_anywhere_goes_on(
    restricted: RestrictedBroker, channel: AbstractChannel, tmp_path: Any
) -> None:
    await replace_queue(channel, "userbus.role", CLASSIC)
    sent = await fill(channel, "role.create", FULL)
    for seconds in (0.6, 1.0, 2.0, 7.0, 8.0):
        await interrupt(restricted, signal.SIGKILL, seconds, tmp_path)
        sent += await fill(channel, "role.create", 10)
    assert await interrupt(restricted, signal.SIGINT, 1.0, tmp_path) in {0, 130}
    status, _, err = await run_topology(restricted, "apply", "--yes")
    assert (status, err) == (0, "")
    taken = [message.message_id for message in await empty(channel, "userbus.role")]
    assert {*taken} == {*sent}  # some came twice, which their ids make harmless
    assert await planned(restricted) == []
    with pytest.raises(aio_pika.exceptions.ChannelNotFoundEntity):
        await channel.declare_queue(moving_name(declared_queue("userbus.role")), passive=True)


async def test_what_workers_have_bound_is_kept_where_a_move_was_interrupted(
    restricted: RestrictedBroker, channel: AbstractChannel
) -> None:
    webhooks = declared_queue("userbus.webhooks")
    aside = await channel.declare_queue(moving_name(webhooks), durable=True, arguments=dict(webhooks.arguments))
    for key in ("webhook.*", "user.erased", "user.created"):
        await aside.bind("userbus.events", key)
    await channel.queue_delete("userbus.webhooks")
    status, _, err = await run_topology(restricted, "apply", "--yes")
    assert (status, err) == (0, "")
    events = await channel.get_exchange("userbus.events", ensure=False)
    await events.publish(aio_pika.Message(b"after"), "user.created")
    (taken,) = await empty(channel, "userbus.webhooks")
    assert taken.body == b"after"


async def test_a_queue_moves_that_holds_more_than_it_may_in_future(
    restricted: RestrictedBroker, channel: AbstractChannel
) -> None:
    short = DeclaredQueue("userbus.test.short", {**declared_queue("userbus.role").arguments, "x-max-length": 100})
    await channel.declare_queue(short.name, durable=True, arguments={"x-queue-type": "classic"})
    ids = [uuid4().hex for _ in range(300)]
    messages = [aio_pika.Message(b"", message_id=id, delivery_mode=2) for id in ids]
    await asyncio.gather(*(channel.default_exchange.publish(message, short.name) for message in messages))
    told, full = list[str](), asyncio.Event()

    def hear(text: str) -> None:
        told.append(text)
        if "is full" in text:
            full.set()

    async with await aio_pika.connect(restricted.urls["worker"]) as connection, asyncio.timeout(PATIENCE):
        moving = asyncio.create_task(Mover(connection, Management(restricted.management_url), hear).remake(short, ()))
        await full.wait()
        arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        await (await channel.get_queue(short.name)).consume(arrived.put, no_ack=True)  # as a worker does
        taken = {(await arrived.get()).message_id for _ in ids}
        await moving
    await channel.queue_delete(short.name)
    assert taken == {*ids}
    assert f"{short.name}: 300 messages set aside, deleted" in told


async def test_only_one_moves_at_a_time(restricted: RestrictedBroker, channel: AbstractChannel) -> None:
    await replace_queue(channel, "userbus.role", CLASSIC)
    ended = await asyncio.gather(*(run_topology(restricted, "apply", "--yes") for _ in range(2)))
    assert sorted(status for status, _, _ in ended) == [0, 1]
    assert any("another `userbus topology apply` is under way" in err for _, _, err in ended)


@pytest.fixture
async def served(
    running: RunningServers, restricted: RestrictedBroker, channel: AbstractChannel
) -> AsyncIterator[Worker]:
    """Two workers on one database, in this process."""
    shared = {"amqp_url": restricted.urls["worker"], "mongo_url": fresh_database(running.mongo_url)}
    async with run_worker(settings(running, **shared)) as worker, run_worker(settings(running, **shared)):
        yield worker


async def run_lane(caller: Client, ended: asyncio.Event) -> tuple[int, int]:
    """Create a user and change it, each command sent until it is answered; the user's id and how many commands."""
    body: dict[str, Any] = {"username": f"u{uuid4().hex}"}
    user = await ask(caller, "user.create", body)
    for number in count(1):
        if ended.is_set():
            return user["id"], number
        await ask(caller, "user.update", {"id": user["id"], "company": f"company {number}"})
        await asyncio.sleep(0.02)
    raise AssertionError


async def ask(caller: Client, name: str, body: dict[str, Any]) -> dict[str, Any]:
    message_id = uuid4().hex
    while True:
        try:
            reply = await caller.call(name, body, message_id=message_id, seconds=3.0)
        except TimeoutError:
            continue
        if reply["status"] == "done":
            data: dict[str, Any] = reply["data"]
            return data
        assert is_unavailable(reply), reply


async def test_under_a_load_nothing_is_lost_or_doubled_and_events_stay_in_order(
    restricted: RestrictedBroker, channel: AbstractChannel, served: Worker
) -> None:
    for name in ("userbus.user", "userbus.retry.1s"):
        await replace_queue(channel, name, CLASSIC)
    ended = asyncio.Event()
    async with Client(restricted.urls["worker"], documented=False) as caller:
        events = await channel.declare_queue("userbus.test.events", exclusive=True)
        await events.bind("userbus.events", "user.*")
        lanes = [asyncio.create_task(run_lane(caller, ended)) for _ in range(LANES)]
        await asyncio.sleep(2)
        status, out, err = await run_topology(restricted, "apply", "--yes")
        assert (status, err) == (0, ""), out
        await asyncio.sleep(1)
        ended.set()
        done = dict(await asyncio.gather(*lanes))
    assert await revisions(served.dependencies.store, [*done]) == done
    about = await events_by_subject(events, sum(done.values()))
    assert about == {f"user/{user}": [*range(1, number + 1)] for user, number in done.items()}


async def revisions(store: Store, ids: list[int]) -> dict[int, int]:
    rows = store.collection("users").find({"_id": {"$in": ids}}, {"revision": 1})
    return {row["_id"]: row["revision"] async for row in rows}


async def events_by_subject(queue: Any, expected: int) -> dict[str, list[int]]:
    """The sequence numbers that came for each subject, in order, repeats of an event left out."""
    about, seen = defaultdict[str, list[int]](list), set[str]()
    async with asyncio.timeout(60), queue.iterator(no_ack=True) as arriving:
        async for message in arriving:
            event = json.loads(message.body)
            if event["id"] not in seen:
                seen.add(event["id"])
                about[event["subject"]].append(event["sequence"])
            if len(seen) == expected:
                return dict(about)
    return dict(about)
