"""A plain connection to RabbitMQ, for what is no request."""

from collections.abc import Iterable
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import AMQPError, ChannelNotFoundEntity

from contracts.broker_addresses import broker_addresses
from contracts.refused_connections import name_refused_connections
from contracts.tls import explain_tls_failures

CONNECT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many messages wait in a queue, and how many consumers it has."""

    messages: int
    consumers: int


async def connect_broker(setting: str) -> AbstractConnection:
    """Connect to the first address of a setting that answers. Raises the last address's error if none does."""
    return await broker_addresses(setting).try_each(_connect)


async def _connect(url: str) -> AbstractConnection:
    with explain_tls_failures(url), name_refused_connections(url):
        return await aio_pika.connect(url, timeout=CONNECT_SECONDS)


async def inspect_queues(setting: str, names: Iterable[str]) -> dict[str, QueueState | None]:
    """Look at queues by their names; None for one that is not there. Raises `ConnectionError`, `OSError`."""
    try:
        async with await connect_broker(setting) as connection:
            return {name: await _inspect_queue(connection, name) for name in names}
    except (AMQPError, RuntimeError) as error:  # aio-pika tells by RuntimeError that the connection has ended meanwhile
        raise ConnectionError(str(error)) from error


async def _inspect_queue(connection: AbstractConnection, name: str) -> QueueState | None:
    channel = await connection.channel()  # which the broker closes where there is no such queue
    try:
        found = (await channel.declare_queue(name, passive=True)).declaration_result
        return QueueState(found.message_count or 0, found.consumer_count or 0)
    except ChannelNotFoundEntity:
        return None
    finally:
        await channel.close()
