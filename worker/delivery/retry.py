"""Copies of deliveries that cannot be served now: to the wait queues of the retry ladder, or to the dead letters."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from itertools import chain, repeat

import aio_pika
import structlog
from aio_pika.abc import HeadersType

from contracts.catalog import DEAD_LETTERS
from contracts.problem import Problem
from contracts.topology.retry_steps import RETRY_STEPS, retry_queue
from models.store.document import now
from worker.bus.publisher import Publisher, PublishFailed
from worker.bus.retry_headers import ATTEMPT, CAUSE, FIRST, SINCE
from worker.delivery.dead_letter_content import KNOWN_CODES, DeadLetterReason, dead_letter_content
from worker.delivery.deadline_header import DEADLINE
from worker.delivery.envelope import Envelope

PUBLISH_PAUSES = (0.2, 0.5, 1.0, 2.0)
LAST_PUBLISH_PAUSE = 5.0
STEPS = tuple(RETRY_STEPS)
log = structlog.get_logger()


class Retry:
    """Sends copies of deliveries to the wait queues or to `userbus.dead`; acknowledge the original afterwards.

    A copy that the broker does not take (connection lost, wait queue full) is offered until it does. Meanwhile the
    original stays in flight, so that consuming comes to a halt by itself. Copies keep the `user_id` of their callers
    only with `keep_callers`, for which the worker's RabbitMQ user needs the tag `impersonator`. `steps` counts the
    copies by wait queue, `reasons` the dead letters by the code of their problem.
    """

    def __init__(self, publisher: Publisher, worker: str, keep_callers: bool = False) -> None:
        self._publisher = publisher
        self._keep_callers = keep_callers
        self._worker = worker
        self.steps = Counter(dict.fromkeys(STEPS, 0))
        self.reasons = Counter(dict.fromkeys(KNOWN_CODES, 0))  # Prometheus sees no increase where a series begins

    async def retry_delayed(self, envelope: Envelope, why: Problem) -> None:
        """Send a copy to the step of its attempt, or by chance to the one after it, counting the attempt."""
        step = STEPS[min(envelope.attempt + random.choice((0, 0, 1)), len(STEPS) - 1)]
        await self._publish_to_step(step, envelope, envelope.attempt + 1, why)
        log.info("retried later", step=step, name=envelope.name, message_id=envelope.message_id, why=why.code)

    async def defer(self, envelope: Envelope, step: str, why: Problem) -> None:
        """Send a copy to a step of the ladder without counting an attempt."""
        await self._publish_to_step(step, envelope, envelope.attempt, why)
        log.debug("deferred", step=step, name=envelope.name, message_id=envelope.message_id)

    async def dead_letter(self, envelope: Envelope, reason: DeadLetterReason) -> None:
        """Send a copy without its secret fields to `userbus.dead`, with the reason in its headers."""
        body, headers = dead_letter_content(envelope, reason, self._worker)
        await self._publish(DEAD_LETTERS, _key(envelope.name), self._copy(envelope, headers, body))
        why = reason.problem
        self.reasons[why.code] += 1
        sender = {"message_id": envelope.message_id, "app_id": envelope.app_id}
        log.warning("dead-lettered", name=envelope.name, **sender, code=why.code, reason=why.message)

    async def _publish_to_step(self, step: str, envelope: Envelope, attempt: int, why: Problem) -> None:
        at = now().isoformat()
        headers: HeadersType = {ATTEMPT: attempt, FIRST: envelope.first or at, CAUSE: why.code, SINCE: at}
        if envelope.deadline is not None:
            headers[DEADLINE] = int(envelope.deadline * 1000)
        await self._publish(retry_queue(step), envelope.name, self._copy(envelope, headers, envelope.body))
        self.steps[step] += 1

    async def _publish(self, exchange: str, key: str, copy: aio_pika.Message) -> None:
        pauses: Iterator[float] = chain(PUBLISH_PAUSES, repeat(LAST_PUBLISH_PAUSE))
        while True:
            try:
                return await self._publisher.publish(exchange, key, copy)
            except PublishFailed as error:
                copied = {"name": key, "message_id": copy.message_id}
                log.warning("publishing again", exchange=exchange, **copied, reason=str(error))
            await asyncio.sleep(next(pauses))

    def _copy(self, envelope: Envelope, headers: HeadersType, body: bytes) -> aio_pika.Message:
        return aio_pika.Message(
            body,
            headers={**envelope.headers, **headers},
            content_type="application/json",
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=envelope.message_id,
            correlation_id=envelope.correlation_id,
            app_id=envelope.app_id,
            user_id=envelope.caller if self._keep_callers else None,
            timestamp=envelope.timestamp,
            type=_key(envelope.name),
        )


def _key(name: str) -> str:
    # a name in which unreadable bytes have been escaped may be longer than a routing key can be
    return name.encode()[:255].decode(errors="ignore")
