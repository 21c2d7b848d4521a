"""Deliveries under way at once: what becomes of the others where one cannot be settled."""

import asyncio
from typing import Any, cast

from models.errors.base import StoreUnavailable
from models.store.journal import OutboxEvent
from models.webhook_delivery_queue import DeliveryQueue, WaitingDelivery
from tests.support.patience import PATIENCE
from tests.support.stored_webhook import store_webhook
from worker.webhooks.deliverer import WebhookDeliverer
from worker.webhooks.poster import Poster


class FailingQueue(DeliveryQueue):
    """Of the subject `user/1` nothing can be settled; the others are."""

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.failed = asyncio.Event()
        self.settled: list[str] = []

    async def settle(self, delivery: WaitingDelivery, outcome: str) -> None:
        if delivery.event_id == "e-1":
            self.failed.set()
            raise StoreUnavailable
        await super().settle(delivery, outcome)
        self.settled.append(delivery.event_id)


class SlowReceiver:
    """Takes the first event at once and the second when it is told to."""

    def __init__(self) -> None:
        self.goes_on = asyncio.Event()

    async def post(self, _url: str, headers: dict[str, str], _body: bytes) -> int:
        if headers["webhook-id"] == "e-2":
            await self.goes_on.wait()
        return 204


async def test_the_others_are_still_waited_for() -> None:
    dependencies, webhook = await store_webhook()
    queue, receiver = FailingQueue(dependencies.store), SlowReceiver()
    events = [OutboxEvent(f"e-{n}", "user.created", f"user/{n}", 1, "{}") for n in (1, 2)]
    await queue.add([(webhook, event) for event in events])
    deliverer = WebhookDeliverer(dependencies, queue, cast(Poster, receiver), 1.0)
    running = asyncio.create_task(deliverer.run())
    await asyncio.wait_for(queue.failed.wait(), PATIENCE)
    for _ in range(5):
        await asyncio.sleep(0)  # the failure goes up
    draining = asyncio.create_task(deliverer.drain())
    await asyncio.sleep(0)
    receiver.goes_on.set()
    await draining
    assert queue.settled == ["e-2"]
    running.cancel()
