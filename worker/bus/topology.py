"""Every exchange, queue and binding, declared identically by every process."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial

import structlog
from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange
from aio_pika.exceptions import ChannelClosed, ChannelPreconditionFailed
from aiormq.abc import FieldTable

from contracts.catalog import (
    COMMANDS_EXCHANGE,
    DEAD,
    DEAD_INCOMING,
    DEAD_LETTERS,
    DEAD_LOG,
    DEAD_UNDELIVERABLE,
    EVENTS_EXCHANGE,
    EVENTS_LOG,
    FAMILIES,
    PLAIN_EVENTS_EXCHANGE,
    UNKNOWN,
    names,
)
from contracts.entry import query_queue, queue
from worker.bus.broker_connection import connect_once

DELIVERY_LIMIT = 10
DEAD_DELIVERY_LIMIT = 1_000_000  # reading a dead letter counts as a delivery: RabbitMQ 4 would drop it after 20
RETRY_STEPS = {"1s": 1, "5s": 5, "30s": 30, "2min": 120, "10min": 600}
RELAY_EXCHANGE = "userbus.relay"
log = structlog.get_logger()
QUERY_QUEUES = frozenset(map(query_queue, FAMILIES))
Declaration = Callable[[AbstractChannel], Awaitable[None]]


def retry_queue(step: str) -> str:
    """Return the name of the wait queue of a step of the retry ladder."""
    return f"userbus.retry.{step}"


def family_arguments(length: int) -> FieldTable:
    """Return the arguments of a work queue: bounded deliveries and length, dead letters at least once."""
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-max-length": length,
    }


def query_arguments(length: int) -> FieldTable:
    """Return the arguments of a queue of queries: neither replicated nor kept, since a caller asks again."""
    return {"x-queue-type": "classic", "x-overflow": "reject-publish", "x-max-length": length}


def retry_arguments(seconds: int) -> FieldTable:
    """Return the arguments of a wait queue, which sends messages back to the commands exchange after `seconds`."""
    return {
        "x-queue-type": "quorum",
        "x-message-ttl": seconds * 1000,
        "x-dead-letter-exchange": COMMANDS_EXCHANGE,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-max-length": 100_000,
    }


EXCHANGES = (
    *(COMMANDS_EXCHANGE, UNKNOWN, EVENTS_EXCHANGE, PLAIN_EVENTS_EXCHANGE),
    *(DEAD, DEAD_LETTERS, DEAD_UNDELIVERABLE, RELAY_EXCHANGE),
    *map(retry_queue, RETRY_STEPS),
)
QUEUES = (
    *map(queue, FAMILIES),
    *map(query_queue, FAMILIES),
    UNKNOWN,
    *map(retry_queue, RETRY_STEPS),
    DEAD,
    DEAD_INCOMING,
    DEAD_UNDELIVERABLE,
    DEAD_LOG,
    EVENTS_LOG,
)


def consumed_queues(families: Iterable[str]) -> list[str]:
    """Return the queues that a worker of these families consumes."""
    own = [name for family in families for name in (queue(family), query_queue(family))]
    return [*own, UNKNOWN, DEAD_INCOMING]


async def declare(url: str, length: int, days: int) -> None:
    """Declare everything, on a connection for this once. `length` bounds each family's queues, `days` the events log.

    Raises `ChannelPreconditionFailed` where something exists in another form.
    """
    async with await connect_once(url) as connection:
        await _remove_old_commands_exchange(connection)
        for error in await declare_parts(connection, declarations(length, days)):
            if isinstance(error, ChannelPreconditionFailed):
                raise error


async def declare_parts(connection: AbstractConnection, parts: Iterable[Declaration]) -> list[ChannelClosed]:
    """Declare each part on a channel of its own; log and return the errors of those that the broker refuses.

    A queue whose node is gone does not keep the others from being declared.
    """
    errors: list[ChannelClosed] = []
    for declare_part in parts:
        try:
            async with connection.channel() as channel:
                await declare_part(channel)
        except ChannelClosed as error:
            log.error("not declared", reason=str(error))
            errors.append(error)
    return errors


def declarations(length: int, days: int) -> list[Declaration]:
    """Return what `declare` does, in parts that fail independently."""
    families = [partial(_declare_family, family, length) for family in FAMILIES]
    return [_declare_dead, partial(_declare_unknown, length), *families, _declare_retry, partial(_declare_events, days)]


async def _remove_old_commands_exchange(connection: AbstractConnection) -> None:
    # without an alternate exchange, as earlier versions declared it; an exchange cannot be given one later
    try:
        async with connection.channel() as channel:
            await _declare_commands(channel)
    except ChannelPreconditionFailed:
        log.warning("the commands exchange is declared anew, with an alternate exchange", exchange=COMMANDS_EXCHANGE)
        async with connection.channel() as channel:
            await channel.exchange_delete(COMMANDS_EXCHANGE)


async def _declare_commands(channel: AbstractChannel) -> AbstractExchange:
    alternate: FieldTable = {"alternate-exchange": UNKNOWN}
    return await channel.declare_exchange(COMMANDS_EXCHANGE, ExchangeType.TOPIC, durable=True, arguments=alternate)


async def _declare_unknown(length: int, channel: AbstractChannel) -> None:
    # messages whose name no queue is bound with; workers answer them
    unknown = await channel.declare_exchange(UNKNOWN, ExchangeType.FANOUT, durable=True)
    taken = await channel.declare_queue(UNKNOWN, durable=True, arguments=family_arguments(length))
    await taken.bind(unknown)


async def _declare_family(family: str, length: int, channel: AbstractChannel) -> None:
    exchange = await _declare_commands(channel)
    commands = await channel.declare_queue(queue(family), durable=True, arguments=family_arguments(length))
    for name in names(family, commands=True):
        await commands.bind(exchange, name)
    queries = await channel.declare_queue(query_queue(family), durable=True, arguments=query_arguments(length))
    for name in names(family, commands=False):
        await queries.bind(exchange, name)


_DEAD: FieldTable = {"x-queue-type": "quorum", "x-delivery-limit": DEAD_DELIVERY_LIMIT}
_DEAD_INCOMING: FieldTable = {
    "x-queue-type": "quorum",
    "x-delivery-limit": DELIVERY_LIMIT,
    "x-dead-letter-exchange": DEAD_UNDELIVERABLE,
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}
_DEAD_LOG: FieldTable = {
    "x-queue-type": "stream",
    "x-max-age": "365D",
    "x-stream-max-segment-size-bytes": 10_000_000,
}


async def _declare_dead(channel: AbstractChannel) -> None:
    # why the broker gave a message up is only in headers that senders may have written: workers sort what comes in
    dead = await channel.declare_exchange(DEAD, ExchangeType.HEADERS, durable=True)
    incoming = await channel.declare_queue(DEAD_INCOMING, durable=True, arguments=_DEAD_INCOMING)
    await incoming.bind(dead, arguments={"x-match": "all"})
    for name, arguments, entry in ((DEAD, _DEAD, DEAD_LETTERS), (DEAD_UNDELIVERABLE, _DEAD, DEAD_UNDELIVERABLE)):
        exchange = await channel.declare_exchange(entry, ExchangeType.FANOUT, durable=True)
        await (await channel.declare_queue(name, durable=True, arguments=arguments)).bind(exchange)
    await channel.declare_queue(DEAD_LOG, durable=True, arguments=_DEAD_LOG)
    await _remove_old_bindings(channel)


async def _remove_old_bindings(channel: AbstractChannel) -> None:
    # of earlier versions, which told expired messages from others by headers of the sender's
    letters = await channel.get_queue(DEAD, ensure=False)
    for reason in ("rejected", "delivery_limit", "maxlen"):
        await letters.unbind(DEAD, arguments={"x-match": "any-with-x", "x-first-death-reason": reason})
    await letters.unbind(DEAD, arguments={"x-match": "any-with-x", "x-userbus-reason": "dead_lettered"})
    await channel.queue_delete("userbus.expired")


async def _declare_retry(channel: AbstractChannel) -> None:
    # one exchange per step: published through an exchange a message keeps its routing key, which is its name
    for step, seconds in RETRY_STEPS.items():
        entry = await channel.declare_exchange(retry_queue(step), ExchangeType.FANOUT, durable=True)
        wait = await channel.declare_queue(retry_queue(step), durable=True, arguments=retry_arguments(seconds))
        await wait.bind(entry)


async def _declare_events(days: int, channel: AbstractChannel) -> None:
    events = await channel.declare_exchange(EVENTS_EXCHANGE, ExchangeType.TOPIC, durable=True)
    await channel.declare_exchange(PLAIN_EVENTS_EXCHANGE, ExchangeType.TOPIC, durable=True)
    arguments: FieldTable = {
        "x-queue-type": "stream",
        "x-max-age": f"{days}D",
        "x-stream-max-segment-size-bytes": 50_000_000,
    }
    log = await channel.declare_queue(EVENTS_LOG, durable=True, arguments=arguments)
    await log.bind(events, "#")
    await channel.declare_exchange(RELAY_EXCHANGE, ExchangeType.FANOUT, durable=True)
