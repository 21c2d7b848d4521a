"""What is cancelled while it opens or closes leaves nothing behind."""

import asyncio
import socket
from collections.abc import Awaitable
from contextlib import suppress
from uuid import uuid4

import pytest

from client import Bus, Subscription, connect
from client.connection import RECONNECT_INTERVAL
from contracts.users import CreateUser
from tests.support.patience import PATIENCE
from tests.support.proxy import proxy
from tests.support.stack import Stack


def name() -> str:
    return f"u_{uuid4().hex[:12]}"


async def cancel_soon(work: Awaitable[object]) -> None:
    task = asyncio.ensure_future(work)
    await asyncio.sleep(0.3)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def connecting() -> int:
    """How many connections are being kept open."""
    return sum("_keep_open" in repr(task) for task in asyncio.all_tasks())


async def test_a_bus_that_is_given_up_while_it_connects_stops_connecting() -> None:
    before = connecting()
    silent = socket.create_server(("127.0.0.1", 0))  # takes connections and never answers
    with silent:
        url = f"amqp://127.0.0.1:{silent.getsockname()[1]}"
        await cancel_soon(Bus(url, app_id="billing").__aenter__())
        assert connecting() == before


async def read_next(events: Subscription) -> str:
    return (await anext(events)).subject


async def test_a_subscription_that_is_given_up_while_it_opens_is_given_no_events(stack: Stack) -> None:
    consumer = name()
    async with proxy(stack.amqp_url) as (link, url), connect(url, app_id="billing", timeout=PATIENCE) as bus:
        link.cut()
        await cancel_soon(bus.events(consumer, "user.created").__aenter__())
        link.heal()
        await asyncio.sleep(3 * RECONNECT_INTERVAL)  # enough for it to connect, were it still there
        async with bus.events(consumer, "user.created") as events:
            user = await bus.ask(CreateUser(username=name()))
            assert await asyncio.wait_for(read_next(events), PATIENCE) == f"user/{user.id}"


async def test_a_bus_whose_end_is_cancelled_ends_all_its_connections(stack: Stack) -> None:
    before = connecting()
    async with proxy(stack.amqp_url) as (link, url):
        bus = await Bus(url, app_id="billing").__aenter__()
        for _ in range(2):
            await bus.events(name(), partitions=2).__aenter__()
        link.hold(lambda _: True)
        await cancel_soon(bus.__aexit__())
        link.heal()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while connecting() > before:
                    await asyncio.sleep(0.05)
        assert connecting() == before
