"""A tap on the shoulder of whichever process relays events: something was committed elsewhere."""

import asyncio
import contextlib

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from handlers.outlet import Outlet, Unsent
from handlers.topology import NUDGE

QUIET_SECONDS = 0.004


class Nudge:
    """Rings in this process, or in all by a fanout exchange; taps within a few milliseconds count as one."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._bell = asyncio.Event()
        self._due = asyncio.Event()

    def ring(self) -> None:
        """Wake the relay of this process."""
        self._bell.set()

    def send(self) -> None:
        """Wake the relays of all processes, soon."""
        self._due.set()

    async def run(self) -> None:
        """Send what is due until cancelled; lost taps are made good by the relay's own poll."""
        while True:
            await self._due.wait()
            self._due.clear()
            with contextlib.suppress(Unsent):
                await self._outlet.publish(NUDGE, "", aio_pika.Message(b"", expiration=1))
            await asyncio.sleep(QUIET_SECONDS)

    async def listen(self) -> None:
        """Ring whenever another process taps."""
        queue = await self._outlet.channel.declare_queue(exclusive=True, arguments={"x-max-length": 1})
        await queue.bind(NUDGE)
        await queue.consume(self._tapped, no_ack=True)

    async def wait(self, seconds: float) -> None:
        """Wait for a ring, `seconds` at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        self._bell.clear()

    async def _tapped(self, _: AbstractIncomingMessage) -> None:
        self.ring()
