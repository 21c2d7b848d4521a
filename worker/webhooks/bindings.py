"""Bindings of the queue of webhooks: only events that some webhook wants go through it."""

from collections.abc import Iterable

from contracts.catalog import EVENTS, EVENTS_EXCHANGE, WEBHOOKS
from models.store.driver_errors import translate_errors
from models.webhooks import Webhook, WebhookRepository
from worker.bus.publisher import Publisher

CHECK_SECONDS = 60.0


class WebhookBindings:
    """Binds what the enabled webhooks want, besides what the queue is declared with."""

    def __init__(self, webhooks: WebhookRepository, publisher: Publisher) -> None:
        self._webhooks = webhooks
        self._publisher = publisher

    async def renew(self) -> None:
        """Bind what is wanted and unbind what is not. Raises `PublishFailed`, `StoreUnavailable`."""
        wanted = await self._find_wanted()
        await self._apply(wanted, {*EVENTS} - wanted)

    async def run_once(self) -> bool:
        """Bind again what is wanted, in case that somebody has deleted the queue."""
        if self._publisher.is_connected and (wanted := await self._find_wanted()):
            await self._apply(wanted, ())
        return False

    async def _find_wanted(self) -> set[str]:
        with translate_errors():
            webhooks = await self._webhooks.find_enabled()
        return {name for name in EVENTS if any(_wants(webhook, name) for webhook in webhooks)}

    async def _apply(self, wanted: Iterable[str], unwanted: Iterable[str]) -> None:
        async with self._publisher.temporary_channel(seconds=10.0) as channel:
            for name in sorted(wanted):
                await channel.queue_bind(WEBHOOKS, EVENTS_EXCHANGE, name)
            for name in sorted(unwanted):
                await channel.queue_unbind(WEBHOOKS, EVENTS_EXCHANGE, name)


def _wants(webhook: Webhook, name: str) -> bool:
    return webhook.wants(name, "")
