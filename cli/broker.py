"""RabbitMQ's management API, for the virtual host of the settings."""

from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from cli.connection import read_settings
from cli.management import Management
from contracts.broker_addresses import broker_addresses


def open_management(url: SecretStr | None) -> Management | None:
    """Return the management API, where there is a URL, for the virtual host of USERBUS_AMQP_URL."""
    if url is None:
        return None
    path = urlsplit(broker_addresses(read_settings().amqp_url.get_secret_value()).current).path
    return Management(url.get_secret_value(), unquote(path[1:]) or "/")
