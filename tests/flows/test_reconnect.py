"""Connections that end oddly: whoever lost one connects again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from client.bus import Bus
from contracts.user_queries import CheckTaken
from tests.support.patience import PATIENCE
from tests.support.proxy import Proxy, proxy
from tests.support.stack import Stack

ODD_GREETINGS = [
    b"",
    b"AMQP\x00\x01\x00\x00",
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"\x01\x00\x00\x00\x00\x00\x04\xff\xff\xff\xff\xce",
    b"\x01\x00\x00\x00\x00\x00\x04\x00\x0a\x00\x0a\xce",
    b"\x01\x00\x00\x00\x00\x10\x00\x00\x0a\x00",
    b"\x08\x00\x00\x00\x00\x00\x00\xce",
    b"\x00" * 100,
]


@asynccontextmanager
async def oddly(link: Proxy) -> AsyncIterator[int]:
    """A port that greets each of the first clients oddly and hangs up, and passes later ones on."""
    left = [*ODD_GREETINGS]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not left:
            return await link.serve(reader, writer)
        await reader.read(8)
        writer.write(left.pop(0))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_the_client_of_the_bus_connects_again_whatever_it_was_greeted_with(stack: Stack) -> None:
    async with proxy(stack.amqp_url) as (link, url), oddly(link) as port:
        async with Bus(url.replace(f":{link.listening}", f":{port}"), app_id="tests") as bus, asyncio.timeout(PATIENCE):
            while bus.state != "up":
                await asyncio.sleep(0.1)
            taken = await bus.ask(CheckTaken(username="nobody at all"))
        assert taken.username is False


async def test_an_address_that_cannot_be_is_no_reason_to_hang() -> None:
    async with asyncio.timeout(PATIENCE), Bus(f"amqp://{'a' * 64}/", app_id="tests") as bus:
        assert bus.state == "no broker"
