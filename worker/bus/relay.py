"""The relay of a lane: send the events of committed commands, in order per subject, from one process at a time."""

import asyncio
import contextlib
import random
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from contracts.catalog import EVENTS
from models.errors.base import StoreUnavailable
from models.store.fresh_entries import PendingEntry
from models.store.journal import OutboxEvent
from models.store.lane_leases import LaneLease
from models.store.outbox import Outbox
from worker.bus.event_messages import begin_sends, end_sends, event_message, plain_event_message
from worker.bus.publisher import Outcome, Publisher
from worker.bus.relay_signal import RelaySignal
from worker.bus.sent_marks import SentMarks

BATCH = 1000  # events: each look for more passes what was sent in the last minutes, which MongoDB keeps that long
PART = 500  # entries that are marked together: after a crash they are sent again
IN_FLIGHT = 100  # keeps the broker busy; with more, a confirm may not come in time
POLL_SECONDS = 1.0
LEASE_SECONDS = 5.0
CONFIRM_SECONDS = 3.0  # another process takes over 5 s after this one's confirms have stopped
STAND_ASIDE_SECONDS = 2.0  # in which the others look for the lease
PROBES = 3  # subjects that are tried after a batch of which nothing was confirmed
log = structlog.get_logger()


@dataclass
class Progress:
    """What has become of a batch so far: the ids of the events that were sent, and why others were not."""

    sent: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    in_a_row: int = 0

    @property
    def is_hopeless(self) -> bool:
        """Whether nothing was sent, or nothing has been since three events failed."""
        return self.in_a_row >= PROBES or (bool(self.failures) and not self.sent)

    def record(self, sent: Collection[str], failures: Collection[str]) -> None:
        """Record the ids of events that the broker has confirmed, and why it has not taken others at the same time."""
        self.sent.update(sent)
        self.failures += failures
        self.in_a_row = 0 if sent else self.in_a_row + len(failures)


