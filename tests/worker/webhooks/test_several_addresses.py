"""Hosts with several addresses, not all of which take connections."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from ipaddress import ip_network
from typing import Any

import httpcore
import pytest

from models.webhook_addresses import AddressRules
from worker.webhooks.checked_network import AddressForbidden, CheckedNetwork

LOOPBACK = AddressRules([ip_network("127.0.0.0/8")])


class NameServer(Executor):
    """Says that every name has the same addresses."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    def submit(self, _: Callable[..., Any], /, *__: Any, **___: Any) -> Future[Any]:
        """Answer at once."""
        answer = Future[Any]()
        answer.set_result([(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in self._addresses])
        return answer


@contextmanager
def listening(address: str) -> Iterator[int]:
    with socket.create_server((address, 0)) as server:
        yield server.getsockname()[1]


async def peer(port: int, *addresses: str) -> str:
    """The address that a host with these is connected to at."""
    stream = await CheckedNetwork(LOOPBACK, "http", NameServer(*addresses)).connect_tcp("receiver.example", port)
    try:
        return str(stream.get_extra_info("server_addr")[0])
    finally:
        await stream.aclose()


async def test_an_address_that_refuses_is_followed_by_the_next() -> None:
    with listening("127.0.0.1") as port:
        assert await peer(port, "127.0.0.2", "127.0.0.1") == "127.0.0.1"
        assert await peer(port, "127.0.0.1", "127.0.0.2") == "127.0.0.1"
        with pytest.raises(httpcore.ConnectError):
            await peer(port, "127.0.0.2", "127.0.0.3")


async def test_an_address_that_is_not_allowed_is_not_the_next() -> None:
    with listening("127.0.0.1") as port:
        assert await peer(port, "10.1.2.3", "127.0.0.2", "127.0.0.1") == "127.0.0.1"
        with pytest.raises(AddressForbidden):
            await peer(port, "10.1.2.3", "169.254.169.254")
