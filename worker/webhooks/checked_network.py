"""Connections to addresses that the rules allow: a name is looked up here, and what was checked is connected to."""

import asyncio
import socket
from collections.abc import Iterable
from typing import Any

import httpcore

from models.webhook_addresses import AddressRules


class AddressForbidden(Exception):
    """The host has no address that webhooks may be sent to; the text names the host alone."""


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """The network of httpcore, for one scheme. Raises `AddressForbidden`."""

    def __init__(self, rules: AddressRules, scheme: str) -> None:
        self._rules = rules
        self._scheme = scheme
        self._network = httpcore.AnyIOBackend()
        self._lookups: dict[tuple[str, int], asyncio.Task[list[str]]] = {}

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first allowed address of a host."""
        allowed = [each for each in await self._find_addresses(host, port) if self._rules.allows(each, self._scheme)]
        if not allowed:
            raise AddressForbidden(f"{host} has no address that webhooks may be sent to")
        return await self._network.connect_tcp(allowed[0], port, timeout, local_address, socket_options)

    async def _find_addresses(self, host: str, port: int) -> list[str]:
        # one look-up of a name at a time: each takes a thread, and those of a dead name server all there are
        lookup = self._lookups.get((host, port))
        if lookup is None:
            lookup = self._lookups[host, port] = asyncio.create_task(_look_up(host, port))
            lookup.add_done_callback(lambda _: self._lookups.pop((host, port), None))
        return await asyncio.shield(lookup)

    async def sleep(self, seconds: float) -> None:
        """Sleep."""
        await self._network.sleep(seconds)


async def _look_up(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} is not found") from error
    return [str(address[0]) for *_, address in found]
