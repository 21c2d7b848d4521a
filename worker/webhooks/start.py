"""Starting webhooks in a worker."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from contracts.catalog import WEBHOOKS
from contracts.webhooks import FAMILY
from models.unit_of_work import Dependencies, UnitOfWork
from models.webhook_delivery_queue import DeliveryQueue
from worker.bus.publisher import Publisher
from worker.bus.subscribers import ConsumedQueue
from worker.bus.tasks import keep_running
from worker.settings import Settings
from worker.sweeper import Sweeper
from worker.webhooks.bindings import CHECK_SECONDS, WebhookBindings
from worker.webhooks.deliverer import WebhookDeliverer
from worker.webhooks.intake import PREFETCH, WebhookIntake
from worker.webhooks.poster import Poster


@dataclass(frozen=True, slots=True)
class RunningWebhooks:
    """What has become of attempts so far, and the queues to consume."""

    outcomes: Mapping[str, int] = field(default_factory=dict)
    queues: tuple[ConsumedQueue, ...] = ()


async def start_webhooks(
    settings: Settings, dependencies: Dependencies, publisher: Publisher, stack: AsyncExitStack
) -> RunningWebhooks:
    """Deliver until the stack ends, in a worker of the family whose requests webhooks are."""
    if FAMILY not in settings.families:
        return RunningWebhooks()
    webhooks, deliveries = UnitOfWork(dependencies).webhooks, DeliveryQueue(dependencies.store)
    poster = await stack.enter_async_context(Poster(dependencies.webhook_addresses, settings.webhook_seconds))
    deliverer = WebhookDeliverer(dependencies, deliveries, poster, settings.webhook_hours)
    bindings = WebhookBindings(webhooks, publisher)
    stack.push_async_callback(deliverer.drain)
    keep_running(stack, deliverer.run, Sweeper(bindings, CHECK_SECONDS).run)
    intake = WebhookIntake(webhooks, deliveries, bindings, deliverer.wake)
    return RunningWebhooks(deliverer.outcomes, (ConsumedQueue(WEBHOOKS, PREFETCH, intake.receive, intake.release),))
