"""One delivery's whole way: read, decode, carry out, reply, acknowledge."""

import asyncio
import random
import time
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, cast
from uuid import uuid4

import structlog
from aio_pika.abc import AbstractIncomingMessage
from aiormq.channel import Channel

from contracts.base import Request
from contracts.redaction import scrub
from handlers.problems import problem
from models.errors.base import DeadlinePassed, StoreUnavailable
from tracing.spans import begin_step
from worker.bus.acknowledgements import AcknowledgementBatch
from worker.delivery.callers import Callers
from worker.delivery.circuit_breaker import CircuitBreaker
from worker.delivery.decoding import Undecodable, decode
from worker.delivery.delayed_replies import DelayedReplies
from worker.delivery.delivery_span import begin_delivery_span, describe_outcome
from worker.delivery.envelope import Envelope, read_envelope
from worker.delivery.late_answers import LateAnswers
from worker.delivery.outcome import RequestOutcome, failed_outcome
from worker.delivery.pipeline import Pipeline
from worker.delivery.policy import DeliveryFailure, failure_before_start, fault_failure, open_circuit_failure
from worker.delivery.refusal_log import log_refusal
from worker.delivery.request_records import RequestRecords
from worker.delivery.settlement import Settlement

SUSPECT_DELIVERIES = 3
log = structlog.get_logger()


class Consumer:
    """Serves deliveries. Commit, then reply, then acknowledge: a crash in between is answered from the journal.

    A message that came back three times from workers that died is run alone, so that one which kills its workers does
    not take its neighbours along; at the delivery limit it is dead-lettered unread.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        settlement: Settlement,
        replies: DelayedReplies,
        records: RequestRecords,
        callers: Callers,
    ) -> None:
        self._pipeline = pipeline
        self._settlement = settlement
        self._replies = replies
        self._records = records
        self._callers = callers
        self._late_answers = LateAnswers(self._answer_late)
        self._breaker = CircuitBreaker()
        self._alone = asyncio.Lock()
        self._batches: dict[Channel, AcknowledgementBatch] = {}

    async def receive(self, message: AbstractIncomingMessage) -> None:
        """Serve one delivery; acknowledge it once it has been answered, deferred or dead-lettered."""
        began = time.perf_counter()
        batch, tag = self._batch(cast(Channel, message.channel)), message.delivery_tag or 0
        batch.tags.receive(tag)
        self._records.counts.in_flight += 1
        try:
            envelope = self._callers.clear_untrusted(read_envelope(message))
            with begin_delivery_span(envelope) as span:
                outcome = await self._receive(envelope, partial(batch.acknowledge, tag))
                describe_outcome(span, outcome)
                self._records.add(envelope, outcome, time.perf_counter() - began)
        except Exception as error:  # the last resort: a delivery that is never settled would hold its place for ever
            log.error("rejected", name=message.routing_key, message_id=message.message_id, exc_info=error)
            await message.reject(requeue=False)
            return batch.tags.settle(tag)
        finally:
            self._records.counts.in_flight -= 1
        if batch.tags.is_in_hand(tag):
            await batch.acknowledge(tag)

    def _batch(self, channel: Channel) -> AcknowledgementBatch:
        if channel not in self._batches:
            still_open = {known: batch for known, batch in self._batches.items() if not known.is_closed}
            self._batches = {**still_open, channel: AcknowledgementBatch(channel)}
        return self._batches[channel]

    async def _receive(self, envelope: Envelope, acknowledge: Callable[[], Awaitable[None]]) -> str:
        failure = failure_before_start(envelope, time.time())
        if failure is not None:
            return await self._settlement.settle(envelope, failure, self._serve)
        if envelope.deliveries < SUSPECT_DELIVERIES:
            return await self._serve(envelope)
        await asyncio.sleep(_suspect_pause(envelope))
        async with self._alone:
            outcome = await self._serve(envelope)
            await acknowledge()  # before the next begins, which may be the one that kills
            return outcome

    async def _serve(self, envelope: Envelope) -> str:
        outcome = await self._attempt(envelope)
        if isinstance(outcome, DeliveryFailure):
            return await self._settlement.settle(envelope, outcome, self._serve)
        log_refusal(envelope, outcome)
        await self._replies.send(envelope, outcome)
        if outcome.committed:
            self._settlement.wake_relay()
        return outcome.name

    async def _attempt(self, envelope: Envelope) -> RequestOutcome | DeliveryFailure:
        if self._breaker.is_open(envelope.name):
            return open_circuit_failure(envelope.name)
        try:
            with begin_step("decode"):
                request = self._decode(envelope)
            if isinstance(request, DeliveryFailure):
                return request
            with self._late_answers.guard(envelope):
                outcome = await self._pipeline.carry_out(request, envelope)
        except Undecodable as error:
            return DeliveryFailure("undecodable", error.problem, malformed=error.malformed)
        except StoreUnavailable as error:
            return DeliveryFailure("unavailable", problem(error))
        except Exception as error:  # a fault of ours must not stop the consumer: it is dead-lettered, with its id
            return self._record_fault(envelope, error)
        self._breaker.record_success(envelope.name)
        return outcome

    def _decode(self, envelope: Envelope) -> Request[Any] | DeliveryFailure:
        """Return the request; its caller is checked before its body is read, and again for what the body asks."""
        why = self._callers.problem(envelope)
        if why is None:
            request = decode(envelope)
            why = self._callers.problem(envelope, *request.also_requires) if request.also_requires else None
        return request if why is None else DeliveryFailure("forbidden", why)

    def _record_fault(self, envelope: Envelope, error: Exception) -> DeliveryFailure:
        id, name = uuid4().hex, envelope.name
        text = scrub(envelope.entry, envelope.body, f"{type(error).__name__}: {error}")
        trace = "".join(traceback.format_tb(error.__traceback__))
        log.error("fault", fault=id, name=name, message_id=envelope.message_id, text=text, trace=trace)
        if self._breaker.record_failure(name):
            log.error("circuit open", name=name, reason="it failed again and again")
        return fault_failure(error, id)

    async def _answer_late(self, envelope: Envelope) -> None:
        await self._replies.send(envelope, failed_outcome(problem(DeadlinePassed())))


def _suspect_pause(envelope: Envelope) -> float:
    """Return after how many seconds to run a suspect: those that came after the killer come before it the next time."""
    place = random.Random(f"{envelope.message_id} {envelope.deliveries // 2}").random()
    return place if envelope.deliveries % 2 else 1 - place
