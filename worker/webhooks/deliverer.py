"""Delivering to receivers: one task a webhook that has something due, so that none holds up another."""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Literal

import structlog

from contracts.topology.retry_steps import RETRY_STEPS
from handlers.cloudevents import CONTENT_TYPE, plain_event
from handlers.webhook_disabling import disable_webhook
from models.errors.accounts import NoKey
from models.errors.base import StoreUnavailable
from models.secrets.standard_webhooks import signed_headers
from models.store.document import now
from models.store.driver_errors import translate_errors
from models.unit_of_work import Dependencies, UnitOfWork
from models.webhook_delivery_queue import DeliveryQueue, WaitingDelivery
from models.webhooks import Webhook
from worker.webhooks.poster import NotPosted, Poster

AT_ONCE = 16  # subjects of a webhook
POLL_SECONDS = 1.0
PROBES = 3  # subjects of which none is taken before a receiver is left alone for a while
REST_SECONDS = 30.0
STOP_SECONDS = 35.0  # longer than any attempt
STEPS = (*RETRY_STEPS.values(),)
GONE = 410
log = structlog.get_logger()


class WebhookDeliverer:
    """Posts what is due, signed, and tries again what is not taken, for `hours` at the longest.

    `outcomes` counts attempts: delivered, retried and failed.
    """

    def __init__(self, dependencies: Dependencies, deliveries: DeliveryQueue, poster: Poster, hours: float) -> None:
        self._dependencies = dependencies
        self._webhooks = UnitOfWork(dependencies).webhooks
        self._deliveries = deliveries
        self._poster = poster
        self._patience = timedelta(hours=hours)
        self._serving: dict[int, asyncio.Task[None]] = {}
        self._resting: dict[int, float] = {}
        self._woken = asyncio.Event()
        self._is_stopping = False
        self.outcomes = Counter[str]({"delivered": 0, "retried": 0, "failed": 0})

    def wake(self) -> None:
        """Look at once for what is due."""
        self._woken.set()

    async def run(self) -> None:
        """Deliver until cancelled; `drain` ends what is under way."""
        while True:
            await self._serve_all()
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._woken.wait()
            self._woken.clear()

    async def drain(self) -> None:
        """Wait for the attempts that are under way, and begin no others."""
        self._is_stopping = True
        if self._serving:
            await asyncio.wait(self._serving.values(), timeout=STOP_SECONDS)

    async def _serve_all(self) -> None:
        try:
            with translate_errors():
                webhooks = await self._webhooks.find_enabled()
        except StoreUnavailable as error:
            log.debug("webhooks wait", reason=str(error))
            return
        moment = asyncio.get_running_loop().time()
        for id in [each.id for each in webhooks if each.id not in self._serving]:
            if self._resting.get(id, 0.0) <= moment:
                self._resting.pop(id, None)
                self._serving[id] = asyncio.create_task(self._serve(id))

    async def _serve(self, id: int) -> None:
        try:
            while not self._is_stopping and await self._deliver_due(id):
                pass
        except StoreUnavailable as error:  # what is claimed is tried again later
            log.warning("webhook waits", webhook=id, reason=str(error))
        except Exception as error:  # a fault of ours: the others go on
            log.error("webhook failed", webhook=id, exc_info=error)
            self._leave_alone(id)
        finally:
            del self._serving[id]

    def _leave_alone(self, id: int) -> None:
        self._resting[id] = asyncio.get_running_loop().time() + REST_SECONDS

    async def _deliver_due(self, id: int) -> bool:
        """Try the first due delivery of some subjects at once; return whether there may be more to do."""
        with translate_errors():
            webhook = await self._webhooks.find(id=id)
        if webhook is None or not webhook.enabled:
            return False
        claimed = await self._deliveries.claim(id, AT_ONCE)
        # all of them, also where one fails: what has been posted is to be settled
        taken = await asyncio.gather(*(self._deliver(webhook, each) for each in claimed), return_exceptions=True)
        for each in taken:
            if isinstance(each, BaseException):
                raise each
        if any(taken):
            with translate_errors():
                await self._webhooks.record_delivery(webhook)
        elif len(taken) >= PROBES:
            log.warning("receiver takes nothing", webhook=id, host=webhook.host, seconds=REST_SECONDS)
            self._leave_alone(id)
            return False
        return bool(claimed)

    async def _deliver(self, webhook: Webhook, delivery: WaitingDelivery) -> bool:
        status, outcome = await self._post(webhook, delivery)
        if 200 <= status < 300:
            await self._deliveries.settle(delivery, outcome)
            self.outcomes["delivered"] += 1
            return True
        await self._settle_refused(webhook, delivery, outcome, is_gone=status == GONE)
        return False

    async def _settle_refused(self, webhook: Webhook, delivery: WaitingDelivery, outcome: str, is_gone: bool) -> None:
        log.info("webhook not delivered", webhook=webhook.id, event_id=delivery.event_id, outcome=outcome)
        began = max(
            delivery.first_at, webhook.updated_at
        )  # who has enabled it again, or changed its URL, is given time
        if now() - began < self._patience:
            await self._deliveries.retry(delivery, outcome, STEPS[min(delivery.attempts, len(STEPS)) - 1])
            self.outcomes["retried"] += 1
        else:
            await self._deliveries.give_up(delivery, outcome)
            self.outcomes["failed"] += 1
            if not await self._deliveries.has_taken_since(webhook.id, began):
                await self._disable(webhook, "failing")
        if is_gone:
            await self._disable(webhook, "gone")

    async def _disable(self, webhook: Webhook, because: Literal["failing", "gone"]) -> None:
        if await disable_webhook(self._dependencies, webhook, because):
            log.error("webhook disabled", webhook=webhook.id, host=webhook.host, because=because)

    async def _post(self, webhook: Webhook, delivery: WaitingDelivery) -> tuple[int, str]:
        """Return the status of the answer, 0 without one, and what to tell of it."""
        try:
            secrets = self._dependencies.vault.unseal(webhook.signing_secrets)
            # it may have been stored before the webhook was made plain
            body = plain_event(delivery.event, delivery.body) if webhook.plain else delivery.body
            signed = signed_headers(secrets, delivery.event_id, int(time.time()), body)
            headers = {"content-type": CONTENT_TYPE, "user-agent": "userbus", **signed}
            status = await self._poster.post(webhook.url, headers, body.encode())
        except NoKey:
            return 0, "no key opens the secret: set USERBUS_ENCRYPTION_KEY to hold its key too"
        except NotPosted as error:
            return 0, str(error)
        except Exception as error:  # a fault of ours, for which no delivery is claimed again and again
            log.error("webhook failed", webhook=webhook.id, exc_info=error)
            return 0, f"the worker has a fault: {type(error).__name__}"
        return status, f"answered {status}"
