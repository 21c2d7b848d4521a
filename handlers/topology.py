"""Every exchange, queue and binding, declared identically by every process."""

from collections.abc import Awaitable, Callable
from functools import partial

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel
from aiormq.abc import FieldTable

from contracts.catalog import COMMANDS_EXCHANGE, DEAD, DEAD_LOG, EVENTS_EXCHANGE, EVENTS_LOG, FAMILIES, patterns, queue

DELIVERY_LIMIT = 10
LOOKS = 1_000_000  # looking at the dead letters counts as a delivery: RabbitMQ 4 would drop them after 20
RETRY_STEPS = {"1s": 1, "5s": 5, "30s": 30, "2min": 120, "10min": 600}
EXPIRED = "userbus.expired"
NUDGE = "userbus.nudge"
PARKED = "x-userbus-reason"
Part = Callable[[AbstractChannel], Awaitable[None]]


def retry_queue(step: str) -> str:
    """The wait queue of a step of the retry ladder."""
    return f"userbus.retry.{step}"


def family_arguments(length: int) -> FieldTable:
    """A work queue: bounded deliveries and length; what fails goes to `userbus.dead`, surely."""
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-dead-letter-exchange": DEAD,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-max-length": length,
    }


def retry_arguments(seconds: int) -> FieldTable:
    """A wait queue: after its time a message goes back to the commands exchange under its own name."""
    return {
        "x-queue-type": "quorum",
        "x-message-ttl": seconds * 1000,
        "x-dead-letter-exchange": COMMANDS_EXCHANGE,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-max-length": 100_000,
    }


EXCHANGES = (COMMANDS_EXCHANGE, EVENTS_EXCHANGE, DEAD, NUDGE, *map(retry_queue, RETRY_STEPS))
QUEUES = (*map(queue, FAMILIES), *map(retry_queue, RETRY_STEPS), DEAD, DEAD_LOG, EXPIRED, EVENTS_LOG)


async def declare(channel: AbstractChannel, length: int, days: int) -> None:
    """Declare all of it. `length` bounds a family's queue, `days` the events log."""
    for part in parts(length, days):
        await part(channel)


def parts(length: int, days: int) -> list[Part]:
    """The same in parts that fail each for itself."""
    return [_dead, *(partial(_family, family, length) for family in FAMILIES), _retry, partial(_events, days)]


async def _family(family: str, length: int, channel: AbstractChannel) -> None:
    commands = await channel.declare_exchange(COMMANDS_EXCHANGE, ExchangeType.TOPIC, durable=True)
    work = await channel.declare_queue(queue(family), durable=True, arguments=family_arguments(length))
    for pattern in patterns(family):
        await work.bind(commands, pattern)


_KEPT: FieldTable = {"x-queue-type": "quorum", "x-delivery-limit": LOOKS}
_HANDLED: FieldTable = {
    "x-queue-type": "stream",
    "x-max-age": "365D",
    "x-stream-max-segment-size-bytes": 10_000_000,
}


async def _dead(channel: AbstractChannel) -> None:
    # headers, so that messages whose caller's time has passed do not fill the dead letters
    dead = await channel.declare_exchange(DEAD, ExchangeType.HEADERS, durable=True)
    parked = await channel.declare_queue(DEAD, durable=True, arguments=_KEPT)
    for reason in ("rejected", "delivery_limit", "maxlen"):
        await parked.bind(dead, arguments={"x-match": "any-with-x", "x-first-death-reason": reason})
    await parked.bind(dead, arguments={"x-match": "any-with-x", PARKED: "parked"})
    await channel.declare_queue(DEAD_LOG, durable=True, arguments=_HANDLED)
    gone: FieldTable = {"x-queue-type": "classic", "x-max-length": 0, "x-overflow": "drop-head"}
    expired = await channel.declare_queue(EXPIRED, durable=True, arguments=gone)
    await expired.bind(dead, arguments={"x-match": "any-with-x", "x-first-death-reason": "expired"})


async def _retry(channel: AbstractChannel) -> None:
    # an exchange a step, because a message keeps its routing key, its name, only through an exchange
    for step, seconds in RETRY_STEPS.items():
        entry = await channel.declare_exchange(retry_queue(step), ExchangeType.FANOUT, durable=True)
        wait = await channel.declare_queue(retry_queue(step), durable=True, arguments=retry_arguments(seconds))
        await wait.bind(entry)


async def _events(days: int, channel: AbstractChannel) -> None:
    events = await channel.declare_exchange(EVENTS_EXCHANGE, ExchangeType.TOPIC, durable=True)
    arguments: FieldTable = {
        "x-queue-type": "stream",
        "x-max-age": f"{days}D",
        "x-stream-max-segment-size-bytes": 50_000_000,
    }
    log = await channel.declare_queue(EVENTS_LOG, durable=True, arguments=arguments)
    await log.bind(events, "#")
    await channel.declare_exchange(NUDGE, ExchangeType.FANOUT, durable=True)
