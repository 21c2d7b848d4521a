"""Wake the process that relays the events of a lane: something was committed elsewhere."""

import asyncio
import contextlib

import aio_pika
from aio_pika.exceptions import CONNECTION_EXCEPTIONS
from aiormq.abc import AbstractChannel as AbstractUnderlayChannel
from aiormq.abc import DeliveredMessage

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

    async def follow(self) -> None:
        """Keep a queue for signals to this process, bound while it leads, until cancelled."""
        while True:
            with contextlib.suppress(*CONNECTION_EXCEPTIONS, PublishFailed, TimeoutError):
                async with self._publisher.bare_channel() as channel:
                    await self._listen(channel)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen(self, channel: AbstractUnderlayChannel) -> None:
        # a new queue each time: while a node stands still, the one that was on it is locked for its connection
        async with asyncio.timeout(BIND_SECONDS):
            declared = await channel.queue_declare(exclusive=True, auto_delete=True, arguments={"x-max-length": 1})
            queue = declared.queue or ""
            await channel.basic_consume(queue, self._receive_signal, no_ack=True)
        is_bound = False
        while not channel.is_closed:
            self._changed.clear()
            if is_bound != self._is_addressed:
                is_bound = self._is_addressed
                async with asyncio.timeout(BIND_SECONDS):
                    change = channel.queue_bind if is_bound else channel.queue_unbind
                    await change(queue, self._exchange, self._key)
            await self._wait_changed(channel)

    async def _wait_changed(self, channel: AbstractUnderlayChannel) -> None:
        changed = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait({changed, channel.closing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()

    async def wait(self, seconds: float) -> bool:
        """Wait until woken, at most `seconds`; return whether it was."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        woken = self._woken.is_set()
        self._woken.clear()
        return woken

    async def _receive_signal(self, _: DeliveredMessage) -> None:
        self._heard = True
        self.wake()
