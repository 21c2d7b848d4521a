"""Looking at the retry ladder: the first messages of each wait queue, which stay where they are."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError

from contracts.harmless import harmless_text
from contracts.topology.retry_steps import RETRY_STEPS, retry_queue
from models.errors.broker import BrokerUnavailable
from models.retry_ladder import LadderStep, WaitingMessage
from models.store.document import now
from worker.bus.broker_connection import connect_once
from worker.bus.retry_headers import ATTEMPT, CAUSE, FIRST, SINCE

LOOK_SECONDS = 5.0
ARRIVAL_SECONDS = 0.5  # after this long a silence the queue is asked whether more is ready
RETURN_SECONDS = 2.0  # another worker may have them for as long as its look takes
MOST_READS = 10  # RabbitMQ 4 gives a message up at the 21st delivery, and to read it is one


class BrokerRetryLadder:
    """Reads the wait queues on a connection of its own, one look at a time.

    Each message that is read is delivered once more, and is back in its queue when the look returns. Once one of a step
    has been delivered ten times, what was seen of that step is told until all of it is due.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = asyncio.Lock()
        self._kept: dict[str, LadderStep] = {}

    async def look(self, size: int) -> list[LadderStep]:
        """Return every step with its first `size` messages at most. Raises `BrokerUnavailable`."""
        try:
            async with asyncio.timeout(LOOK_SECONDS), self._lock, await connect_once(self._url) as connection:
                return [*await asyncio.gather(*(self._look_at(connection, step, size) for step in RETRY_STEPS))]
        except (AMQPError, ChannelInvalidStateError, OSError, TimeoutError) as error:
            raise BrokerUnavailable() from error

    async def _look_at(self, connection: AbstractConnection, step: str, size: int) -> LadderStep:
        async with connection.channel(publisher_confirms=False) as channel:
            waiting = await _count_ready(channel, retry_queue(step))
            if (kept := self._recall(step)) is not None:
                return LadderStep(step, RETRY_STEPS[step], waiting, kept.seen_at, kept.messages[: min(waiting, size)])
            messages = await _read(channel, retry_queue(step), min(waiting, size))
        seen = LadderStep(step, RETRY_STEPS[step], waiting, now(), [_waiting_message(step, each) for each in messages])
        await _wait_given_back(connection, seen)
        if any(_reads(each) >= MOST_READS for each in messages):
            self._kept[step] = seen
        return seen

    def _recall(self, step: str) -> LadderStep | None:
        kept, moment = self._kept.get(step), now()
        if kept is None or moment >= kept.seen_at + timedelta(seconds=kept.seconds):
            return None
        return LadderStep(step, kept.seconds, kept.waiting, kept.seen_at, _not_due(kept))


async def _read(channel: AbstractChannel, queue: str, count: int) -> list[AbstractIncomingMessage]:
    if not count:
        return []
    arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    await channel.set_qos(prefetch_count=count)
    await (await channel.get_queue(queue, ensure=False)).consume(arrived.put)
    found: list[AbstractIncomingMessage] = []
    while len(found) < count:
        try:
            async with asyncio.timeout(ARRIVAL_SECONDS):
                found.append(await arrived.get())
        except TimeoutError:  # it is due meanwhile, another worker looks at it just now, or the broker is slow
            # what it had sent when it answered the first time has come when it answers again
            ready = max(await _count_ready(channel, queue), await _count_ready(channel, queue))
            if not ready and arrived.empty():
                break
    return found


async def _wait_given_back(connection: AbstractConnection, seen: LadderStep) -> None:
    # a quorum queue takes them back some time after their channel has closed: until then it says that none waits
    if not seen.messages:
        return
    queue = retry_queue(seen.step)
    with suppress(TimeoutError):
        async with asyncio.timeout(RETURN_SECONDS), connection.channel(publisher_confirms=False) as channel:
            while await _count_ready(channel, queue) < len(_not_due(seen)):  # noqa: ASYNC110  # a queue tells no event
                await asyncio.sleep(0.02)


async def _count_ready(channel: AbstractChannel, queue: str) -> int:
    declared = await channel.declare_queue(queue, passive=True)
    return declared.declaration_result.message_count or 0


def _not_due(seen: LadderStep) -> list[WaitingMessage]:
    moment = now()
    return [each for each in seen.messages if each.due is None or each.due > moment]


def _waiting_message(step: str, message: AbstractIncomingMessage) -> WaitingMessage:
    headers = message.headers
    since = _time(headers, SINCE)
    return WaitingMessage(
        step=step,
        name=harmless_text(message.routing_key or ""),
        attempt=_count(headers, ATTEMPT),
        cause=_text(headers.get(CAUSE)),
        app_id=_text(message.app_id),
        message_id=_text(message.message_id),
        since=since,
        due=since + timedelta(seconds=RETRY_STEPS[step]) if since else None,
        first=_time(headers, FIRST),
    )


def _reads(message: AbstractIncomingMessage) -> int:
    return _count(message.headers, "x-delivery-count")


def _count(headers: Mapping[str, Any], key: str) -> int:
    value = headers.get(key)
    return value if isinstance(value, int) else 0


def _text(value: object) -> str | None:
    return harmless_text(value) if isinstance(value, str) and value else None


def _time(headers: Mapping[str, Any], key: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(headers[key])
    except (KeyError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
