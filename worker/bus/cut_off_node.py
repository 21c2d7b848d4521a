"""Leave a node that does not know the queues of the others, as one that has stood still and was not restarted."""

import asyncio
from contextlib import suppress

import aio_pika
import structlog
from aio_pika.exceptions import CONNECTION_EXCEPTIONS
from aiormq.exceptions import ChannelLockedResource

from contracts.broker_addresses import split_urls
from worker.bus.broker_connection import connect_seconds
from worker.bus.publisher import Publisher
from worker.bus.tasks import run_in_task

CHECK_SECONDS = 5.0
log = structlog.get_logger()


class CutOffNode:
    """Checks, where no queue took a reply, whether most nodes know the queue; then the connection goes over to another.

    Most of them, since a caller may itself be connected to the node that is cut off. At most once in 5 s: a caller that
    is gone, or that has made its address up, costs a look and moves nothing.
    """

    def __init__(self, setting: str, publisher: Publisher) -> None:
        self._setting = setting
        self._publisher = publisher
        self._not_before = 0.0
        self._check: asyncio.Task[None] | None = None

    def record_returned(self, queue: str) -> None:
        """Record that the publisher's node knows no such queue."""
        moment = asyncio.get_running_loop().time()
        if moment >= self._not_before and len(split_urls(self._setting)) > 1:
            self._not_before = moment + CHECK_SECONDS
            self._check = asyncio.create_task(self._check_elsewhere(queue))

    async def _check_elsewhere(self, queue: str) -> None:
        urls, seconds = split_urls(self._setting), connect_seconds(self._setting)
        known = await asyncio.gather(*(_is_known(url, queue, seconds) for url in urls if url != self._publisher.url))
        if 2 * sum(known) > len(urls):
            with suppress(*CONNECTION_EXCEPTIONS):
                await self._publisher.leave("its node does not know the queues of callers")


async def _is_known(url: str, queue: str, seconds: float) -> bool:
    try:
        async with (
            asyncio.timeout(CHECK_SECONDS),
            await run_in_task(aio_pika.connect(url, timeout=seconds)) as connection,
        ):
            await (await connection.channel()).declare_queue(queue, passive=True)
    except ChannelLockedResource:  # it is there, for the caller alone
        return True
    except (*CONNECTION_EXCEPTIONS, TimeoutError):  # one of them says that there is no such queue
        return False
    return True
