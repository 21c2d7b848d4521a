"""The composition root of a worker: everything is created here, started in order and stopped in reverse."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import structlog

from contracts.catalog import DEAD_INCOMING
from contracts.entry import queue
from contracts.topology.declared import declared_topology
from handlers.handler import Handlers
from handlers.health import worker_name
from handlers.registry import HANDLERS
from handlers.sms_gateways.delivery import SmsDelivery
from handlers.sms_gateways.selection import open_sender
from models.audit_chain import AuditChain
from models.audit_check import AuditCheck
from models.cascade import LinkCleanup
from models.migrations import all_migrations, require_known
from models.sealed_secrets import reseal_secrets
from models.secrets.keys import Keys
from models.secrets.passwords import Passwords
from models.secrets.vault import Vault
from models.seeds import prepare
from models.sms_sends import SendReservations, SmsLimits
from models.store.client import Store
from models.store.counters import Counters
from models.store.journal import Journal
from models.store.lane_leases import LaneLeases
from models.store.late_replies import LateReplies
from models.store.reply_retention import ReplyRetention
from models.store.totals import TotalsCheck
from models.text_segments import TextSegments
from models.unit_of_work import Dependencies
from models.webhook_addresses import AddressRules
from runtime.memory import IdleMemory
from worker.audit_sealer import SEAL_SECONDS, AuditSealer
from worker.bus.lost_consumers import resume_lost_consumers
from worker.bus.publisher import Publisher
from worker.bus.redeclare import redeclare_missing
from worker.bus.relay import LEASE_SECONDS
from worker.bus.relay_lanes import RelayLanes
from worker.bus.retry_ladder import BrokerRetryLadder
from worker.bus.silent_queues import watch_silent_queues
from worker.bus.subscribers import ConsumedQueue, QueueSubscription
from worker.bus.tasks import keep_running
from worker.bus.topology import consumed_queues, declare
from worker.database_watch import watch_database
from worker.delivery.broker_dead_letters import DeadLettered
from worker.delivery.callers import Callers
from worker.delivery.consumer import Consumer
from worker.delivery.delayed_replies import DelayedReplies
from worker.delivery.outage import Outage
from worker.delivery.pipeline import Pipeline
from worker.delivery.replies import Replies
from worker.delivery.request_counts import RequestCounts
from worker.delivery.request_log import RequestLog
from worker.delivery.request_records import RequestRecords
from worker.delivery.retry import Retry
from worker.delivery.settlement import Settlement
from worker.facts import worker_facts
from worker.health_server import serve_health
from worker.metrics import Components, Metrics
from worker.readiness import Readiness
from worker.settings import Settings
from worker.startup import close_quietly, start_with_retry
from worker.sweeper import Sweeper
from worker.webhooks.start import start_webhooks

TOTALS_CHECK_SECONDS = 3600.0
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Worker:
    """A running worker."""

    dependencies: Dependencies
    relay: RelayLanes
    metrics: Metrics


@asynccontextmanager
async def run_worker(settings: Settings, handlers: Handlers = HANDLERS) -> AsyncIterator[Worker]:
    """Run a worker until the block ends, then drain: take nothing new, finish what is in flight, leave.

    Waits for RabbitMQ and MongoDB where they are not there yet.
    """
    worker, stack = await start_with_retry(partial(_start, settings, handlers))
    async with stack:
        log.info("worker ready", worker=worker_name(), families=settings.families)
        yield worker


async def _start(settings: Settings, handlers: Handlers, stack: AsyncExitStack) -> Worker:
    dependencies = await _open_dependencies(settings, stack)
    publisher = await stack.enter_async_context(Publisher(settings.amqp_url, "publisher", confirms=True))
    # a question that is given up may end its connection (aiormq): none of them is asked on the one for events
    questions = await stack.enter_async_context(Publisher(settings.amqp_url, "questions", confirms=False))
    await _declare(settings, questions, stack)
    replies = await stack.enter_async_context(Replies(settings.amqp_url))
    delayed = await stack.enter_async_context(DelayedReplies(replies))
    callers = _watch_callers(settings, stack)
    relay = await _start_relay(settings, dependencies, publisher, callers, stack)
    audit = _seal_audit_trail(dependencies, relay, stack)
    pipeline = Pipeline(dependencies, handlers, settings.patience_seconds)
    retry, outage = Retry(publisher, worker_name(), settings.require_caller), Outage(dependencies.store.availability)
    settlement = Settlement(pipeline, delayed, retry, outage, relay.wake)
    records = RequestRecords(RequestCounts(), RequestLog(settings.request_log))
    counts = records.counts
    keep_running(stack, IdleMemory(counts.outcomes.total, lambda: counts.in_flight).run)
    webhooks = await start_webhooks(settings, dependencies, publisher, stack)
    sms = settings.sms_sender
    metrics = Metrics(Components(dependencies, relay, counts, retry, sms, audit, webhooks.outcomes))
    consumer = Consumer(pipeline, settlement, delayed, records, callers)
    subscriptions = _create_subscriptions(settings, consumer, DeadLettered(retry), webhooks.queues)
    unconsumed = partial(_unconsumed_queues, subscriptions)
    readiness = Readiness(dependencies.store, publisher, questions, replies, settings.families, metrics, unconsumed)
    await stack.enter_async_context(serve_health(readiness, settings.worker_host, settings.worker_port))
    await _consume(subscriptions, stack)
    keep_running(stack, partial(resume_lost_consumers, questions, subscriptions))
    return Worker(dependencies, relay, metrics)


async def _open_dependencies(settings: Settings, stack: AsyncExitStack) -> Dependencies:
    store = Store(settings.mongo_url, settings.mongo_driver)
    stack.push_async_callback(store.close)
    migrations = all_migrations(store, settings.sms_country)
    await require_known(store, migrations)
    await prepare(store)
    retention = ReplyRetention(store, settings.journal_days)
    works = (LinkCleanup(store), LateReplies(store), retention, migrations, TextSegments(store))
    sweepers = [Sweeper(work) for work in works]
    sweepers.append(Sweeper(TotalsCheck(store), TOTALS_CHECK_SECONDS))
    keep_running(stack, partial(watch_database, store), *(sweeper.run for sweeper in sweepers))
    counters = Counters(store)
    stack.push_async_callback(close_quietly, counters.release)
    keys = Keys(settings.secret_key.get_secret_value())
    passwords = Passwords(settings.argon2_memory, settings.argon2_rounds, settings.hash_waiting)
    stack.callback(passwords.close)
    journal = Journal(store, keys, settings.journal_days, settings.audit_days)
    vault = await _open_vault(settings, store)
    limits = SmsLimits(settings.sms_per_number, settings.sms_per_address, settings.sms_per_day, settings.sms_country)
    sms = await _open_sms(settings, SendReservations(store, keys, counters, limits), stack)
    return Dependencies(
        store,
        counters,
        journal,
        keys,
        passwords,
        vault,
        sms=sms,
        policy=settings.policy,
        country=settings.sms_country,
        webhook_addresses=AddressRules(settings.webhook_networks),
        facts=worker_facts(settings),
        retry_ladder=BrokerRetryLadder(settings.amqp_url),
    )


async def _open_vault(settings: Settings, store: Store) -> Vault:
    key = settings.encryption_key
    vault = Vault(key.get_secret_value() if key else None)
    for subject in await reseal_secrets(store, vault):
        log.warning("secrets cannot be read: set USERBUS_ENCRYPTION_KEY to hold their key too", subject=subject)
    return vault


async def _open_sms(settings: Settings, sends: SendReservations, stack: AsyncExitStack) -> SmsDelivery | None:
    sender = await stack.enter_async_context(open_sender(settings))
    if sender is None:
        return None
    return SmsDelivery(sender, sends, settings.sms_seconds, settings.sms_running, settings.sms_waiting)


async def _declare(settings: Settings, questions: Publisher, stack: AsyncExitStack) -> None:
    await declare(settings.amqp_url, settings.queue_length, settings.events_days)
    topology = declared_topology(settings.queue_length, settings.events_days)
    keep_running(
        stack,
        partial(redeclare_missing, questions, settings.amqp_url, topology),
        partial(watch_silent_queues, questions, topology),
    )


def _watch_callers(settings: Settings, stack: AsyncExitStack) -> Callers:
    callers = Callers(settings.services_file, settings.require_caller)
    keep_running(stack, callers.watch)
    return callers


async def _start_relay(
    settings: Settings, dependencies: Dependencies, publisher: Publisher, callers: Callers, stack: AsyncExitStack
) -> RelayLanes:
    leases = LaneLeases(dependencies.store, worker_name(), LEASE_SECONDS, settings.relay_lanes)
    await leases.propose()
    relay = RelayLanes(dependencies, leases, publisher, callers.has_plain_consumers)
    keep_running(stack, relay.run)
    return relay


def _seal_audit_trail(dependencies: Dependencies, relay: RelayLanes, stack: AsyncExitStack) -> AuditSealer:
    parts = (dependencies.store, dependencies.keys)
    sealer = AuditSealer(AuditChain(*parts), AuditCheck(*parts), lambda: relay.is_leader)
    keep_running(stack, Sweeper(sealer, SEAL_SECONDS).run)
    return sealer


def _create_subscriptions(
    settings: Settings, consumer: Consumer, dead_lettered: DeadLettered, others: Sequence[ConsumedQueue]
) -> list[QueueSubscription]:
    prefetch = dict.fromkeys(consumed_queues(settings.families), settings.prefetch)
    if "sms" in settings.families and settings.sms_sender != "off":
        # commands that wait for a gateway must not keep verifications from being taken
        prefetch[queue("sms")] += settings.sms_running + settings.sms_waiting
    receivers = {DEAD_INCOMING: dead_lettered.receive}
    consumed = [ConsumedQueue(name, count, receivers.get(name, consumer.receive)) for name, count in prefetch.items()]
    return [QueueSubscription(settings.amqp_url, each, settings.drain_seconds) for each in (*consumed, *others)]


def _unconsumed_queues(subscriptions: Sequence[QueueSubscription]) -> set[str]:
    return {subscription.queue for subscription in subscriptions if not subscription.is_consuming}


async def _consume(subscriptions: Sequence[QueueSubscription], stack: AsyncExitStack) -> None:
    stack.push_async_callback(close_quietly, partial(_stop, subscriptions))
    stack.push_async_callback(_stop_consuming, subscriptions)
    for outcome in await asyncio.gather(*(each.start() for each in subscriptions), return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


async def _stop(subscriptions: Sequence[QueueSubscription]) -> None:
    await asyncio.gather(*(each.stop() for each in subscriptions))


async def _stop_consuming(subscriptions: Sequence[QueueSubscription]) -> None:
    await asyncio.gather(*(close_quietly(each.cancel) for each in subscriptions))
    log.info("worker drains")
