"""The client of userbus: typed requests, replies and events over RabbitMQ."""

from client.bus import Bus
from client.errors import (
    BusError,
    Conflict,
    Denied,
    Internal,
    Invalid,
    NotFound,
    Throttled,
    TimedOut,
    Unauthenticated,
    Unavailable,
)
from client.event import Event
from client.options import Options
from client.sources import Start
from client.subscription import Subscription
from client.sync import SyncBus
from contracts.broker_addresses import require_amqp_url
from contracts.tls import TlsFiles, with_amqp_files

__all__ = [
    "Bus",
    "BusError",
    "Conflict",
    "Denied",
    "Event",
    "Internal",
    "Invalid",
    "NotFound",
    "Options",
    "Start",
    "Subscription",
    "SyncBus",
    "Throttled",
    "TimedOut",
    "TlsFiles",
    "Unauthenticated",
    "Unavailable",
    "connect",
    "connect_sync",
]


def connect(
    url: str,
    *,
    app_id: str,
    timeout: float = 10.0,
    retry: bool = True,
    actor: str | None = None,
    tls: TlsFiles | None = None,
) -> Bus:
    """Connect for as long as an `async with` block lasts.

    `url` may be the URLs of a cluster's nodes, separated by commas. `app_id` names the calling service. `timeout`
    (seconds), `retry` and `actor` are the defaults of the requests' options. `tls` are files of certificates for
    amqps://. Raises ValueError where the URL is none of amqp:// or amqps:// with a host, and where a file, or one that
    the URL names, cannot be used.
    """
    url = with_amqp_files(require_amqp_url(url), tls or TlsFiles())
    return Bus(url, app_id=app_id, timeout=timeout, retry=retry, actor=actor)


def connect_sync(
    url: str,
    *,
    app_id: str,
    timeout: float = 10.0,
    retry: bool = True,
    actor: str | None = None,
    tls: TlsFiles | None = None,
) -> SyncBus:
    """Connect for as long as a `with` block lasts, for programs without asyncio; see `connect`."""
    return SyncBus(connect(url, app_id=app_id, timeout=timeout, retry=retry, actor=actor, tls=tls))
