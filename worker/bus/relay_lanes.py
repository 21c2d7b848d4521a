"""The relay of a process: one for each lane, as many as all processes have agreed on."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress

import structlog

from models.errors.base import StoreUnavailable
from models.store.fresh_entries import FreshEntries
from models.store.lane_leases import LaneLeases
from models.store.outbox import Outbox
from models.unit_of_work import Dependencies
from worker.bus.publisher import Publisher
from worker.bus.relay import POLL_SECONDS, Relay
from worker.bus.relay_signal import RelaySignal
from worker.bus.tasks import keep_running

log = structlog.get_logger()


class RelayLanes:
    """Runs a relay for each lane; `sent` counts their confirmed events by name.

    A process that holds fewer lanes than another asks that one for some, unless it cannot publish.
    """

    def __init__(
        self,
        dependencies: Dependencies,
        leases: LaneLeases,
        publisher: Publisher,
        sends_plain: Callable[[], bool] = lambda: False,
    ) -> None:
        self._dependencies = dependencies
        self._leases = leases
        self._publisher = publisher
        self._sends_plain = sends_plain
        self._relays: list[Relay] = []
        self.sent: Counter[str] = Counter()

    @property
    def is_leader(self) -> bool:
        """Whether this process is the one that sends the events of the first lane."""
        return bool(self._relays) and self._relays[0].is_leader

    def wake(self) -> None:
        """Wake the relays of the lanes of which this process has committed events, here or where they are led."""
        for relay in self._relays:
            relay.wake()

    async def run(self) -> None:
        """Send until cancelled; begin anew whenever the number of lanes changes. Release the leases at the end."""
        while True:
            count = await self._look()
            async with AsyncExitStack() as stack:
                stack.callback(self._relays.clear)
                signals = [self._add_relay(fresh) for fresh in self._dependencies.fresh.split(count)]
                keep_running(stack, self._run_relays)
                for signal in signals:  # which end before the relays do, and with the channel their bindings
                    keep_running(stack, signal.run, signal.follow)
                while await self._look() == count:
                    await asyncio.sleep(POLL_SECONDS)
                    await self._ask_for_lane()
            log.info("number of lanes changes", former=count)

    async def _run_relays(self) -> None:
        async with asyncio.TaskGroup() as group:  # at the end all release their leases at once
            for relay in self._relays:
                group.create_task(relay.run())

    def _add_relay(self, fresh: FreshEntries) -> RelaySignal:
        signal = RelaySignal(self._publisher, fresh.lane)
        outbox = Outbox(self._dependencies.store, fresh)
        relay = Relay(outbox, self._leases.lease(fresh.lane), self._publisher, signal, self._sends_plain)
        relay.sent = self.sent
        self._relays.append(relay)
        return signal

    async def _look(self) -> int:
        while True:
            with suppress(StoreUnavailable):
                return (await self._leases.look()).count
            await asyncio.sleep(POLL_SECONDS)

    async def _ask_for_lane(self) -> None:
        if self._publisher.is_connected and not self._publisher.is_refused:
            with suppress(StoreUnavailable):
                await self._leases.ask()
