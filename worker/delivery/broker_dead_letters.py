"""What the broker itself has dead-lettered: what expired is dropped, all else becomes a dead letter."""

from collections.abc import Mapping
from typing import Any

import structlog
from aio_pika.abc import AbstractIncomingMessage

from contracts.problem import Problem
from worker.delivery.dead_letter_content import DeadLetterReason
from worker.delivery.envelope import read_envelope
from worker.delivery.retry import Retry

log = structlog.get_logger()


class DeadLettered:
    """Sorts the messages of `userbus.dead.incoming`."""

    def __init__(self, retry: Retry) -> None:
        self._retry = retry

    async def receive(self, message: AbstractIncomingMessage) -> None:
        """Drop a message or keep it as a dead letter, without its secrets, then acknowledge it."""
        try:
            await self._sort(message)
        except Exception as error:  # the last resort: it goes to userbus.dead.undeliverable
            log.error("rejected", name=message.routing_key, message_id=message.message_id, exc_info=error)
            return await message.reject(requeue=False)
        await message.ack()

    async def _sort(self, message: AbstractIncomingMessage) -> None:
        envelope, why = read_envelope(message), death_reason(message.headers)
        if why == "expired":
            log.info("deadline passed", name=envelope.name, message_id=envelope.message_id)
            return
        problem = Problem(kind="internal", code=f"broker.{why}", message="dead-lettered by the broker")
        await self._retry.dead_letter(envelope, DeadLetterReason(problem))


def death_reason(headers: Mapping[str, Any]) -> str:
    """Return why the broker dead-lettered a message last: the first entry of `x-death`, which it writes itself.

    All other headers about deaths may be the sender's.
    """
    deaths = headers.get("x-death")
    last = deaths[0] if isinstance(deaths, list) and deaths else None
    reason = last.get("reason") if isinstance(last, dict) else None
    return reason if isinstance(reason, str) else "unknown"
