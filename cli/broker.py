"""RabbitMQ itself, for what is no request: a connection, and its management API."""

from urllib.parse import unquote, urlsplit

import aio_pika
from aio_pika.abc import AbstractConnection
from pydantic import SecretStr

from cli.connection import read_settings
from cli.management import Management
from contracts.broker_addresses import broker_addresses
from contracts.tls import explain_tls_failures

CONNECT_SECONDS = 5


async def connect_broker(setting: str) -> AbstractConnection:
    """Connect to the first address of a setting that answers. Raises the last address's error if none does."""
    return await broker_addresses(setting).try_each(_connect)


async def _connect(url: str) -> AbstractConnection:
    with explain_tls_failures(url):
        return await aio_pika.connect(url, timeout=CONNECT_SECONDS)


def open_management(url: SecretStr | None) -> Management | None:
    """Return the management API, where there is a URL, for the virtual host of USERBUS_AMQP_URL."""
    if url is None:
        return None
    path = urlsplit(broker_addresses(read_settings().amqp_url.get_secret_value()).current).path
    return Management(url.get_secret_value(), unquote(path[1:]) or "/")
