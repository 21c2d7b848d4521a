"""Which queue takes what, and what becomes of an exchange that an earlier version declared."""

import asyncio
from collections.abc import AsyncIterator

import aio_pika
import pytest
from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed

from contracts.catalog import CATALOG, COMMANDS_EXCHANGE, DEAD, DEAD_INCOMING, UNKNOWN
from contracts.topology.declared import declared_topology
from contracts.topology.parts import placeless
from devstack.servers import RunningServers
from tests.support.patience import PATIENCE
from worker.bus.topology import declare


@pytest.fixture
async def channel(apart: RunningServers) -> AsyncIterator[AbstractChannel]:
    async with await aio_pika.connect(apart.amqp_url) as connection:
        yield await connection.channel()


async def send(channel: AbstractChannel, name: str) -> None:
    exchange = await channel.get_exchange(COMMANDS_EXCHANGE, ensure=False)
    await exchange.publish(aio_pika.Message(b"{}"), name)


async def take(channel: AbstractChannel, queue: str) -> str | None:
    async with asyncio.timeout(PATIENCE):
        message = await (await channel.get_queue(queue, ensure=False)).get(no_ack=True)
    return message.routing_key


async def test_commands_queries_and_unknown_names_have_queues_of_their_own(
    apart: RunningServers, channel: AbstractChannel
) -> None:
    await declare(apart.amqp_url, 100_000, 7)
    sent = {"user.create": "userbus.user", "user.get": "userbus.user.queries", "users.get": UNKNOWN, "": UNKNOWN}
    for name, queue in sent.items():
        await send(channel, name)
        assert await take(channel, queue) == name
    assert {entry.queue for entry in CATALOG.values() if entry.family == "sms"} == {
        "userbus.sms",
        "userbus.sms.queries",
    }


async def test_an_exchange_without_an_alternate_is_declared_anew(apart: RunningServers) -> None:
    async with await aio_pika.connect(apart.amqp_url) as connection:
        channel = await connection.channel()
        await channel.exchange_delete(COMMANDS_EXCHANGE)
        old = await channel.declare_exchange(COMMANDS_EXCHANGE, ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue("userbus.user", passive=True)
        await queue.bind(old, "user.*")
        await queue.purge()
        await asyncio.gather(*(declare(apart.amqp_url, 100_000, 7) for _ in range(2)))
    async with await aio_pika.connect(apart.amqp_url) as connection:
        channel = await connection.channel()
        for name, taker in {"user.get": "userbus.user.queries", "user.nothing": UNKNOWN}.items():
            await send(channel, name)
            assert await take(channel, taker) == name
        found = await channel.declare_queue("userbus.user", passive=True)
        assert found.declaration_result.message_count == 0  # the old binding is gone


async def test_a_queue_that_cannot_be_declared_keeps_no_other_from_it(apart: RunningServers) -> None:
    await declare(apart.amqp_url, 100_000, 7)
    async with await aio_pika.connect(apart.amqp_url) as owner:
        channel = await owner.channel()
        for name in ("userbus.role.queries", "userbus.sms"):
            await channel.queue_delete(name)
        await channel.declare_queue("userbus.role.queries", exclusive=True)  # refused to others, as without its node
        await declare(apart.amqp_url, 100_000, 7)
        assert await channel.declare_queue("userbus.sms", passive=True)
    await declare(apart.amqp_url, 100_000, 7)


async def test_bindings_by_headers_of_senders_are_taken_away(apart: RunningServers, channel: AbstractChannel) -> None:
    dead = await channel.declare_exchange(DEAD, ExchangeType.HEADERS, durable=True)
    letters = await channel.declare_queue(DEAD, durable=True, passive=True)
    old = await channel.declare_queue("userbus.expired", durable=True)
    forged = {"x-first-death-reason": "rejected", "x-userbus-reason": "dead_lettered"}
    for key, value in forged.items():
        await letters.bind(dead, arguments={"x-match": "any-with-x", key: value})
    await old.bind(dead, arguments={"x-match": "any-with-x", "x-first-death-reason": "expired"})
    await letters.purge()
    await declare(apart.amqp_url, 100_000, 7)
    await dead.publish(aio_pika.Message(b"{}", headers={**forged}), "user.create")
    assert await take(channel, DEAD_INCOMING) == "user.create"
    assert (await channel.declare_queue(DEAD, passive=True)).declaration_result.message_count == 0
    with pytest.raises(ChannelNotFoundEntity):
        await channel.declare_queue("userbus.expired", passive=True)


async def test_a_queue_that_an_earlier_version_placed_is_used_as_it_is(
    apart: RunningServers, channel: AbstractChannel
) -> None:
    part = next(part for part in declared_topology(100_000, 7).queues if part.name == "userbus.sms")
    await channel.queue_delete(part.name)
    old = await channel.declare_queue(part.name, durable=True, arguments=placeless(part.arguments))
    await declare(apart.amqp_url, 100_000, 7)
    await send(channel, "sms.send_code")
    assert await take(channel, part.name) == "sms.send_code"
    await old.delete(if_unused=False, if_empty=False)


async def test_a_queue_in_another_form_is_refused(apart: RunningServers, channel: AbstractChannel) -> None:
    await channel.queue_delete("userbus.sms")
    other = await channel.declare_queue("userbus.sms", durable=True)
    with pytest.raises(ChannelPreconditionFailed, match="inequivalent arg"):
        await declare(apart.amqp_url, 100_000, 7)
    await other.delete(if_unused=False, if_empty=False)
