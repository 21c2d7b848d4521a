"""What becomes of a delivery that cannot be served now: a later try, or the dead letters."""

import asyncio
import random
import traceback
from dataclasses import dataclass

import aio_pika
import structlog
from aio_pika.abc import AbstractIncomingMessage, HeadersType

from contracts.catalog import CATALOG, DEAD
from contracts.problem import Problem
from contracts.redaction import redacted, scrubbed
from handlers.envelope import ATTEMPT, DEADLINE, FIRST, Envelope
from handlers.outlet import Outlet, Unsent
from handlers.topology import PARKED, RETRY_STEPS, retry_queue
from models.document import now

PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
STEPS = tuple(RETRY_STEPS)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a message is parked: the problem, and the exception where it was a fault, with its id in the log."""

    problem: Problem
    error: BaseException | None = None
    fault: str = ""


class Retry:
    """Sends copies of deliveries to the wait queues or to `userbus.dead`; acknowledge the original afterwards.

    A copy that the broker does not take (connection lost, wait queue full) is offered again until it is: meanwhile the
    original stays in hand, so that consuming comes to a stand by itself.
    """

    def __init__(self, outlet: Outlet, worker: str) -> None:
        self._outlet = outlet
        self._worker = worker

    async def later(self, message: AbstractIncomingMessage, envelope: Envelope, why: Problem) -> None:
        """Wait for the next step of the ladder (one step more by chance), or park after the last."""
        if envelope.attempt >= len(STEPS):
            return await self.park(message, envelope, Cause(why))
        step = STEPS[min(envelope.attempt + random.choice((0, 0, 1)), len(STEPS) - 1)]
        await self._wait(step, envelope, _copy(message, envelope, {ATTEMPT: envelope.attempt + 1}))
        log.info("retried later", step=step, name=envelope.name, message_id=envelope.message_id, why=why.code)

    async def put_off(self, message: AbstractIncomingMessage, envelope: Envelope, step: str) -> None:
        """Wait for a step of the ladder without counting it as an attempt."""
        await self._wait(step, envelope, _copy(message, envelope, {ATTEMPT: envelope.attempt}))
        log.debug("put off", step=step, name=envelope.name, message_id=envelope.message_id)

    async def park(self, message: AbstractIncomingMessage, envelope: Envelope, cause: Cause) -> None:
        """Keep the message in `userbus.dead` with the cause; secret fields are taken out first."""
        body, cut = redacted(CATALOG.get(envelope.name), envelope.body)
        headers = self._headers(envelope, cause) | {"x-userbus-redacted": ",".join(cut)}
        await self._publish(DEAD, _key(envelope.name), _copy(message, envelope, headers, body))
        why = cause.problem
        log.warning("parked", name=envelope.name, message_id=envelope.message_id, code=why.code, reason=why.message)

    def _headers(self, envelope: Envelope, cause: Cause) -> HeadersType:
        error, at = cause.error, now().isoformat()
        told = scrubbed(CATALOG.get(envelope.name), envelope.body, str(error)) if error else cause.problem.message
        return {
            PARKED: "parked",
            "x-userbus-code": cause.problem.code,
            "x-userbus-text": told[:1000],
            "x-userbus-exception": type(error).__name__ if error else "",
            "x-userbus-trace": "".join(traceback.format_tb(error.__traceback__))[-4000:] if error else "",
            "x-userbus-fault": cause.fault,
            "x-userbus-name": envelope.name,
            "x-userbus-worker": self._worker,
            "x-userbus-attempts": envelope.attempt + 1,
            "x-userbus-deliveries": envelope.deliveries + 1,
            "x-userbus-first": envelope.first or at,
            "x-userbus-at": at,
        }

    async def _wait(self, step: str, envelope: Envelope, copy: aio_pika.Message) -> None:
        copy.headers[FIRST] = envelope.first or now().isoformat()
        if envelope.deadline is not None:
            copy.headers[DEADLINE] = int(envelope.deadline * 1000)
        await self._publish(retry_queue(step), envelope.name, copy)

    async def _publish(self, exchange: str, key: str, copy: aio_pika.Message) -> None:
        tries = 0
        while True:
            try:
                return await self._outlet.publish(exchange, key, copy)
            except Unsent as error:
                pause = PAUSES[min(tries, len(PAUSES) - 1)]
                log.warning("message held", exchange=exchange, name=key, message_id=copy.message_id, reason=str(error))
            tries += 1
            await asyncio.sleep(pause)


def _copy(
    message: AbstractIncomingMessage, envelope: Envelope, headers: HeadersType, body: bytes | None = None
) -> aio_pika.Message:
    own = {key: value for key, value in message.headers.items() if _foreign(key, value)}
    return aio_pika.Message(
        envelope.body if body is None else body,
        headers={**own, **headers},
        content_type="application/json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=envelope.message_id,
        correlation_id=envelope.correlation_id,
        app_id=envelope.app_id,
        timestamp=message.timestamp,
        type=_key(envelope.name),
    )


def _key(name: str) -> str:
    # a name in which unreadable bytes have been escaped may be longer than what a key can hold
    return name.encode()[:255].decode(errors="ignore")


def _foreign(key: str, value: object) -> bool:
    # tables, dates and large floats from strangers need not survive being written again
    return (not key.startswith("x-") or key == "x-actor") and isinstance(value, (str, bool, int))
