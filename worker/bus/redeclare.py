"""Declare again what somebody deleted from the broker."""

import asyncio
from contextlib import suppress

import structlog
from aio_pika.exceptions import ChannelNotFoundEntity

from worker.bus.broker_connection import connect_once
from worker.bus.publisher import Publisher, PublishFailed
from worker.bus.topology import EXCHANGES, QUEUES, Declaration, declare_parts

CHECK_SECONDS = 10.0
log = structlog.get_logger()


async def redeclare_missing(publisher: Publisher, url: str, declarations: list[Declaration]) -> None:
    """Check every few seconds, until cancelled, whether an exchange or queue is missing; if so, declare all again.

    Consumers recover by themselves: aio-pika waits for their queue to be there.
    """
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        with suppress(PublishFailed):  # without a broker there is nothing to check
            if name := await _find_missing(publisher):
                log.warning("missing on the broker, will be declared again", name=name)
                await _declare(url, declarations)


async def _find_missing(publisher: Publisher) -> str | None:
    """Return the first exchange or queue that is missing."""
    name = None
    async with publisher.temporary_channel(seconds=10.0) as channel:
        with suppress(ChannelNotFoundEntity):
            for name in EXCHANGES:
                await channel.exchange_declare(name, passive=True)
            for name in QUEUES:
                await channel.queue_declare(name, passive=True)
            return None
    return name


async def _declare(url: str, declarations: list[Declaration]) -> None:
    # on a connection for this once: aio-pika's connections keep some of every channel that they have ever opened
    async with await connect_once(url) as connection:
        await declare_parts(connection, declarations)
