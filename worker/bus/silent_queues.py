"""Route queries past a queue that is away: RabbitMQ 4 refuses what goes to a classic queue of a lost node."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import structlog
from aio_pika.exceptions import ChannelNotFoundEntity

from contracts.topology.parts import DeclaredQueue, Topology
from models.store.lag_aware_timeout import LagAwareTimeout
from worker.bus.publisher import Publisher, PublishFailed
from worker.bus.topology import QUERY_QUEUES

CHECK_SECONDS = 1.0
LOOK_SECONDS = 0.5
ANSWER_SECONDS = 1.0
BIND_SECONDS = 10.0
LONGEST_SECONDS = 10.0  # of a look, however long the event loop stands still
CHANNEL = "a channel"
log = structlog.get_logger()


async def watch_silent_queues(publisher: Publisher, topology: Topology, seconds: float = CHECK_SECONDS) -> None:
    """Check every so many seconds, until cancelled, whether queues of queries answer; unbind one that does not.

    It is asked twice, first among the others: 1.5 s without an answer are enough, as callers get none meanwhile. Its
    queries then take the alternate exchange to `userbus.unknown`, whose members are on every node, and are answered
    from there, as they are by themselves with RabbitMQ 3. The bindings come back when the queue answers again.
    """
    queues = {queue.name: queue for queue in topology.queues if queue.name in QUERY_QUEUES}
    unbound: set[str] = set()
    while True:
        await asyncio.sleep(seconds)
        found = await find_away(publisher, [*queues])
        unbound |= await _change(_unbind, publisher, [queues[name] for name in found - unbound])
        unbound -= await _change(_bind, publisher, [queues[name] for name in unbound - found])


async def _change(
    change: Callable[[Publisher, DeclaredQueue], Awaitable[bool]], publisher: Publisher, queues: list[DeclaredQueue]
) -> set[str]:
    """Change the bindings of queues at once, as each takes seconds while a node is away; those that are changed."""
    changed = await asyncio.gather(*(change(publisher, queue) for queue in queues))
    return {queue.name for queue, is_changed in zip(queues, changed, strict=True) if is_changed}


async def find_away(publisher: Publisher, queues: list[str]) -> set[str]:
    """Return the queues that do not answer though the broker does, or whose node is down."""
    if await _is_away(publisher, LOOK_SECONDS, *queues) is False:  # one channel where all is well
        return set()
    states = await asyncio.gather(*(_is_away(publisher, ANSWER_SECONDS, queue) for queue in queues))
    return {queue for queue, is_away in zip(queues, states, strict=True) if is_away}


async def _is_away(publisher: Publisher, seconds: float, *queues: str) -> bool | None:
    """Whether a queue does not answer though the broker does, or its node is down; None where the broker is silent.

    They have as long as the event loop is awake. Once all have answered they are there, however slow the broker is.
    """
    seen: list[str] = []
    try:
        await LagAwareTimeout(seconds).run(_look(publisher, queues, seen))
    except TimeoutError as error:
        cause: BaseException | None = error
    except PublishFailed as error:
        cause = error.__cause__
    else:
        return False
    if seen == [CHANNEL, *queues]:
        return False
    return True if seen and isinstance(cause, TimeoutError | ChannelNotFoundEntity) else None


async def _look(publisher: Publisher, queues: Sequence[str], seen: list[str]) -> None:
    """Ask for a channel, then for each queue on it; `seen` gets what has answered."""
    async with publisher.temporary_channel(LONGEST_SECONDS) as channel:
        seen.append(CHANNEL)
        for queue in queues:
            await channel.queue_declare(queue, passive=True)
            seen.append(queue)


async def _unbind(publisher: Publisher, queue: DeclaredQueue) -> bool:
    # RabbitMQ 3 refuses where the node is down, and does without; else the next check tries again
    with suppress(PublishFailed):
        async with publisher.temporary_channel(BIND_SECONDS) as channel:
            for each in queue.bindings:
                await channel.queue_unbind(queue.name, each.exchange, each.key)
        log.warning("the queue does not answer: its queries go to the queue of unknown names", queue=queue.name)
        return True
    return False


async def _bind(publisher: Publisher, queue: DeclaredQueue) -> bool:
    with suppress(PublishFailed):  # while it is missing; who declares it anew binds it as well
        async with publisher.temporary_channel(BIND_SECONDS) as channel:
            for each in queue.bindings:
                await channel.queue_bind(queue.name, each.exchange, each.key)
        log.warning("the queue answers again", queue=queue.name)
        return True
    return False
