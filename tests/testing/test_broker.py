"""The broker in memory, as any AMQP client meets it."""

from collections.abc import AsyncIterator

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import (
    ChannelClosed,
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
    DeliveryError,
)
from aiormq.abc import FieldTable
from pamqp.commands import Basic

from client import connect
from contracts.users import CreateUser, UpdateUser
from testing.userbus import MemoryUserbus
from tests.support.patience import PATIENCE

KEPT: FieldTable = {"x-queue-type": "quorum", "x-single-active-consumer": True}


@pytest.fixture
async def connection(userbus: MemoryUserbus) -> AsyncIterator[AbstractConnection]:
    async with await aio_pika.connect(userbus.url) as connected:
        yield connected


@pytest.fixture
async def channel(connection: AbstractConnection) -> AbstractChannel:
    return await connection.channel()


async def publish(channel: AbstractChannel, queue: str, *bodies: bytes) -> None:
    for body in bodies:
        await channel.default_exchange.publish(aio_pika.Message(body), queue)


async def test_what_is_not_acknowledged_comes_again_in_its_order(connection: AbstractConnection) -> None:
    first, second = await connection.channel(), await connection.channel()
    queue = await first.declare_queue("shop.events", durable=True, arguments=KEPT)
    await publish(second, "shop.events", b"1", b"2", b"3")
    async with queue.iterator() as messages:
        got = [await anext(messages), await anext(messages)]
        await got[0].ack()
        await first.close()
    again = await (await second.get_queue("shop.events")).get()
    assert (again.body, again.redelivered) == (b"2", True)


async def test_what_is_rejected_goes_to_the_dead_letters_of_its_queue(channel: AbstractChannel) -> None:
    exchange = await channel.declare_exchange("shop.dead", "direct")
    dead = await channel.declare_queue("shop.dead", durable=True)
    await dead.bind(exchange, "shop.jobs")
    queue = await channel.declare_queue("shop.jobs", durable=True, arguments={"x-dead-letter-exchange": "shop.dead"})
    await publish(channel, "shop.jobs", b"1", b"2")
    await (await queue.get()).reject(requeue=False)
    await (await queue.get()).ack()
    assert (await dead.get()).body == b"1"
    assert await dead.get(fail=False) is None


async def test_an_exchange_keeps_its_kind(connection: AbstractConnection) -> None:
    with pytest.raises(ChannelPreconditionFailed, match=r"'userbus\.events' cannot be of the kind 'fanout'"):
        await (await connection.channel()).declare_exchange("userbus.events", "fanout")


async def test_of_two_consumers_of_a_queue_that_keeps_order_one_is_given_messages(
    connection: AbstractConnection,
) -> None:
    seen: list[tuple[str, bytes]] = []
    for name in ("one", "other"):
        channel = await connection.channel()
        queue = await channel.declare_queue("shop.events", durable=True, arguments=KEPT)

        async def receive(message: aio_pika.abc.AbstractIncomingMessage, name: str = name) -> None:
            seen.append((name, message.body))
            await message.ack()

        await queue.consume(receive)
    await publish(channel, "shop.events", b"1", b"2")
    assert await channel.declare_queue("shop.events", passive=True)  # what came before has been delivered
    assert seen == [("one", b"1"), ("one", b"2")]


async def test_a_prefetch_limit_holds(connection: AbstractConnection, channel: AbstractChannel) -> None:
    await channel.set_qos(1)
    queue = await channel.declare_queue("shop.jobs", durable=True)
    async with queue.iterator() as messages:
        await publish(channel, "shop.jobs", b"1", b"2")
        await anext(messages)
        looked = await (await connection.channel()).declare_queue("shop.jobs", passive=True)
        assert looked.declaration_result.message_count == 1


async def test_a_long_message_arrives_whole(channel: AbstractChannel) -> None:
    queue = await channel.declare_queue(exclusive=True)
    await publish(channel, queue.name, b"x" * 1_000_000)
    assert len((await queue.get()).body) == 1_000_000


