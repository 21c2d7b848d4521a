"""What RabbitMQ's users may do, on a real broker with the definitions that compose.yaml loads."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractExchange
from aiormq.abc import FieldTable
from aiormq.exceptions import ChannelAccessRefused

from client import Denied, connect
from client.bus import Bus
from contracts.user_queries import GetUser
from contracts.users import CreateUser
from tests.support.client import Client
from tests.support.patience import PATIENCE

Urls = Mapping[str, str]
Attempt = Callable[[AbstractChannel], Awaitable[object]]


async def exchange(channel: AbstractChannel, name: str) -> AbstractExchange:
    return await channel.get_exchange(name, ensure=False) if name else channel.default_exchange


def publish(name: str, key: str) -> Attempt:
    async def attempt(channel: AbstractChannel) -> None:
        await (await exchange(channel, name)).publish(aio_pika.Message(b"{}"), key)

    return attempt


def bind(name: str, key: str) -> Attempt:
    async def attempt(channel: AbstractChannel) -> None:
        await (await channel.declare_queue(exclusive=True)).bind(name, key)

    return attempt


def pass_on(name: str, key: str, to: str) -> Attempt:
    async def attempt(channel: AbstractChannel) -> None:
        await (await channel.declare_exchange(to, "fanout", durable=True)).bind(name, key)

    return attempt


def take(queue: str) -> Attempt:
    async def attempt(channel: AbstractChannel) -> None:
        await (await channel.get_queue(queue, ensure=False)).get(fail=False)

    return attempt


def declare(queue: str) -> Attempt:
    return lambda channel: channel.declare_queue(queue, durable=True)


def dead_letter(exchange: str, key: str) -> Attempt:
    """Have the broker publish there what a queue of one's own gives up."""
    arguments: FieldTable = {"x-dead-letter-exchange": exchange, "x-dead-letter-routing-key": key}
    return lambda channel: channel.declare_queue(exclusive=True, arguments=arguments)


def pass_on_to(exchange: str) -> Attempt:
    """Have the broker publish there what an exchange of one's own cannot route."""
    name, arguments = f"amq_{'0f' * 16}", FieldTable({"alternate-exchange": exchange})
    return lambda channel: channel.declare_exchange(name, "fanout", arguments=arguments)


def remove_queue(queue: str) -> Attempt:
    return lambda channel: channel.queue_delete(queue)


def make_exchange(name: str) -> Attempt:
    return lambda channel: channel.declare_exchange(name)


def remove_exchange(name: str) -> Attempt:
    return lambda channel: channel.exchange_delete(name)


FORBIDDEN_TO_ALL = {
    "publish events": publish("userbus.events", "user.created"),
    "publish dead letters": publish("userbus.dead.letters", "user.create"),
    "publish to the wait queues": publish("userbus.retry.1s", "user.create"),
    "publish to a queue": publish("", "userbus.user"),
    "dead-letter to a queue": dead_letter("", "userbus.user"),
    "dead-letter to events": dead_letter("userbus.events", "user.created"),
    "dead-letter to dead letters": dead_letter("userbus.dead.letters", "user.create"),
    "pass on to events": pass_on_to("userbus.events"),
    "take from another's queue": take("crm.events"),
    "remove another's queue": remove_queue("crm.events"),
    "listen to requests": bind("userbus.commands", "user.create"),
    "take requests": take("userbus.user"),
    "take dead letters": take("userbus.dead"),
    "make a queue of userbus": declare("userbus.more"),
    "remove a queue of userbus": remove_queue("userbus.user"),
    "make an exchange of userbus": make_exchange("userbus.more"),
    "remove an exchange of userbus": remove_exchange("userbus.events"),
}
LISTENING = {"listen to events": bind("userbus.events", "#"), "take from the log": take("userbus.events.log")}
FORBIDDEN: Mapping[str, Mapping[str, Attempt]] = {
    "worker": {"make a queue": declare("mine"), "make an exchange": make_exchange("mine")},
    "bridge": {
        **FORBIDDEN_TO_ALL,
        **LISTENING,
        "make a queue": declare("bridge.mine"),
        "issue service tokens": publish("userbus.commands", "token.issue"),
    },
    "operator": {**FORBIDDEN_TO_ALL, **LISTENING},
    "reader": {
        **FORBIDDEN_TO_ALL,
        **LISTENING,
        "create users": publish("userbus.commands", "user.create"),
        "make a queue": declare("billing.mine"),
    },
    "billing": {
        **FORBIDDEN_TO_ALL,
        "delete users": publish("userbus.commands", "user.delete"),
        "import users": publish("userbus.commands", "user.import"),
        "make root users": publish("userbus.commands", "user.set_root"),
        "issue service tokens": publish("userbus.commands", "token.issue"),
        "listen to all events": bind("userbus.events", "#"),
        "listen to all events in partitions": pass_on("userbus.events", "#", "billing.passed-on"),
        "listen to all users' events and more": bind("userbus.events", "user.#"),
        "listen to other events": bind("userbus.events", "role.created"),
        "take from the log": LISTENING["take from the log"],
        "make a queue": declare("watcher.mine"),
    },
    "statistics": {
        **FORBIDDEN_TO_ALL,
        **LISTENING,
        "listen to users": bind("userbus.events", "user.*"),
        "listen to all plain events": bind("userbus.events.plain", "#"),
    },
    "watcher": {**FORBIDDEN_TO_ALL, "read users": publish("userbus.commands", "user.get")},
}
ATTEMPTS = [
    pytest.param(user, attempt, id=f"{user}: {what}")
    for user, all in FORBIDDEN.items()
    for what, attempt in all.items()
]


