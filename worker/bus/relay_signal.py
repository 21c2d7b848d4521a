"""Wake the process that relays the events of a lane: something was committed elsewhere."""

import asyncio
import contextlib

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from contracts.topology.declared import RELAY_EXCHANGE, RELAY_LANES_EXCHANGE
from models.store.lanes import WHOLE, Lane
from worker.bus.publisher import Publisher, PublishFailed

QUIET_SECONDS = 0.004
BIND_SECONDS = 5.0
AGAIN_SECONDS = 1.0


class RelaySignal:
    """Wakes the relay of a lane in this process, or in the one which leads it, through an exchange.

    Only the leader's queue is bound to the exchange, with the lane as its key: were all of them, signals would grow
    with the square of the processes. Those within a few milliseconds are sent as one. A lost one costs no more than the
    relay's poll interval.
    """

    def __init__(self, publisher: Publisher, lane: Lane = WHOLE) -> None:
        self._publisher = publisher
        self._exchange = RELAY_EXCHANGE if lane.is_whole else RELAY_LANES_EXCHANGE
        self._key = "" if lane.is_whole else str(lane.number)
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
                await self._publisher.publish(self._exchange, self._key, aio_pika.Message(b"", expiration=1))
            await asyncio.sleep(QUIET_SECONDS)

    async def listen(self, stack: contextlib.AsyncExitStack) -> None:
        """Declare the queue for signals to this process, until the stack ends."""
        # on a channel of its own: where the queue is gone with its node, binding it closes the channel
        channel = await self._publisher.open_channel()
        stack.push_async_callback(_close, channel)
        self._queue = await channel.declare_queue(exclusive=True, arguments={"x-max-length": 1})
        await self._queue.consume(self._receive_signal, no_ack=True)

    async def follow(self) -> None:
        """Bind the queue while this process leads, until cancelled."""
        while True:
            await self._changed.wait()
            here = self._is_addressed
            try:
                async with asyncio.timeout(BIND_SECONDS):
                    await (self._queue.bind if here else self._queue.unbind)(self._exchange, self._key)
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


async def _close(channel: AbstractChannel) -> None:
    with contextlib.suppress(*CONNECTION_EXCEPTIONS):
        await channel.close()
