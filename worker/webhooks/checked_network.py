"""Connections to addresses that the rules allow: a name is looked up here, and what was checked is connected to."""

import asyncio
import socket
import ssl
from collections.abc import Iterable
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from typing import Any

import httpcore

from models.webhook_addresses import AddressRules

MAX_BYTES = 128 * 1024
ADDRESS_SECONDS = 2.0  # for an address that does not answer, while the host has others


class AddressForbidden(Exception):
    """The host has no address that webhooks may be sent to; the text names the host alone."""


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """The network of httpcore, for one scheme; names are looked up in `threads`. Raises `AddressForbidden`."""

    def __init__(self, rules: AddressRules, scheme: str, threads: Executor) -> None:
        self._rules = rules
        self._threads = threads
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
        """Connect to the first allowed address of a host that takes connections."""
        allowed = [each for each in await self._find_addresses(host, port) if self._rules.allows(each, self._scheme)]
        if not allowed:
            raise AddressForbidden(f"{host} has no address that webhooks may be sent to")
        *others, last = allowed
        for address in others:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._connect(address, port, ADDRESS_SECONDS, local_address, socket_options)
        return await self._connect(last, port, timeout, local_address, socket_options)

    async def _connect(self, *target: Any) -> httpcore.AsyncNetworkStream:
        return BoundedStream(await self._network.connect_tcp(*target))

    async def _find_addresses(self, host: str, port: int) -> list[str]:
        # one look-up of a name at a time: each takes a thread, and those of a dead name server all there are
        lookup = self._lookups.get((host, port))
        if lookup is None:
            lookup = self._lookups[host, port] = asyncio.create_task(self._look_up(host, port))
            lookup.add_done_callback(lambda _: self._lookups.pop((host, port), None))
        return await asyncio.shield(lookup)

    async def _look_up(self, host: str, port: int) -> list[str]:
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} is not found") from error
        return [str(address[0]) for *_, address in found]

    async def sleep(self, seconds: float) -> None:
        """Sleep."""
        await self._network.sleep(seconds)


class BoundedStream(httpcore.AsyncNetworkStream):
    """A connection of which no more than `MAX_BYTES` are read after a write, whatever they are: each takes time."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._read = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # httpcore's signature
        """Read some bytes. Raises `httpcore.ReadError` beyond the bound."""
        if self._read >= MAX_BYTES:
            raise httpcore.ReadError("the answer is too long")
        part = await self._stream.read(max_bytes, timeout)
        self._read += len(part)
        return part

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # httpcore's signature
        """Write; the bound counts from here."""
        self._read = 0
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        """The same connection with TLS."""
        return BoundedStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """What the connection tells of itself."""
        return self._stream.get_extra_info(info)
