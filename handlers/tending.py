"""Putting back what somebody took away from the broker."""

import asyncio
from contextlib import suppress

import aio_pika
import structlog
from aio_pika.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed

from handlers.outlet import CONNECT_SECONDS, Outlet, Unsent, lively
from handlers.topology import EXCHANGES, QUEUES, Part

TEND_SECONDS = 10.0
log = structlog.get_logger()


async def tending(outlet: Outlet, url: str, parts: list[Part]) -> None:
    """Look every few seconds whether an exchange or a queue is missing, until cancelled; if so, declare all again.

    Consumers follow by themselves: aio-pika looks for a queue until it is there.
    """
    while True:
        await asyncio.sleep(TEND_SECONDS)
        with suppress(Unsent):  # who has lost the broker cannot look
            if gone := await _missing(outlet):
                log.warning("missing on the broker, will be declared again", name=gone)
                await _declare(url, parts)


async def _missing(outlet: Outlet) -> str | None:
    """The first that is not there."""
    name = None
    async with outlet.aside(seconds=10.0) as channel:
        with suppress(ChannelNotFoundEntity):
            for name in EXCHANGES:
                await channel.exchange_declare(name, passive=True)
            for name in QUEUES:
                await channel.queue_declare(name, passive=True)
            return None
    return name


async def _declare(url: str, parts: list[Part]) -> None:
    # a connection for this once: the others keep some of every channel that they have ever had
    async with await aio_pika.connect(lively(url), timeout=CONNECT_SECONDS) as connection:
        for part in parts:
            try:
                async with connection.channel() as channel:
                    await part(channel)
            except ChannelPreconditionFailed as error:
                log.error("exists on the broker in another form", reason=str(error))
