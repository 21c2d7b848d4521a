"""What RabbitMQ's users may do: a real broker with the definitions that compose.yaml loads."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractExchange
from aiormq.exceptions import ChannelAccessRefused

from bridge.bus import Bus
from contracts.users import GetUser
from devstack.broker import USERS
from devstack.containers import ContainerServer
from devstack.plans import ServerPlan, StackWish, plan_rabbitmq
from devstack.ports import HOST, free_port
from devstack.servers import RunningServers
from devstack.setup import RABBITMQ, write_secrets
from handlers.app import working
from tests.client import Client
from tests.stack import fresh_database, settings

Urls = Mapping[str, str]
Attempt = Callable[[AbstractChannel], Awaitable[object]]


def restricted(home: Path, port: int) -> ServerPlan:
    """A RabbitMQ that loads the configuration in `home`/broker."""
    plan = plan_rabbitmq(StackWish(home, port, port, keep=False, say=lambda _: None), os.environ)
    folder = home / "broker"
    if isinstance(plan.server, ContainerServer):
        recipe = plan.server.recipe
        plan.server.close()
        env = {**recipe.env, "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf")}
        return replace(plan, server=ContainerServer(replace(recipe, env=env, volume=(str(folder), str(folder)))))
    (home / "rabbitmq" / "conf.d").mkdir()
    (home / "rabbitmq" / "conf.d" / "users.conf").write_text((folder / "rabbitmq.conf").read_text())
    return plan


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Urls]:
    """Each user's URL of a broker that knows these users alone."""
    if os.environ.get("USERBUS_AMQP_URL"):
        pytest.skip("needs a RabbitMQ of its own: unset USERBUS_AMQP_URL")
    home, port = tmp_path_factory.mktemp("restricted"), free_port()
    write_secrets(home / "secrets", home / "broker")
    plan = restricted(home, port)
    with ExitStack() as stack:
        for server in (*plan.companions, plan.server):
            stack.callback(server.close)
            server.start()
        given = {name: (home / "secrets" / name / "userbus_amqp_url").read_text() for name in USERS}
        yield {name: url.replace(RABBITMQ, f"{HOST}:{port}") for name, url in given.items()}


@pytest.fixture(scope="module", autouse=True)
async def worker(running: RunningServers, urls: Urls) -> AsyncIterator[None]:
    """A worker with the worker's user."""
    async with working(settings(running, amqp_url=urls["worker"], mongo_url=fresh_database(running.mongo_url))):
        yield


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


def take(queue: str) -> Attempt:
    async def attempt(channel: AbstractChannel) -> None:
        await (await channel.get_queue(queue, ensure=False)).get(fail=False)

    return attempt


def declare(queue: str) -> Attempt:
    return lambda channel: channel.declare_queue(queue, durable=True)


def remove_queue(queue: str) -> Attempt:
    return lambda channel: channel.queue_delete(queue)


def make_exchange(name: str) -> Attempt:
    return lambda channel: channel.declare_exchange(name)


def remove_exchange(name: str) -> Attempt:
    return lambda channel: channel.exchange_delete(name)


FORBIDDEN_TO_ALL = {
    "publish events": publish("userbus.events", "user.created"),
    "publish dead letters": publish("userbus.dead", "user.create"),
    "publish to the wait queues": publish("userbus.retry.1s", "user.create"),
    "publish to a queue": publish("", "userbus.user"),
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
    "bridge": {**FORBIDDEN_TO_ALL, **LISTENING, "make a queue": declare("bridge.mine")},
    "publisher": {
        **FORBIDDEN_TO_ALL,
        **LISTENING,
        "issue service tokens": publish("userbus.commands", "token.issue"),
        "make a queue": declare("consumer.mine"),
    },
    "consumer": {
        **FORBIDDEN_TO_ALL,
        "send requests": publish("userbus.commands", "user.create"),
        "make a queue": declare("publisher.mine"),
    },
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
    async with Client(urls["publisher"]) as publisher, Client(urls["consumer"]) as consumer:
        mine = await consumer.channel.declare_queue("consumer.mine", durable=True, arguments={"x-queue-type": "quorum"})
        await mine.bind("userbus.events", "user.created")
        created = await publisher.done("user.create", {"username": username})
        async with asyncio.timeout(10), mine.iterator() as events:
            async for event in events:
                await event.ack()
                if username.encode() in event.body:
                    break
    async with Bus(urls["bridge"]) as bus:
        assert (await bus.call("user.get", GetUser(id=created["id"]))).username == username


async def test_a_consumer_reads_the_events_log_from_its_beginning(urls: Urls) -> None:
    async with Client(urls["publisher"]) as publisher:
        await publisher.done("user.create", {"username": f"user_{uuid4().hex}"})
    async with Client(urls["consumer"]) as consumer:
        await consumer.channel.set_qos(10)
        log = await consumer.channel.get_queue("userbus.events.log", ensure=False)
        arrived: asyncio.Queue[bytes] = asyncio.Queue()

        async def receive(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            await message.ack()
            await arrived.put(message.body)

        await log.consume(receive, arguments={"x-stream-offset": "first"})
        assert await asyncio.wait_for(arrived.get(), 10)


@pytest.mark.parametrize("user", ["worker", "bridge"])
async def test_the_command_line_asks_for_health_as(user: str, urls: Urls) -> None:
    async with Client(urls[user]) as client:
        assert (await client.done("health.user", {}))["database"] is True
