"""One delivery's whole way: open, decode, carry out, reply, acknowledge."""

import asyncio
import random
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import structlog
from aio_pika.abc import AbstractIncomingMessage

from contracts.problem import Problem
from contracts.redaction import scrubbed
from contracts.reply import Failed
from handlers.decoding import Undecodable, decoded
from handlers.delay import Delay
from handlers.envelope import Envelope, opened
from handlers.fuse import Fuse
from handlers.metrics import Metrics, outcome
from handlers.outage import Outage
from handlers.pipeline import Pipeline, problem, rendered
from handlers.promise import Promises
from handlers.retry import Cause, Retry
from handlers.topology import DELIVERY_LIMIT
from models.errors.base import DeadlinePassed, StoreUnavailable

SUSPECT = 3
RESTING = "5s"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Exits:
    """Where a delivery can leave: as a reply, to a later try, or into the time after an outage."""

    replies: Delay
    retry: Retry
    outage: Outage


class Consumer:
    """Serves deliveries. Commit, then reply, then acknowledge: a crash in between is answered from the journal.

    A message that came back three times from workers that died is run alone, so that the one which kills them does not
    take its neighbours along; at the delivery limit it is parked unread.
    """

    def __init__(self, pipeline: Pipeline, exits: Exits, metrics: Metrics, committed: Callable[[], None]) -> None:
        self._pipeline = pipeline
        self._replies = exits.replies
        self._retry = exits.retry
        self._outage = exits.outage
        self._promises = Promises(self._late)
        self._fuse = Fuse()
        self._metrics = metrics
        self._committed = committed
        self._alone = asyncio.Lock()

    async def receive(self, message: AbstractIncomingMessage) -> None:
        """Serve one delivery; it is acknowledged once it has been answered, put off or parked."""
        began = time.perf_counter()
        self._metrics.in_flight.inc()
        try:
            envelope = opened(message)
            ended = await self._receive(message, envelope)
            self._metrics.served(envelope, ended, time.perf_counter() - began)
        except Exception as error:  # the last resort: a delivery that is never settled would hold its place for ever
            log.error("rejected", name=message.routing_key, message_id=message.message_id, exc_info=error)
            return await message.reject(requeue=False)
        finally:
            self._metrics.in_flight.dec()
        if not message.processed:
            await message.ack()

    async def _receive(self, message: AbstractIncomingMessage, envelope: Envelope) -> str:
        if envelope.deadline is not None and envelope.deadline <= time.time():
            log.info("deadline passed", name=envelope.name, message_id=envelope.message_id)
            return "late"
        if envelope.deliveries >= DELIVERY_LIMIT:
            why = Problem(kind="internal", code="message.deadly", message="workers died with this message in hand")
            return await self._parked(message, envelope, Cause(why))
        if envelope.deliveries < SUSPECT:
            return await self._serve(message, envelope)
        await asyncio.sleep(_turn(envelope))
        async with self._alone:
            ended = await self._serve(message, envelope)
            await message.ack()  # before the next begins, which may be the one that kills
            return ended

    async def _serve(self, message: AbstractIncomingMessage, envelope: Envelope) -> str:
        if self._fuse.rests(envelope.name):
            return await self._rest(message, envelope)
        try:
            with self._promises.kept(envelope):
                reply = await self._pipeline.reply(decoded(envelope), envelope)
        except Undecodable as error:
            return await self._undecodable(message, envelope, error)
        except StoreUnavailable as error:
            return await self._unavailable(message, envelope, problem(error))
        except Exception as error:  # a fault of ours must not stop the consumer: it is parked, with its id
            return await self._fault(message, envelope, error)
        self._fuse.went_well(envelope.name)
        await self._replies.send(envelope, reply)
        if envelope.entry and envelope.entry.is_command:
            self._committed()
        return outcome(reply)

    async def _undecodable(self, message: AbstractIncomingMessage, envelope: Envelope, error: Undecodable) -> str:
        if envelope.reply_to:
            return await self._refused(envelope, error.problem)
        if error.park or not envelope.message_id or not envelope.entry or not envelope.entry.is_command:
            await self._retry.park(message, envelope, Cause(error.problem))
            return "parked"
        try:
            await self._pipeline.refuse(error.problem, envelope)
        except StoreUnavailable as trouble:
            return await self._unavailable(message, envelope, problem(trouble))
        self._committed()
        return error.problem.kind

    async def _unavailable(self, message: AbstractIncomingMessage, envelope: Envelope, why: Problem) -> str:
        if envelope.reply_to:
            return await self._refused(envelope, why)
        if not self._outage.present:
            await self._retry.later(message, envelope, why)
        elif await self._outage.over(message, envelope):
            return await self._serve(message, envelope)
        return "put_off"

    async def _rest(self, message: AbstractIncomingMessage, envelope: Envelope) -> str:
        text = f"{envelope.name} keeps failing and rests for a few seconds: try again with the same message_id"
        if envelope.reply_to:
            return await self._refused(envelope, Problem(kind="unavailable", code="service.rests", message=text))
        await self._retry.put_off(message, envelope, RESTING)
        return "put_off"

    async def _fault(self, message: AbstractIncomingMessage, envelope: Envelope, error: Exception) -> str:
        fault = uuid4().hex
        told = scrubbed(envelope.entry, envelope.body, f"{type(error).__name__}: {error}")
        frames = "".join(traceback.format_tb(error.__traceback__))
        log.error("fault", fault=fault, name=envelope.name, message_id=envelope.message_id, text=told, trace=frames)
        if self._fuse.failed(envelope.name):
            log.error("rests", name=envelope.name, reason="it failed again and again")
        text = f"a fault of the service, logged as {fault}"
        why = Problem(kind="internal", code="service.fault", message=text, details={"fault": fault})
        return await self._parked(message, envelope, Cause(why, error, fault))

    async def _parked(self, message: AbstractIncomingMessage, envelope: Envelope, cause: Cause) -> str:
        await self._refused(envelope, cause.problem)
        await self._retry.park(message, envelope, cause)
        return "parked"

    async def _late(self, envelope: Envelope) -> str:
        return await self._refused(envelope, problem(DeadlinePassed()))

    async def _refused(self, envelope: Envelope, why: Problem) -> str:
        await self._replies.send(envelope, rendered(Failed(problem=why)))
        return why.kind


def _turn(envelope: Envelope) -> float:
    """When to run a suspect, in seconds: whoever came after the killer comes before it the next time."""
    place = random.Random(f"{envelope.message_id} {envelope.deliveries // 2}").random()
    return place if envelope.deliveries % 2 else 1 - place
