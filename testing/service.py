"""A worker in memory: the pipeline, the handlers and the models of the real one."""

import asyncio
import time
from typing import Any
from uuid import uuid4

from cryptography.fernet import Fernet

from contracts.catalog import FAMILIES
from handlers.health import worker_name
from handlers.problems import problem
from handlers.registry import HANDLERS
from handlers.sms_gateways.delivery import SmsDelivery
from models.errors.base import Refusal, StoreUnavailable
from models.secrets.keys import Keys
from models.secrets.passwords import Passwords
from models.secrets.vault import Vault
from models.seeds import prepare
from models.sms_sends import SendReservations, SmsLimits
from models.store.counters import Counters
from models.store.journal import Journal, OutboxEvent
from models.store.outbox import Outbox
from models.unit_of_work import Dependencies
from testing.broker.broker import Broker
from testing.broker.message import BrokerMessage
from testing.broker_ends import MemoryPublisher, MemoryReplies, WorkerEnd
from testing.scripts import UNTROUBLED, Script, ScriptedTrouble
from testing.sms import KeptCodes
from testing.store.memory import MemoryStore
from worker.bus.event_messages import event_message, plain_event_message
from worker.bus.publications import Publication
from worker.bus.retry_ladder import BrokerRetryLadder
from worker.bus.topology import consumed_queues
from worker.delivery.decoding import Undecodable, decode
from worker.delivery.delayed_replies import DelayedReplies
from worker.delivery.envelope import Envelope
from worker.delivery.outage import Outage
from worker.delivery.outcome import RequestOutcome, failed_outcome
from worker.delivery.pipeline import Pipeline
from worker.delivery.policy import DeliveryFailure, failure_before_start, fault_failure
from worker.delivery.retry import Retry
from worker.delivery.settlement import Settlement

PATIENCE = 10.0  # seconds
BATCH = 1000  # events
ARGON2_MEMORY, ARGON2_ROUNDS = 64, 1  # nothing here is worth guessing: a hash takes a millisecond
SMS_SECONDS, SMS_AT_ONCE = 5.0, 64
LIMITS = SmsLimits(per_address=0)


class InjectedFault(Exception):
    """The fault that a test asked for."""


class NotServed(Refusal):
    """Only a worker with a real database can tell this."""

    kind = "denied"
    text = "userbus in memory has no database that could be diagnosed"

    def __init__(self) -> None:
        super().__init__()
        vars(self)["code"] = "test.not_served"  # of the object alone: it is no code of the service


async def refuse_diagnosis(*_: Any) -> None:
    """Refuse to tell of a database. Raises `NotServed`."""
    raise NotServed


