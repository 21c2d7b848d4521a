"""Bodies that arrive slowly, many at once: what is kept of them is bounded, and nobody else waits for long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from bridge.app import create_app
from bridge.rest.large_bodies import SMALL, LargeBodies
from bridge.settings import Settings
from tests.support.loopback import serve
from tests.support.patience import PATIENCE

LENGTH = 1_000_000


@asynccontextmanager
async def bridge_with(bodies: LargeBodies) -> AsyncIterator[tuple[str, int]]:
    """Serve a bridge that needs no broker for what is asked here; yields its address."""
    app = create_app(Settings())
    app.state.large_bodies = bodies
    async with serve(app) as url:
        host, port = url.removeprefix("http://").split(":")
        yield host, int(port)


class Sender:
    """A connection that sends a sign-in of `length` bytes, which is no JSON, part by part."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def begin(cls, address: tuple[str, int], length: int, sent: int) -> "Sender":
        sender = cls(*await asyncio.open_connection(*address))
        head = f"POST /auth/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        sender._writer.write(head.encode() + b"x" * sent)
        return sender

    async def answer(self, seconds: float = PATIENCE) -> int:
        """The status of the answer."""
        async with asyncio.timeout(seconds):
            return int((await self._reader.readline()).split()[1])

    def close(self) -> None:
        self._writer.close()


async def test_a_large_body_waits_for_a_place_and_small_ones_do_not() -> None:
    async with bridge_with(LargeBodies(total=1)) as address:
        slow = await Sender.begin(address, LENGTH, SMALL + 1)
        await asyncio.sleep(0.1)  # until it has the place
        large = await Sender.begin(address, LENGTH, LENGTH)
        small = await Sender.begin(address, SMALL, SMALL)
        assert await small.answer() == 400
        with pytest.raises(TimeoutError):
            await large.answer(0.3)
        slow.close()
    # the answer was in hand when the server ended
    for sender in (large, small):
        sender.close()


async def test_a_place_is_given_back_when_a_sender_goes_or_a_body_has_arrived() -> None:
    async with bridge_with(LargeBodies(total=1)) as address:
        for _ in range(2):
            slow = await Sender.begin(address, LENGTH, SMALL + 1)
            await asyncio.sleep(0.05)
            slow.close()
            for _ in range(2):
                large = await Sender.begin(address, LENGTH, LENGTH)
                assert await large.answer() == 400
                large.close()


async def test_one_address_takes_its_own_places_alone() -> None:
    bodies, order = LargeBodies(total=3, per_address=2), []

    async def hold(address: str, held: AsyncExitStack) -> None:
        await held.enter_async_context(bodies.place(address))
        order.append(address)

    async with AsyncExitStack() as held:
        tasks = [asyncio.create_task(hold("192.0.2.1", held)) for _ in range(3)]
        tasks += [asyncio.create_task(hold(address, held)) for address in ("192.0.2.2", "192.0.2.3")]
        await asyncio.sleep(0)
        assert order == ["192.0.2.1", "192.0.2.1", "192.0.2.2"]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    async with (
        asyncio.timeout(PATIENCE),
        bodies.place("192.0.2.1"),
        bodies.place("192.0.2.1"),
        bodies.place("192.0.2.4"),
    ):
        assert len(order) == 3
