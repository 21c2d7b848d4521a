"""Putting back what somebody took away from the broker."""

import asyncio

import structlog

from handlers.outlet import Outlet, Unsent
from handlers.topology import declare

TEND_SECONDS = 10.0
log = structlog.get_logger()


async def tending(outlet: Outlet, length: int, days: int) -> None:
    """Declare everything again every few seconds until cancelled, while the broker is there.

    A deleted queue, binding or exchange is back soon; its consumers follow by themselves, aio-pika looks for the queue.
    """
    while True:
        await asyncio.sleep(TEND_SECONDS)
        if not outlet.connected:
            continue
        try:
            async with outlet.aside() as channel:
                await declare(channel, length, days)
        except Unsent as error:
            log.warning("queues and exchanges are not as they should be", reason=str(error))
