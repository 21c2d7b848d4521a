"""Wake the process that relays events: something was committed elsewhere."""

import asyncio
import contextlib

import aio_pika
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from contracts.topology.declared import RELAY_EXCHANGE
from worker.bus.publisher import Publisher, PublishFailed

QUIET_SECONDS = 0.004
BIND_SECONDS = 5.0
AGAIN_SECONDS = 1.0


class RelaySignal:
    """Wakes the relay of this process, or that of the process which leads, through an exchange.

    Only the leader's queue is bound to the exchange: were all of them, signals would grow with the square of the
    processes. Those within a few milliseconds are sent as one. A lost one costs no more than the relay's poll interval.
    """

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._woken = asyncio.Event()
        self._heard = False
        self._due = asyncio.Event()
        self._is_addressed = False
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Wake the relay of this process."""
        self._woken.set()

    def take_heard(self) -> bool:
        """Return whether another process has sent a signal since the last call."""
        heard, self._heard = self._heard, False
        return heard

    def send(self) -> None:
        """Wake the relay of the process that leads, soon."""
        self._due.set()

    def set_addressed(self, here: bool) -> None:
        """Have the others' signals sent to this process, or no longer."""
        if here != self._is_addressed:
            self._is_addressed = here
            self._changed.set()

    async def run(self) -> None:
        """Send the signals that are due, until cancelled."""
        while True:
            await self._due.wait()
            self._due.clear()
            with contextlib.suppress(PublishFailed):
                await self._publisher.publish(RELAY_EXCHANGE, "", aio_pika.Message(b"", expiration=1))
            await asyncio.sleep(QUIET_SECONDS)

    async def listen(self) -> None:
        """Declare the queue for signals to this process."""
        # on a channel of its own: where the queue is gone with its node, binding it closes the channel
        channel = await self._publisher.open_channel()
        self._queue = await channel.declare_queue(exclusive=True, arguments={"x-max-length": 1})
        await self._queue.consume(self._receive_signal, no_ack=True)

    async def follow(self) -> None:
        """Bind the queue while this process leads, until cancelled."""
        while True:
            await self._changed.wait()
            here = self._is_addressed
            try:
                async with asyncio.timeout(BIND_SECONDS):
                    await (self._queue.bind if here else self._queue.unbind)(RELAY_EXCHANGE)
            except (*CONNECTION_EXCEPTIONS, TimeoutError):  # the queue is declared again with its channel
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                if here == self._is_addressed:
                    self._changed.clear()

    async def wait(self, seconds: float) -> bool:
        """Wait until woken, at most `seconds`; return whether it was."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        woken = self._woken.is_set()
        self._woken.clear()
        return woken

    async def _receive_signal(self, _: AbstractIncomingMessage) -> None:
        self._heard = True
        self.wake()
