"""Declare again what somebody deleted from the broker."""

import asyncio
from contextlib import suppress

import structlog
from aio_pika.exceptions import ChannelNotFoundEntity

from contracts.topology.parts import Topology
from worker.bus.broker_connection import connect_once
from worker.bus.publisher import Publisher, PublishFailed
from worker.bus.topology import declare_parts

CHECK_SECONDS = 10.0
log = structlog.get_logger()


async def redeclare_missing(publisher: Publisher, url: str, topology: Topology) -> None:
    """Check every few seconds, until cancelled, whether an exchange or queue is missing; if so, declare all again.

    Consumers recover by themselves: aio-pika waits for their queue to be there.
    """
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        with suppress(PublishFailed):  # without a broker there is nothing to check
            if name := await _find_missing(publisher, topology):
                log.warning("missing on the broker, will be declared again", name=name)
                await _declare(url, topology)


async def _find_missing(publisher: Publisher, topology: Topology) -> str | None:
    """Return the first exchange or queue that is missing."""
    name = None
    async with publisher.temporary_channel(seconds=10.0) as channel:
        with suppress(ChannelNotFoundEntity):
            for name in (exchange.name for exchange in topology.exchanges):
                await channel.exchange_declare(name, passive=True)
            for name in (queue.name for queue in topology.queues):
                await channel.queue_declare(name, passive=True)
            return None
    return name


async def _declare(url: str, topology: Topology) -> None:
    # on a connection for this once: aio-pika's connections keep some of every channel that they have ever opened
    async with await connect_once(url) as connection:
        await declare_parts(connection, topology)
