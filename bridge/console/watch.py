"""What the overview tells: who answers now, who did lately, and what waited in queues and outbox in the last hour."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.rest.traffic import SLOT_SECONDS, SLOTS
from client.broker import QueueState, inspect_queues
from client.bus import Bus
from client.errors import BusError
from contracts.catalog import DEAD, DEAD_INCOMING, DEAD_UNDELIVERABLE, FAMILIES
from contracts.diagnosis import DiagnoseWorker, DiagnosisView
from contracts.entry import query_queue, queue
from contracts.sms import GetSmsStatus, SmsStatusView
from contracts.topology.retry_steps import RETRY_STEPS, retry_queue

SECONDS = 2.0  # for whoever waits for a page
PATIENT_SECONDS = 15.0  # for the record of the last hour
REMEMBERED_SECONDS = 90.0
ASKED = 6  # the broker gives queries to its consumers in turn
WORK = tuple(name(family) for family in FAMILIES for name in (queue, query_queue))
RETRIES = tuple(map(retry_queue, RETRY_STEPS))
QUEUES = (*WORK, *RETRIES, DEAD_INCOMING, DEAD, DEAD_UNDELIVERABLE)
Queues = Mapping[str, QueueState | None]


@dataclass(frozen=True, slots=True)
class Overview:
    """What is seen: the fault of each family, empty where it is served, workers, queues.

    `ages` tells of each worker how many seconds ago it answered. `queues` is None where the broker does not tell, `sms`
    where no worker tells how sending goes.
    """

    families: Mapping[str, str]
    workers: Sequence[DiagnosisView]
    queues: Queues | None
    ages: Mapping[str, float] = field(default_factory=dict)
    sms: SmsStatusView | None = None

    @property
    def lag(self) -> float:
        """For how many seconds the oldest unsent events have waited."""
        since = ((worker.at, worker.database.unsent_since) for worker in self.workers)
        return max(((at - oldest).total_seconds() for at, oldest in since if oldest), default=0.0)

    @property
    def unsent(self) -> int | None:
        """How many journal entries hold events that have not been sent; None where no worker tells."""
        told = [worker.database.unsent_entries for worker in self.workers]
        return max((count for count in told if count is not None), default=None)

    @property
    def depths(self) -> dict[str, int] | None:
        """How many messages wait in each queue that is there; None where the broker does not tell."""
        if self.queues is None:
            return None
        return {name: state.messages for name, state in self.queues.items() if state is not None}


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment of the last hour: messages by queue, and the outbox's lag in seconds; None where nobody told."""

    slot: int
    depths: Mapping[str, int] | None
    lag: float | None


class Watch:
    """Asks the workers and the broker, and remembers what they answered; `clock` tells seconds.

    A busy worker may answer later than a page can wait: the page then shows its last answer, and how old it is.
    """

    def __init__(self, bus: Bus, amqp_url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._bus = bus
        self._url = amqp_url
        self._clock = clock
        self._samples: deque[Sample] = deque(maxlen=SLOTS)
        self._served: dict[str, float] = {}
        self._workers: dict[str, tuple[float, DiagnosisView]] = {}

    async def run(self) -> None:
        """Record the last hour, until cancelled."""
        while True:
            await self.record()
            # a second into the next half minute: woken a moment before it, this one would be recorded twice
            await asyncio.sleep(SLOT_SECONDS + 1 - self._clock() % SLOT_SECONDS)

    async def record(self) -> None:
        """Record how things are now."""
        slot = self._slot()
        answers, queues = await asyncio.gather(self._ask_workers(1, PATIENT_SECONDS), self._inspect(PATIENT_SECONDS))
        seen = Overview({}, answers, queues)
        self._samples.append(Sample(slot, seen.depths, seen.lag if answers else None))

    def last_hour(self) -> list[Sample]:
        """The last 120 half minutes, the oldest first; what was not recorded is unknown."""
        known, now = {sample.slot: sample for sample in self._samples}, self._slot()
        return [known.get(slot, Sample(slot, None, None)) for slot in range(now - SLOTS + 1, now + 1)]

    async def look(self, seconds: float = SECONDS) -> Overview:
        """Look at everything, for at most so many seconds; whoever answers later is shown as of its last answer."""
        families, _, queues, sms = await asyncio.gather(
            self._check_families(seconds),
            self._ask_workers(ASKED, seconds),
            self._inspect(seconds),
            self._ask_sms(seconds),
        )
        ages = {name: self._clock() - at for name, (at, _) in sorted(self._workers.items())}
        ages = {name: age for name, age in ages.items() if age <= REMEMBERED_SECONDS}
        return Overview(families, [self._workers[name][1] for name in ages], queues, ages, sms)

    async def _check_families(self, seconds: float) -> dict[str, str]:
        faults = await asyncio.gather(*(self._check(family, seconds) for family in FAMILIES))
        return dict(zip(FAMILIES, faults, strict=True))

    async def _check(self, family: str, seconds: float) -> str:
        try:
            answer = await self._bus.check_health(family, timeout=seconds)
        except BusError as error:
            at = self._served.get(family)
            return error.message + (f"; it last answered {self._clock() - at:.0f} s ago" if at is not None else "")
        self._served[family] = self._clock()
        return "" if answer.database else "the database does not answer"

    async def _ask_workers(self, times: int, seconds: float) -> list[DiagnosisView]:
        asked = (self._bus.ask(DiagnoseWorker(), timeout=seconds) for _ in range(times))
        answers = await asyncio.gather(*asked, return_exceptions=True)
        told = [answer for answer in answers if isinstance(answer, DiagnosisView)]
        self._workers.update({answer.worker: (self._clock(), answer) for answer in told})
        return told

    async def _ask_sms(self, seconds: float) -> SmsStatusView | None:
        try:
            return await self._bus.ask(GetSmsStatus(), timeout=seconds)
        except BusError:
            return None

    async def _inspect(self, seconds: float) -> Queues | None:
        try:
            async with asyncio.timeout(seconds):
                return await inspect_queues(self._url, QUEUES)
        except (OSError, TimeoutError):
            return None

    def _slot(self) -> int:
        return int(self._clock() // SLOT_SECONDS)