class Relay:
    """Sends what the outbox holds of a lane, while this process holds its lease.

    One sender at a time keeps the order of a subject's events; another process takes over when the lease runs out, or
    when it asks for the lane.
    One that can send nothing gives the lease up for a while, and begins with a few subjects when it has it again. A
    crash between sending an event and marking it as sent sends it twice, under the same id. While `sends_plain` says
    so, each event is sent without personal data as well. `sent` counts the confirmed events by name.
    """

    def __init__(
        self,
        outbox: Outbox,
        lease: LaneLease,
        publisher: Publisher,
        signal: RelaySignal,
        sends_plain: Callable[[], bool] = lambda: False,
    ) -> None:
        self._sends_plain = sends_plain
        self._outbox = outbox
        self._lease = lease
        self._publisher = publisher
        self._signal = signal
        self._marks = SentMarks(outbox)
        self._is_probing = False
        self._leads_until = 0.0
        self._renew_at = 0.0
        self._find_at = 0.0
        self.sent: Counter[str] = Counter()

    @property
    def is_leader(self) -> bool:
        """Whether this process is the one that sends."""
        return asyncio.get_running_loop().time() < self._leads_until

    def wake(self) -> None:
        """Wake the relay of whichever process leads, if this one has committed events of the lane."""
        if self.is_leader:
            self._signal.wake()
        elif self._outbox.fresh.take_touched():
            self._signal.send()

    async def run(self) -> None:
        """Send until cancelled; release the lease at the end."""
        try:
            while True:
                if not await self._send_batch():
                    await self._signal.wait(POLL_SECONDS)
        finally:
            await self._give_up_lease(0.0)

    async def _give_up_lease(self, seconds: float) -> None:
        """Let another process have the lease, and do not ask for it for so many seconds."""
        with contextlib.suppress(StoreUnavailable):  # then another process sends again what was sent last
            await self._marks.wait()
        if self.is_leader:
            with contextlib.suppress(StoreUnavailable):  # then it runs out by itself
                await self._lease.release()
        self._leads_until = 0.0
        self._outbox.fresh.keep(False)
        self._signal.set_addressed(False)
        self._renew_at = asyncio.get_running_loop().time() + seconds

    async def _send_batch(self) -> bool:
        try:
            if not self._publisher.is_connected:
                await self._give_up_lease(0.0)
                return False
            if not await self._renew_lease():
                if self._lease.is_asked_for:
                    await self._give_up_lease(POLL_SECONDS)
                return False
            await self._send_fresh()
            return self._is_find_due() and await self._send_found()
        except StoreUnavailable as error:
            log.warning("relay waits", reason=str(error))
            return False

    async def _send_fresh(self) -> None:
        """Send the events that this process has committed, without reading them back."""
        if not (entries := self._outbox.fresh.take()):
            return
        sent: list[str] = []
        try:
            sent = await self._send(entries)
        finally:
            self._outbox.fresh.settle(entries, sent)
        self._marks.mark_fresh_soon()

    def _is_find_due(self) -> bool:
        """Whether others may have committed something, or this process something that is not fresh."""
        heard = self._signal.take_heard()  # in any case: what was heard before is found now
        return heard or self._outbox.fresh.is_behind or asyncio.get_running_loop().time() >= self._find_at

    async def _send_found(self) -> bool:
        """Send the oldest events that the database holds; return whether there may be more."""
        self._find_at = asyncio.get_running_loop().time() + POLL_SECONDS
        self._outbox.fresh.is_behind = False
        try:
            batch = await self._outbox.find_pending(BATCH)
            sent = await self._send_parts(batch)
        except BaseException:
            self._outbox.fresh.is_behind = True
            raise
        is_more = sent > 0 and (self._outbox.has_more or sent < len(batch))
        self._outbox.fresh.is_behind = self._outbox.fresh.is_behind or is_more
        return is_more

    async def _send_parts(self, batch: list[PendingEntry]) -> int:
        """Send and mark part after part, until one is not sent as a whole; return how many entries were sent."""
        count = 0
        for start in range(0, len(batch), PART):
            part = batch[start : start + PART]
            sent = await self._send(part)
            count += len(sent)
            if sent:
                await self._marks.mark_batch(sent)
            if len(sent) < len(part):  # the next part may hold later events of the same subjects
                break
        return count

    async def _renew_lease(self) -> bool:
        moment = asyncio.get_running_loop().time()
        if moment >= self._leads_until:
            self._outbox.fresh.keep(False)  # it has run out: another process may have sent them
        if moment >= self._renew_at:
            self._renew_at = moment + POLL_SECONDS  # the other subjects' events go on meanwhile
            held = await self._lease.acquire()
            self._leads_until = moment + self._lease.seconds if held else 0.0
            self._renew_at = moment + (self._lease.seconds / 2 if held else POLL_SECONDS)
            self._signal.set_addressed(held)
            self._outbox.fresh.keep(held)
        return self.is_leader and not self._lease.is_asked_for

    async def _send(self, batch: list[PendingEntry]) -> list[str]:
        """Send the events of each subject one after the other; return the entries of which all events are sent."""
        subjects: dict[str, list[OutboxEvent]] = defaultdict(list)
        for entry in batch:
            for event in entry.events:
                subjects[event.subject].append(event)
        progress = Progress()
        await self._send_in_order([deque(events) for events in self._select(subjects)], progress)
        if progress.failures:
            log.warning("events wait", subjects=len(progress.failures), reason=progress.failures[0])
        if progress.is_hopeless:
            # a connection that is lost will be a fresh one
            seconds = STAND_ASIDE_SECONDS if self._publisher.is_connected else 0.0
            log.warning("relay gives up its lease", seconds=seconds)
            await self._give_up_lease(seconds)
        self._is_probing = progress.is_hopeless
        return [entry.id for entry in batch if all(event.id in progress.sent for event in entry.events)]

    def _select(self, subjects: Mapping[str, list[OutboxEvent]]) -> list[list[OutboxEvent]]:
        # by chance, so that events which no broker takes do not keep the others from being tried
        every = [*subjects.values()]
        return random.sample(every, min(PROBES, len(every))) if self._is_probing else every

    async def _send_in_order(self, subjects: list[deque[OutboxEvent]], progress: Progress) -> None:
        """Send the next event of many subjects at once until none is left; a subject ends with a failure."""
        try:
            while subjects and not progress.is_hopeless:
                if not await self._renew_lease():  # the process that has the lease now sends the rest
                    break
                sending, subjects = subjects[:IN_FLIGHT], subjects[IN_FLIGHT:]
                failures = await self._publish([events[0] for events in sending])
                taken = [events for events, failure in zip(sending, failures, strict=True) if failure is None]
                sent = [events.popleft() for events in taken]
                self.sent.update(event.name for event in sent)
                progress.record([event.id for event in sent], [str(each) for each in failures if each])
                subjects += filter(None, taken)
        except StoreUnavailable as error:
            progress.record([], [str(error)])

    async def _publish(self, events: Sequence[OutboxEvent]) -> list[Outcome]:
        """Publish events, and copies without personal data where services get those; return the outcomes in order."""
        plain = [event for event in events if event.name in EVENTS] if self._sends_plain() else []
        spans = begin_sends(events)
        copies = [plain_event_message(event, spans) for event in plain]
        messages = [*copies, *(event_message(event, spans) for event in events)]
        failures = await self._publisher.publish_all(messages, CONFIRM_SECONDS)
        of_copies = dict(zip([event.id for event in plain], failures, strict=False))
        outcomes = {
            event.id: failure or of_copies.get(event.id)
            for event, failure in zip(events, failures[len(plain) :], strict=True)
        }
        end_sends(spans, outcomes)
        return [outcomes[event.id] for event in events]
