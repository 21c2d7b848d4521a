"""Consume again where a consumer is lost though its connection is not, as when a queue comes back meanwhile."""

import asyncio
from collections.abc import Sequence

import structlog

from worker.bus.publisher import Publisher, PublishFailed
from worker.bus.subscribers import QueueSubscription

CHECK_SECONDS = 10.0
log = structlog.get_logger()


async def resume_lost_consumers(
    publisher: Publisher, subscriptions: Sequence[QueueSubscription], seconds: float = CHECK_SECONDS
) -> None:
    """Check every so many seconds, until cancelled, which queues nobody consumes; connect anew for those twice seen.

    A queue that another worker consumes is left alone: its messages are served. aio-pika forgets the consumer of a
    queue that was missing while it reconnected, so that a new connection of its own would not bring it back.
    """
    seen: set[str] = set()
    while True:
        await asyncio.sleep(seconds)
        unconsumed = [each for each in subscriptions if await _is_unconsumed(publisher, each.queue)]
        for subscription in unconsumed:
            if subscription.queue in seen:
                log.warning("nobody consumes the queue: connecting anew", queue=subscription.queue)
                await subscription.restart()
        seen = {each.queue for each in unconsumed} - seen


async def _is_unconsumed(publisher: Publisher, queue: str) -> bool:
    try:
        _, consumers = await publisher.inspect_queue(queue)
    except PublishFailed:  # no broker, or no queue: nothing to consume
        return False
    return consumers == 0
