"""A plain connection to RabbitMQ, for what is no request."""

import aio_pika
from aio_pika.abc import AbstractConnection

from contracts.broker_addresses import broker_addresses
from contracts.tls import explain_tls_failures

CONNECT_SECONDS = 5


async def connect_broker(setting: str) -> AbstractConnection:
    """Connect to the first address of a setting that answers. Raises the last address's error if none does."""
    return await broker_addresses(setting).try_each(_connect)


async def _connect(url: str) -> AbstractConnection:
    with explain_tls_failures(url):
        return await aio_pika.connect(url, timeout=CONNECT_SECONDS)
