"""Consume again where a consumer is lost though its connection is not, as when a queue comes back meanwhile."""

import asyncio
from collections.abc import Sequence

import structlog
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from worker.bus.publisher import Publisher, PublishFailed
from worker.bus.subscribers import QueueSubscription

CHECK_SECONDS = 10.0
log = structlog.get_logger()


async def resume_lost_consumers(
    publisher: Publisher, subscriptions: Sequence[QueueSubscription], seconds: float = CHECK_SECONDS
) -> None:
    """Check every so many seconds, until cancelled, which queues are not consumed; connect anew for those twice seen.

    aio-pika forgets the consumer of a queue that was missing while it reconnected, so that a new connection of its own
    would not bring it back, and leaves a channel closed that the broker closes while it is being restored.
    """
    seen: set[str] = set()
    while True:
        await asyncio.sleep(seconds)
        lost = [each for each in subscriptions if await _is_lost(publisher, each)]
        for subscription in lost:
            if subscription.queue in seen:
                await _restart(subscription)
        seen = {each.queue for each in lost} - seen


async def _restart(subscription: QueueSubscription) -> None:
    log.warning("the queue has lost its consumer: connecting anew", queue=subscription.queue)
    try:
        await subscription.restart()
    except CONNECTION_EXCEPTIONS as error:  # the next checks find it not consumed
        log.warning("the queue cannot be consumed yet", queue=subscription.queue, reason=str(error))


async def _is_lost(publisher: Publisher, subscription: QueueSubscription) -> bool:
    """Whether the queue is there, and not consumed by this process as far as it knows, or by anybody."""
    try:
        async with publisher.temporary_channel() as channel:
            found = await channel.queue_declare(subscription.queue, passive=True)
    except PublishFailed:  # no broker, or no queue, as while its node is down: aio-pika waits for it
        return False
    return not found.consumer_count or not subscription.is_consuming
