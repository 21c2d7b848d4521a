"""The intake of webhooks: events from their queue become deliveries, in order."""

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Annotated, Any

import structlog
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS
from pydantic import BaseModel, ConfigDict, Field

from contracts.lost_connections import name_lost_connections
from handlers.cloudevents import plain_event
from models.errors.base import StoreUnavailable
from models.store.driver_errors import translate_errors
from models.store.journal import OutboxEvent
from models.webhook_delivery_queue import DeliveryQueue
from models.webhooks import Webhook, WebhookRepository
from worker.bus.publisher import PublishFailed
from worker.webhooks.bindings import WebhookBindings

PREFETCH = 100  # events that are stored together
PAUSE_SECONDS = 1.0
WEBHOOK = re.compile(r"webhook/[0-9]{1,16}", re.ASCII)
log = structlog.get_logger()


class _Told(BaseModel):
    """What is read of an event, whoever has sent it: an event that could not be stored would hold up all others."""

    model_config = ConfigDict(extra="ignore", strict=True)

    id: Annotated[str, Field(max_length=255)]
    subject: Annotated[str, Field(max_length=255)]
    sequence: Annotated[int, Field(ge=0, lt=2**63)]
    data: dict[str, Any]


class WebhookIntake:
    """Stores a delivery for each webhook that wants an event, then acknowledges the event; `wake` tells of new ones.

    Only one process at a time is given the events. What cannot be stored is held and tried again, so that nothing
    overtakes it.
    """

    def __init__(
        self,
        webhooks: WebhookRepository,
        deliveries: DeliveryQueue,
        bindings: WebhookBindings,
        wake: Callable[[], None],
    ) -> None:
        self._webhooks = webhooks
        self._deliveries = deliveries
        self._bindings = bindings
        self._wake = wake
        self._arrived: list[AbstractIncomingMessage] = []
        self._lock = asyncio.Lock()
        self._is_leaving = False

    async def receive(self, message: AbstractIncomingMessage) -> None:
        """Store an event with those that have arrived meanwhile."""
        self._arrived.append(message)
        async with self._lock:
            batch, self._arrived = self._arrived, []
            if batch and not self._is_leaving:
                await self._take(batch)

    async def release(self) -> None:
        """End what is being stored, and leave the rest to the next process, in its order."""
        self._is_leaving = True
        async with self._lock:
            pass

    async def _take(self, batch: Sequence[AbstractIncomingMessage]) -> None:
        events = [event for message in batch if (event := _read_event(message))]
        while True:
            try:
                await self._store(events)
                break
            except (StoreUnavailable, PublishFailed) as error:
                log.warning("webhooks wait", reason=str(error))
                if self._is_leaving:
                    return
                await asyncio.sleep(PAUSE_SECONDS)
        for message in batch:
            with suppress(*CONNECTION_EXCEPTIONS), name_lost_connections():  # they come again, and are there already
                await message.ack()
        self._wake()

    async def _store(self, events: Sequence[OutboxEvent]) -> None:
        if any(event.name.startswith("webhook.") for event in events):
            await self._bindings.renew()
        with translate_errors():
            webhooks = await self._webhooks.find_enabled()
        wanted: list[tuple[Webhook, OutboxEvent]] = []
        for event in events:
            if event.name in ("user.erased", "webhook.deleted"):
                await self._deliveries.add(wanted)
                await self._erase(event)
                wanted = []
            wanted += [(each, _seen_by(event, each)) for each in webhooks if each.wants(event.name, event.subject)]
        await self._deliveries.add(wanted)

    async def _erase(self, event: OutboxEvent) -> None:
        if event.name == "user.erased":
            await self._deliveries.forget([event.subject])
        else:
            await self._deliveries.remove(int(event.subject.partition("/")[2]))


def _seen_by(event: OutboxEvent, webhook: Webhook) -> OutboxEvent:
    if not webhook.plain:
        return event
    return OutboxEvent(event.id, event.name, event.subject, event.sequence, plain_event(event.name, event.body))


def _read_event(message: AbstractIncomingMessage) -> OutboxEvent | None:
    try:
        body = message.body.decode()
        name, told = message.routing_key or "", _Told.model_validate_json(body)
        if name == "webhook.deleted" and not WEBHOOK.fullmatch(told.subject):
            raise ValueError(f"{told.subject} is no webhook")
        return OutboxEvent(told.id, name, told.subject, told.sequence, body)
    except ValueError as error:
        log.error("webhooks drop what is no event", message_id=message.message_id, exc_info=error)
        return None
