"""The relay: sends the events of committed commands, in order per subject, from one process at a time."""

import asyncio
import contextlib
from collections import defaultdict

import aio_pika
import structlog
from aio_pika import DeliveryMode

from contracts.catalog import EVENTS_EXCHANGE
from handlers.events import CONTENT_TYPE
from handlers.nudge import Nudge
from handlers.outlet import Outlet, Unsent
from models.errors.base import StoreUnavailable
from models.journal import Outgoing
from models.outbox import Lease, Outbox, Pending

BATCH = 500
IN_FLIGHT = 100  # enough to keep the broker busy; a publish waits here and not inside its time for a confirm
POLL_SECONDS = 1.0
LEASE_SECONDS = 5.0
log = structlog.get_logger()


class Relay:
    """Drains the outbox while it holds the lease.

    One sender at a time keeps the order of a subject's events; another process takes over when the lease runs out.
    A crash between sending and marking sends an event twice, under the same id.
    """

    def __init__(self, outbox: Outbox, lease: Lease, outlet: Outlet, nudge: Nudge) -> None:
        self._outbox = outbox
        self._lease = lease
        self._outlet = outlet
        self._nudge = nudge
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self._leads_until = 0.0
        self._ask_at = 0.0

    @property
    def leads(self) -> bool:
        """Whether this process is the one that sends."""
        return asyncio.get_running_loop().time() < self._leads_until

    def committed(self) -> None:
        """Tell whoever leads that there may be something to send."""
        if self.leads:
            self._nudge.ring()
        else:
            self._nudge.send()

    async def run(self) -> None:
        """Send until cancelled; the lease is given up at the end."""
        try:
            while True:
                if not await self._step():
                    await self._nudge.wait(POLL_SECONDS)
        finally:
            if self.leads:
                with contextlib.suppress(StoreUnavailable):  # then it runs out by itself
                    await self._lease.release()

    async def _step(self) -> bool:
        try:
            if not await self._lead():
                return False
            batch = await self._outbox.pending(BATCH)
            sent = await self._send(batch)
            if sent:
                await self._outbox.sent(sent)
            return bool(sent)
        except StoreUnavailable as error:
            log.warning("relay waits", reason=str(error))
            return False

    async def _lead(self) -> bool:
        moment = asyncio.get_running_loop().time()
        if moment >= self._ask_at:
            self._ask_at = moment + POLL_SECONDS  # the other lanes go on meanwhile
            held = await self._lease.hold()
            self._leads_until = moment + self._lease.seconds if held else 0.0
            self._ask_at = moment + (self._lease.seconds / 2 if held else POLL_SECONDS)
        return self.leads

    async def _send(self, batch: list[Pending]) -> list[str]:
        lanes: dict[str, list[Outgoing]] = defaultdict(list)
        for entry in batch:
            for event in entry.events:
                lanes[event.subject].append(event)
        trouble: list[str] = []
        sent = await asyncio.gather(*(self._send_lane(events, trouble) for events in lanes.values()))
        if trouble:
            log.warning("events wait", subjects=len(trouble), reason=trouble[0])
        gone = {event for lane in sent for event in lane}
        return [entry.id for entry in batch if all(event.id in gone for event in entry.events)]

    async def _send_lane(self, events: list[Outgoing], trouble: list[str]) -> list[str]:
        gone: list[str] = []
        try:
            for event in events:
                async with self._room:
                    if not await self._lead():  # whoever has the lease now sends the rest
                        break
                    await self._outlet.publish(EVENTS_EXCHANGE, event.name, _message(event))
                gone.append(event.id)
        except (StoreUnavailable, Unsent) as error:
            trouble.append(str(error))
        return gone


def _message(event: Outgoing) -> aio_pika.Message:
    return aio_pika.Message(
        event.body.encode(),
        content_type=CONTENT_TYPE,
        type=event.name,
        message_id=event.id,
        app_id="userbus",
        delivery_mode=DeliveryMode.PERSISTENT,
    )