@pytest.mark.parametrize(("user", "attempt"), ATTEMPTS)
async def test_a_user_may_not(user: str, attempt: Attempt, urls: Urls) -> None:
    async with await aio_pika.connect(urls[user]) as connection:
        with pytest.raises(ChannelAccessRefused, match="refused"):
            await attempt(await connection.channel())


async def test_a_publisher_gets_its_answer_and_a_consumer_the_event(urls: Urls) -> None:
    username = f"user_{uuid4().hex}"
    async with (
        Client(urls["billing"], caller="billing") as billing,
        Client(urls["watcher"], caller="watcher") as consumer,
    ):
        mine = await consumer.channel.declare_queue("watcher.mine", durable=True, arguments={"x-queue-type": "quorum"})
        await mine.bind("userbus.events", "user.created")
        created = await billing.done("user.create", {"username": username})
        async with asyncio.timeout(PATIENCE), mine.iterator() as events:
            async for event in events:
                await event.ack()
                if username.encode() in event.body:
                    break
    async with Bus(urls["bridge"], app_id="tests") as bus:
        assert (await bus.ask(GetUser(id=created["id"]))).username == username


async def test_a_consumer_subscribes_under_its_own_name_alone(urls: Urls) -> None:
    async with (
        connect(urls["billing"], app_id="billing") as billing,
        connect(urls["watcher"], app_id="c") as bus,
    ):
        async with (
            bus.events("watcher", "user.created") as events,
            bus.events("watcher.shared", "user.created", partitions=2) as shared,
            bus.replay("next", "user.created") as log,
        ):
            user = await billing.ask(CreateUser(username=f"user_{uuid4().hex}"))
            assert (await anext(events)).data == user
            assert (await anext(shared)).data == user
            assert (await anext(log)).data == user
        with pytest.raises(Denied) as refused:
            await anext(bus.events("billing"))
    assert refused.value.code == "bus.access_refused"


async def test_a_consumer_reads_the_events_log_from_its_beginning(urls: Urls) -> None:
    async with Client(urls["billing"], caller="billing") as billing:
        await billing.done("user.create", {"username": f"user_{uuid4().hex}"})
    async with Client(urls["watcher"], caller="watcher") as consumer:
        await consumer.channel.set_qos(10)
        log = await consumer.channel.get_queue("userbus.events.log", ensure=False)
        arrived: asyncio.Queue[bytes] = asyncio.Queue()

        async def receive(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            await message.ack()
            await arrived.put(message.body)

        await log.consume(receive, arguments={"x-stream-offset": "first"})
        assert await asyncio.wait_for(arrived.get(), PATIENCE)


@pytest.mark.parametrize("user", ["worker", "bridge", "operator", "reader"])
async def test_the_command_line_asks_for_health_as(user: str, urls: Urls) -> None:
    async with Client(urls[user], caller=user) as client:
        assert (await client.done("health.user", {}))["database"] is True
