"""The addresses of a RabbitMQ cluster: several URLs in one setting, of which a process uses one after the other."""

import logging
import random
import re
from collections.abc import Awaitable, Callable
from functools import cache
from typing import TypeVar
from urllib.parse import urlsplit

HEARTBEAT_SECONDS = 15
ATTEMPT_SECONDS = 3.0  # for a node that takes connections and never answers, while there are others
_SEPARATOR = re.compile(r"\s*,\s*(?=amqps?://)")  # a password may hold a comma
log = logging.getLogger(__name__)
T = TypeVar("T")


class BrokerAddresses:
    """The URLs of a cluster's nodes, and the one to connect to now: at first any, then the next whenever it fails.

    The connections of a process share them, so that all leave a node that is gone.
    """

    def __init__(self, urls: list[str]) -> None:
        self._urls = urls
        self._index = random.randrange(len(urls))

    def __len__(self) -> int:
        return len(self._urls)

    @property
    def current(self) -> str:
        """The URL to connect to now."""
        return self._urls[self._index]

    def give_up(self, url: str, reason: object) -> None:
        """Go on to the next URL, unless `url` is not the current one any more: another connection has given it up."""
        if url == self.current and len(self) > 1:
            log.warning("broker address %s failed: %.200s", printable_url(url), reason)
            self._index = (self._index + 1) % len(self)

    def after(self, url: str) -> str:
        """Return the URL that comes after another."""
        return self._urls[(self._urls.index(url) + 1) % len(self)]

    async def try_each(self, attempt: Callable[[str], Awaitable[T]]) -> T:
        """Return the result of the first attempt that succeeds, given a URL. Raises the last one's error."""
        for _ in range(len(self) - 1):
            url = self.current
            try:
                return await attempt(url)
            except Exception as error:  # whatever is wrong with one address, another may be right
                self.give_up(url, repr(error))
        return await attempt(self.current)

    def attempt_seconds(self, alone: float) -> float:
        """Return how long an attempt to connect may take, given how long it may where there is one address."""
        return alone if len(self) == 1 else min(alone, ATTEMPT_SECONDS)


def split_urls(setting: str) -> list[str]:
    """Return the URLs of a setting, which are separated by commas."""
    return _SEPARATOR.split(setting.strip())


def require_amqp_url(urls: str) -> str:
    """Return the URL of a broker, or those of a cluster, separated by commas.

    Raises ValueError, without the URL, which may hold a password.
    """
    if not all(map(_is_amqp_url, split_urls(urls))):
        raise ValueError("not an AMQP URL: write amqp://<user>:<password>@<host>:<port>, or amqps:// for TLS")
    return urls


@cache
def broker_addresses(setting: str) -> BrokerAddresses:
    """Return the addresses that this process uses for a setting: URLs separated by commas."""
    return BrokerAddresses(split_urls(setting))


def with_heartbeat(url: str) -> str:
    """Return a URL with a heartbeat that detects a dead peer within half a minute, unless it already names one."""
    if "heartbeat=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}heartbeat={HEARTBEAT_SECONDS}"


def printable_url(url: str) -> str:
    """Return a URL without its password and options, for logs."""
    parts = urlsplit(url)
    user, separator, place = parts.netloc.rpartition("@")
    return f"{parts.scheme}://{user.partition(':')[0]}{separator}{place}{parts.path}"


def _is_amqp_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_host = re.fullmatch(r"[^\s,]+", parts.hostname or "")  # a comma begins a URL that is not AMQP's
        return parts.scheme in ("amqp", "amqps") and is_host is not None and parts.port != 0
    except ValueError:
        return False
