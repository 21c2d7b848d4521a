"""Declaring every exchange, queue and binding, identically in every process."""

from collections.abc import Iterable
from typing import Any

import structlog
from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import ChannelClosed, ChannelPreconditionFailed

from contracts.catalog import COMMANDS_EXCHANGE, DEAD, DEAD_INCOMING, FAMILIES, UNKNOWN
from contracts.entry import query_queue, queue
from contracts.topology.declared import declared_topology
from contracts.topology.parts import DeclaredExchange, DeclaredQueue, Topology, placeless
from worker.bus.broker_connection import connect_once

log = structlog.get_logger()
QUERY_QUEUES = frozenset(map(query_queue, FAMILIES))


def consumed_queues(families: Iterable[str]) -> list[str]:
    """Return the queues that a worker of these families consumes."""
    own = [name for family in families for name in (queue(family), query_queue(family))]
    return [*own, UNKNOWN, DEAD_INCOMING]


async def declare(url: str, length: int, days: int) -> None:
    """Declare everything, on a connection for this once. `length` bounds each family's queues, `days` the events log.

    Raises `ChannelPreconditionFailed` where something exists in another form.
    """
    topology = declared_topology(length, days)
    async with await connect_once(url) as connection:
        await _remove_old_commands_exchange(connection, topology)
        for error in await declare_parts(connection, topology):
            if isinstance(error, ChannelPreconditionFailed):
                raise error
        await _remove_old_bindings(connection)


async def declare_parts(connection: AbstractConnection, topology: Topology) -> list[ChannelClosed]:
    """Declare each part on a channel of its own; log and return the errors of those that the broker refuses.

    A queue whose node is gone does not keep the others from being declared.
    """
    errors: list[ChannelClosed] = []
    for part in topology.parts:
        try:
            await _declare_part(connection, part)
        except ChannelClosed as error:
            log.error("not declared", reason=str(error))
            errors.append(error)
    return errors


async def _declare_part(connection: AbstractConnection, part: DeclaredExchange | DeclaredQueue) -> None:
    if isinstance(part, DeclaredExchange):
        async with connection.channel() as channel:
            return await _declare_exchange(channel, part)
    try:
        await _declare_queue(connection, part, dict(part.arguments))
    except ChannelPreconditionFailed:
        # earlier versions did not say where a queue begins; to its messages that makes no difference
        await _declare_queue(connection, part, placeless(part.arguments))
        if not part.is_stream:
            log.warning("placed as by an earlier version: `userbus topology plan` tells what to do", queue=part.name)


async def _declare_exchange(channel: AbstractChannel, exchange: DeclaredExchange) -> None:
    arguments: Any = dict(exchange.arguments)
    await channel.declare_exchange(exchange.name, ExchangeType(exchange.kind), durable=True, arguments=arguments)


async def _declare_queue(connection: AbstractConnection, part: DeclaredQueue, arguments: dict[str, Any]) -> None:
    async with connection.channel() as channel:
        declared = await channel.declare_queue(part.name, durable=True, arguments=arguments)
        for binding in part.bindings:
            await declared.bind(binding.exchange, binding.key, arguments=dict(binding.arguments))


async def _remove_old_commands_exchange(connection: AbstractConnection, topology: Topology) -> None:
    # without an alternate exchange, as earlier versions declared it; an exchange cannot be given one later
    (commands,) = (exchange for exchange in topology.exchanges if exchange.name == COMMANDS_EXCHANGE)
    try:
        await _declare_part(connection, commands)
    except ChannelPreconditionFailed:
        log.warning("the commands exchange is declared anew, with an alternate exchange", exchange=COMMANDS_EXCHANGE)
        async with connection.channel() as channel:
            await channel.exchange_delete(COMMANDS_EXCHANGE)


async def _remove_old_bindings(connection: AbstractConnection) -> None:
    # of earlier versions, which told expired messages from others by headers of the sender's
    try:
        async with connection.channel() as channel:
            letters = await channel.get_queue(DEAD, ensure=False)
            for reason in ("rejected", "delivery_limit", "maxlen"):
                await letters.unbind(DEAD, arguments={"x-match": "any-with-x", "x-first-death-reason": reason})
            await letters.unbind(DEAD, arguments={"x-match": "any-with-x", "x-userbus-reason": "dead_lettered"})
            await channel.queue_delete("userbus.expired")
    except ChannelClosed as error:
        log.error("old bindings not removed", reason=str(error))
