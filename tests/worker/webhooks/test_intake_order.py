"""Workers that take events of webhooks in: the next one goes on after what one that leaves or is cut off has stored."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractExchange, AbstractQueue
from aiormq.abc import FieldTable

from devstack.servers import RunningServers
from models.store.journal import OutboxEvent
from models.unit_of_work import Dependencies, UnitOfWork
from models.webhook_delivery_queue import DeliveryQueue
from models.webhooks import Webhook
from tests.support.patience import PATIENCE
from tests.support.proxy import proxy
from tests.support.stored_webhook import store_webhook
from worker.bus.subscribers import ConsumedQueue, QueueSubscription
from worker.webhooks.bindings import WebhookBindings
from worker.webhooks.intake import PREFETCH, WebhookIntake

IN_ORDER: FieldTable = {"x-queue-type": "quorum", "x-single-active-consumer": True}


class HeldQueue(DeliveryQueue):
    """Stores nothing until it is let; `stored` are the sequences in the order in which they were."""

    def __init__(self, store: Any, stored: list[int]) -> None:
        super().__init__(store)
        self.stored = stored
        self.began, self.goes_on = asyncio.Event(), asyncio.Event()

    async def add(self, wanted: Sequence[tuple[Webhook, OutboxEvent]]) -> None:
        self.began.set()
        await self.goes_on.wait()
        await super().add(wanted)
        self.stored += [event.sequence for _, event in wanted]


class Reader:
    """What a worker has that takes events in."""

    def __init__(self, url: str, queue: str, dependencies: Dependencies, stored: list[int]) -> None:
        self.held = HeldQueue(dependencies.store, stored)
        bindings = cast(WebhookBindings, None)  # asked only for events of webhooks
        self.intake = WebhookIntake(UnitOfWork(dependencies).webhooks, self.held, bindings, lambda: None)
        consumed = ConsumedQueue(queue, PREFETCH, self.intake.receive, self._release)
        self.subscription = QueueSubscription(url, consumed, PATIENCE)

    async def _release(self) -> None:
        self.held.goes_on.set()
        await self.intake.release()


@dataclass
class OrderedQueue:
    """A queue as that of webhooks, and an exchange with events for it."""

    queue: AbstractQueue
    exchange: AbstractExchange

    async def publish(self, sequence: int) -> None:
        event = {"id": f"e-{sequence}", "subject": "user/1", "sequence": sequence, "data": {}}
        await self.exchange.publish(aio_pika.Message(json.dumps(event).encode()), "user.updated")


@pytest.fixture
async def ordered(running: RunningServers) -> AsyncIterator[OrderedQueue]:
    name = f"order_{uuid4().hex}"
    async with await aio_pika.connect(running.amqp_url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(name, durable=True, arguments=IN_ORDER)
        exchange = await channel.declare_exchange(name, aio_pika.ExchangeType.TOPIC)
        await queue.bind(exchange, "user.*")
        yield OrderedQueue(queue, exchange)
        await queue.delete(if_unused=False, if_empty=False)
        await exchange.delete()


async def until(is_so: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():
            await asyncio.sleep(0.01)


async def test_the_next_worker_stores_nothing_before_what_the_one_that_leaves_has_taken(
    running: RunningServers, ordered: OrderedQueue
) -> None:
    (dependencies, _), stored = await store_webhook(), list[int]()
    first, second = [Reader(running.amqp_url, ordered.queue.name, dependencies, stored) for _ in range(2)]
    second.held.goes_on.set()
    await ordered.publish(1)
    await first.subscription.start()
    await first.held.began.wait()
    await second.subscription.start()
    await ordered.publish(2)
    leaving = asyncio.create_task(first.subscription.cancel())
    for sequence in range(3, 6):
        await ordered.publish(sequence)
    await leaving
    await first.subscription.stop()
    await until(lambda: len(stored) == 5)
    await second.subscription.stop()
    assert stored == [1, 2, 3, 4, 5]


async def test_a_worker_that_was_cut_off_goes_on_without_handing_over_what_comes_after(
    running: RunningServers, ordered: OrderedQueue
) -> None:
    (dependencies, _), stored = await store_webhook(), list[int]()
    async with proxy(running.amqp_url) as (between, url):
        first = Reader(url, ordered.queue.name, dependencies, stored)
        second = Reader(running.amqp_url, ordered.queue.name, dependencies, stored)
        second.held.goes_on.set()
        await first.subscription.start()
        between.cut()
        await until(lambda: first.subscription._prefetch.closings)
        between.heal()
        await ordered.publish(1)
        await first.held.began.wait()
        await second.subscription.start()
        await until(lambda: not first.subscription._prefetch.closings)
        await ordered.publish(2)
        await until(lambda: stored or first.intake._arrived)
        first.held.goes_on.set()
        await until(lambda: len(stored) == 2)
        await first.subscription.stop()
        await second.subscription.stop()
    assert stored == [1, 2]