class MemoryWorker:
    """Serves what comes to the broker, which clients reach at `url`.

    `requests` are the envelopes of all that came, `events` what was emitted.
    """

    def __init__(self, broker: Broker, url: str) -> None:
        self.broker = broker
        self.script = Script()
        self.codes = KeptCodes()
        self.requests: list[Envelope] = []
        self.events: list[OutboxEvent] = []
        self._dependencies = _open_dependencies(self.codes, url)
        self._pipeline = Pipeline(self._dependencies, {**HANDLERS, "worker.diagnose": refuse_diagnosis}, PATIENCE)
        self._replies = MemoryReplies(self.broker)
        publisher, outage = MemoryPublisher(self.broker), Outage(self._dependencies.store.availability)
        # the replies of failures, which are never held back
        delayed = DelayedReplies(self._replies)
        self._settlement = Settlement(self._pipeline, delayed, Retry(publisher, "memory"), outage, lambda: None)
        self._serving: set[asyncio.Task[None]] = set()
        self._relaying = asyncio.Lock()
        self._outbox = Outbox(self._dependencies.store)
        self._faults: list[BaseException] = []

    async def open(self) -> None:
        """Store the first rows and begin to consume."""
        await prepare(self._dependencies.store)
        end = WorkerEnd(self._receive)
        for name in consumed_queues(FAMILIES):
            self.broker.queues[name].add(end, None)

    async def close(self) -> None:
        """End what is under way. Raises what has gone wrong in userbus in memory itself."""
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        self._dependencies.passwords.close()
        if self._faults:
            raise self._faults[0]

    async def wait_idle(self) -> None:
        """Wait until everything that came has been served and its events are published."""
        while self._serving:
            await asyncio.wait(self._serving)

    def emit(self, event: OutboxEvent) -> None:
        """Publish an event, with all data and without personal data."""
        self._publish(plain_event_message(event, {}))
        self._publish(event_message(event, {}))

    def _publish(self, made: Publication) -> None:
        self.broker.publish(BrokerMessage(made.exchange, made.key, made.properties, made.body))

    def _receive(self, envelope: Envelope) -> None:
        self.requests.append(envelope)
        task = asyncio.get_running_loop().create_task(self._serve_first(envelope))
        self._serving.add(task)
        task.add_done_callback(self._end_serving)

    def _end_serving(self, task: asyncio.Task[None]) -> None:
        self._serving.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._faults.append(error)

    async def _serve_first(self, envelope: Envelope) -> None:
        trouble = self.script.take(envelope.name)
        failure = failure_before_start(envelope, time.time())
        if failure is not None:
            await self._settlement.settle(envelope, failure, self._serve)
        elif trouble.silence != "not carried out":
            await self._serve(envelope, trouble)
        await self._relay()

    async def _serve(self, envelope: Envelope, trouble: ScriptedTrouble = UNTROUBLED) -> str:
        outcome = await self._attempt(envelope, trouble)
        if isinstance(outcome, DeliveryFailure):
            return await self._settlement.settle(envelope, outcome, self._serve)
        if trouble.silence is None:
            await self._replies.send(envelope, outcome.reply)
        return outcome.name

    async def _attempt(self, envelope: Envelope, trouble: ScriptedTrouble) -> RequestOutcome | DeliveryFailure:
        try:
            request = decode(envelope)
            if trouble.problem is not None:
                return await self._fail(envelope, trouble)
            return await self._pipeline.carry_out(request, envelope)
        except Undecodable as error:
            return DeliveryFailure("undecodable", error.problem, malformed=error.malformed)
        except StoreUnavailable as error:
            return DeliveryFailure("unavailable", problem(error))
        except Exception as error:  # as in the worker: it is dead-lettered, with its id
            return fault_failure(error, uuid4().hex)

    async def _fail(self, envelope: Envelope, trouble: ScriptedTrouble) -> RequestOutcome | DeliveryFailure:
        why = trouble.problem
        assert why is not None  # noqa: S101  silence is told before
        if why.kind == "internal":
            raise InjectedFault(why.message)
        if why.kind == "unavailable":
            return DeliveryFailure("unavailable", why)
        if envelope.entry is not None and envelope.entry.is_command:
            return await self._pipeline.refuse(why, envelope)
        return failed_outcome(why)

    async def _relay(self) -> None:
        async with self._relaying:
            while entries := await self._outbox.find_pending(BATCH):
                for event in [event for entry in entries for event in entry.events]:
                    self.events.append(event)
                    self.emit(event)
                await self._outbox.mark_sent([entry.id for entry in entries])


def _open_dependencies(codes: KeptCodes, url: str) -> Dependencies:
    store, keys = MemoryStore(), Keys(uuid4().hex)
    counters = Counters(store)
    sends = SendReservations(store, keys, counters, LIMITS)
    return Dependencies(
        store,
        counters,
        Journal(store, keys),
        keys,
        Passwords(ARGON2_MEMORY, ARGON2_ROUNDS),
        Vault(Fernet.generate_key().decode()),
        sms=SmsDelivery(codes, sends, SMS_SECONDS, SMS_AT_ONCE, SMS_AT_ONCE),
        retry_ladder=BrokerRetryLadder(url),
        facts={"worker": worker_name(), "sms_sender": "memory"}
        | {f"sms_{name}": str(getattr(LIMITS, name)) for name in ("per_number", "per_address", "per_day")},
    )