async def test_what_no_queue_takes_comes_back(connection: AbstractConnection) -> None:
    channel = await connection.channel(on_return_raises=True)
    with pytest.raises(DeliveryError):
        await publish(channel, "nowhere", b"1")


async def test_a_request_of_an_unknown_name_is_answered(channel: AbstractChannel) -> None:
    queue = await channel.declare_queue(exclusive=True)
    exchange = await channel.get_exchange("userbus.commands")
    await exchange.publish(aio_pika.Message(b"{}", reply_to=queue.name, message_id="m"), "user.creat")
    assert b"did you mean user.create" in (await queue.get(timeout=PATIENCE, fail=True)).body


async def test_direct_replies_come_to_their_channel(channel: AbstractChannel) -> None:
    exchange = await channel.get_exchange("userbus.commands")
    replies = await channel.get_queue("amq.rabbitmq.reply-to", ensure=False)
    async with replies.iterator(no_ack=True) as answers:
        await exchange.publish(aio_pika.Message(b'{"id": 1}', reply_to="amq.rabbitmq.reply-to"), "user.get")
        assert b"user.not_found" in (await anext(answers)).body


async def test_direct_replies_need_a_consumer(channel: AbstractChannel) -> None:
    exchange = await channel.get_exchange("userbus.commands")
    with pytest.raises(ChannelPreconditionFailed, match="fast reply consumer"):
        await exchange.publish(aio_pika.Message(b"{}", reply_to="amq.rabbitmq.reply-to"), "user.get")


async def test_others_cannot_be_pretended_to_be(channel: AbstractChannel) -> None:
    exchange = await channel.get_exchange("userbus.commands")
    with pytest.raises(ChannelPreconditionFailed, match="authenticated user was 'guest'"):
        await exchange.publish(aio_pika.Message(b"{}", user_id="root"), "user.get")


async def test_exchanges_and_queues_that_there_are_not_close_the_channel(connection: AbstractConnection) -> None:
    with pytest.raises(ChannelNotFoundEntity, match="no exchange 'shop'"):
        await (await connection.channel()).get_exchange("shop")
    with pytest.raises(ChannelNotFoundEntity, match="no queue 'shop'"):
        await (await connection.channel()).get_queue("shop")


async def test_a_queue_of_other_arguments_closes_the_channel(connection: AbstractConnection) -> None:
    await (await connection.channel()).declare_queue("shop.events", durable=True, arguments=KEPT)
    with pytest.raises(ChannelPreconditionFailed, match=r"queue 'shop\.events' has the arguments"):
        await (await connection.channel()).declare_queue("shop.events", durable=True)


async def test_what_is_not_known_closes_the_channel_and_says_so(connection: AbstractConnection) -> None:
    channel = await connection.channel(publisher_confirms=False)
    with pytest.raises(ChannelClosed, match=r"Tx\.Select is not known to userbus in memory"):
        await channel.transaction().select()


async def test_consumers_in_partitions_share_the_subjects(userbus: MemoryUserbus) -> None:
    async with (
        connect(userbus.url, app_id="shop") as bus,
        connect(userbus.url, app_id="shop") as other,
        bus.events("shop", "user.*", partitions=8) as first,
    ):
        async with other.events("shop", "user.*", partitions=8):
            users = [await bus.ask(CreateUser(username=f"u{number}")) for number in range(20)]
            for user in users:
                await bus.ask(UpdateUser(id=user.id, name="Ada"))
        given = [await anext(first) for _ in range(2 * len(users))]
    for user in users:
        about = [event.name for event in given if event.subject == f"user/{user.id}"]
        assert about == ["user.created", "user.updated"]


@pytest.mark.parametrize("expiration", ["-1", "soon", str(10**12)])
async def test_an_expiration_that_rabbitmq_refuses_ends_the_channel(
    connection: AbstractConnection, expiration: str
) -> None:
    channel = await connection.channel()
    underlay = await channel.get_underlay_channel()
    with pytest.raises(ChannelPreconditionFailed, match="invalid expiration"):
        await underlay.basic_publish(b"", routing_key="x", properties=Basic.Properties(expiration=expiration))
