"""The composition root of a worker: everything is made here, started in order, and stopped in reverse."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import structlog
from aio_pika.abc import AbstractIncomingMessage
from faststream.rabbit import RabbitBroker

from handlers.background import keep_running
from handlers.broker import consuming, deaf, stop_taking
from handlers.catalog import catalog
from handlers.consumer import Consumer, Exits
from handlers.delay import Delay
from handlers.health import worker_name
from handlers.metrics import Metrics
from handlers.nudge import Nudge
from handlers.outage import Outage
from handlers.outlet import Outlet
from handlers.patience import let_go, patiently
from handlers.pipeline import Pipeline
from handlers.probe import probing
from handlers.relay import LEASE_SECONDS, Relay
from handlers.replies import Replies
from handlers.retry import Retry
from handlers.senders.choice import chosen
from handlers.senders.delivery import Delivery
from handlers.settings import Settings
from handlers.sweeper import Sweeper
from handlers.tending import tending
from handlers.topology import declare, parts
from handlers.vitals import Vitals
from handlers.watcher import watching
from models.counters import Counters
from models.erasure import Sweeps
from models.indexes import prepare
from models.journal import Journal
from models.keys import Keys
from models.outbox import Lease, Outbox
from models.passwords import Passwords
from models.retention import Retention
from models.sends import Limits, Sends
from models.store import Store
from models.unit import Shared
from models.vault import Vault, rotate

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Worker:
    """A running worker."""

    shared: Shared
    broker: RabbitBroker
    relay: Relay


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[Worker]:
    """A worker that serves until the block ends, then drains: takes nothing new, finishes what it has, leaves.

    RabbitMQ and MongoDB are waited for where they are not there yet.
    """
    worker, stack = await patiently(partial(_started, settings))
    async with stack:
        log.info("worker ready", worker=worker_name(), families=settings.families)
        yield worker
        log.info("worker drains")


async def _started(settings: Settings, stack: AsyncExitStack) -> Worker:
    shared = await _shared(settings, stack)
    outlet = await stack.enter_async_context(Outlet(settings.amqp_url, "outlet", confirms=True))
    replies = await stack.enter_async_context(Replies(settings.amqp_url))
    delay = await stack.enter_async_context(Delay(replies))
    await declare(outlet.channel, settings.queue_length, settings.events_days)
    again = parts(settings.queue_length, settings.events_days)
    keep_running(stack, partial(tending, outlet, settings.amqp_url, again))
    relay = await _relaying(shared.store, outlet, stack)
    retry = Retry(outlet, worker_name())
    handlers = catalog(await _delivery(settings, shared, stack))
    pipeline = Pipeline(shared, handlers, settings.patience_seconds)
    exits = Exits(delay, retry, Outage(shared.store.watch, retry))
    metrics = Metrics()
    broker = _broker(settings, Consumer(pipeline, exits, metrics, relay.committed))
    vitals = Vitals(shared.store, outlet, replies, settings.families, metrics, partial(deaf, broker))
    await stack.enter_async_context(probing(vitals, settings.worker_host, settings.worker_port))
    await _consume(broker, stack)
    return Worker(shared, broker, relay)


async def _shared(settings: Settings, stack: AsyncExitStack) -> Shared:
    store = Store(settings.mongo_url, settings.mongo_driver)
    stack.push_async_callback(store.close)
    await prepare(store)
    retention = Retention(store, settings.journal_days)
    keep_running(stack, partial(watching, store), Sweeper(Sweeps(store)).run, Sweeper(retention).run)
    counters = Counters(store)
    stack.push_async_callback(let_go, counters.give_back)
    keys = Keys(settings.secret_key.get_secret_value())
    passwords = Passwords(settings.argon2_memory, settings.argon2_rounds, settings.hash_waiting)
    stack.callback(passwords.close)
    journal = Journal(store, keys, settings.journal_days, settings.audit_days)
    vault = await _vault(settings, store)
    sms = settings.sms_sender != "off"
    return Shared(store, counters, journal, keys, passwords, vault, sms_enabled=sms, policy=settings.policy)


async def _vault(settings: Settings, store: Store) -> Vault:
    given = settings.encryption_key
    vault = Vault(given.get_secret_value() if given else None)
    for name in await rotate(store, vault):
        log.warning("secrets cannot be read: set USERBUS_ENCRYPTION_KEY to hold their key too", integration=name)
    return vault


async def _delivery(settings: Settings, shared: Shared, stack: AsyncExitStack) -> Delivery | None:
    sender = await stack.enter_async_context(chosen(settings))
    if sender is None:
        return None
    limits = Limits(settings.sms_per_number, settings.sms_per_address)
    sends = Sends(shared.store, shared.keys, shared.counters, limits)
    return Delivery(sender, sends, settings.sms_seconds, settings.sms_running, settings.sms_waiting)


async def _relaying(store: Store, outlet: Outlet, stack: AsyncExitStack) -> Relay:
    nudge = Nudge(outlet)
    await nudge.listen()
    relay = Relay(Outbox(store), Lease(store, "relay", worker_name(), LEASE_SECONDS), outlet, nudge)
    keep_running(stack, relay.run, nudge.run)
    return relay


def _broker(settings: Settings, consumer: Consumer) -> RabbitBroker:
    async def receive(message: AbstractIncomingMessage) -> None:
        await consumer.receive(message)

    taken: dict[str, int] = dict.fromkeys(settings.families, settings.prefetch)
    if "sms" in taken and settings.sms_sender != "off":
        # what waits for a gateway must not keep verifications from being taken
        taken["sms"] += settings.sms_running + settings.sms_waiting
    return consuming(settings.amqp_url, taken, settings.drain_seconds, receive)


async def _consume(broker: RabbitBroker, stack: AsyncExitStack) -> None:
    stack.push_async_callback(let_go, broker.stop)
    stack.push_async_callback(let_go, partial(stop_taking, broker))
    await broker.start()
