"""The way of a decoded request: Refusals( Work( handler ) )."""

import asyncio
import time
from dataclasses import replace
from itertools import count

from contracts.base import Message
from contracts.problem import Problem
from contracts.refusals import CommandRefused
from contracts.reply import Done, Failed, Reply
from handlers.deps import Handlers
from handlers.envelope import Envelope
from handlers.events import outgoing
from models.attempt import attempt
from models.errors.base import DeadlinePassed, MessageReused, Refusal, StoreUnavailable
from models.journal import Caller
from models.unit import Emitted, Shared, Unit

MARGIN_SECONDS = 0.05
MOST_SECONDS = 3600.0
OUTSIDE = frozenset({"sms.send_code"})  # what these do cannot be rolled back, so they look for a repeat first


class Pipeline:
    """Carries requests out: each command in one transaction with its journal entry, each query on its own.

    `patience` (seconds) bounds the retries of a request whose caller named no deadline.
    """

    def __init__(self, shared: Shared, handlers: Handlers, patience: float) -> None:
        self._shared = shared
        self._handlers = handlers
        self._patience = patience

    async def reply(self, request: Message, envelope: Envelope) -> str:
        """The reply's JSON, before the deadline. Raises `StoreUnavailable`, and whatever a fault in a handler is."""
        if self._shared.store.watch.down and not envelope.name.startswith("health."):
            raise StoreUnavailable("the database is down: try again later with the same message_id")
        try:
            async with asyncio.timeout(_limit(envelope)) as timeout:
                return await self._reply(request, envelope, self._until(envelope))
        except TimeoutError:
            if timeout.expired():
                raise StoreUnavailable(DeadlinePassed.text) from DeadlinePassed()
            raise

    async def _reply(self, request: Message, envelope: Envelope, until: float) -> str:
        if envelope.entry is None or not envelope.entry.is_command:
            return await self._answer(request, envelope, until)
        caller = called(envelope, self._shared)
        try:
            runs = count()
            return await attempt(
                self._shared, caller, lambda unit: self._work(request, envelope, unit, next(runs) > 0), until
            )
        except Refusal as refusal:
            if refusal.kind == "unavailable":  # the same message_id shall be tried again, so nothing is remembered
                raise StoreUnavailable(str(refusal)) from refusal
            return await self.refuse(problem(refusal), envelope, until)

    async def refuse(self, why: Problem, envelope: Envelope, until: float | None = None) -> str:
        """Journal that a command was refused, with `command.refused` where nobody waits; the reply's JSON."""
        caller, until = called(envelope, self._shared), until or self._until(envelope)
        try:
            return await self._remember(why, envelope, caller, until)
        except MessageReused as reused:  # the entry of the id's first command stays as it is
            why = problem(reused)
        if envelope.reply_to is None:
            own = replace(caller, message_id=f"{caller.message_id}/{caller.name}/{caller.digest}")
            await self._remember(why, envelope, own, until)
        return rendered(Failed(problem=why))

    async def _remember(self, why: Problem, envelope: Envelope, caller: Caller, until: float) -> str:
        event = _refused(why, envelope, caller)

        async def entry(unit: Unit) -> str:
            stored = await self._shared.journal.reply(caller)
            if stored is None:
                stored = rendered(Failed(problem=why))
                told = [outgoing(event, called(envelope, self._shared))] if envelope.reply_to is None else []
                await unit.commit(stored, told)
            return stored

        return await attempt(self._shared, caller, entry, until)

    async def _work(self, request: Message, envelope: Envelope, unit: Unit, again: bool) -> str:
        caller = unit.caller
        # a first delivery is rarely a repeat; where it is one, the entry's unique id undoes this run and the next looks
        if again or envelope.redelivered or envelope.name in OUTSIDE:
            stored = await self._shared.journal.reply(caller)
            if stored is not None:
                return stored
        outcome = await self._handlers[envelope.name](request, unit)
        refused = isinstance(outcome, Failed)
        reply = rendered(outcome if refused else Done(data=outcome))
        unheard = [_refused(outcome.problem, envelope, caller)] if refused and not envelope.reply_to else []
        await unit.commit(reply, [outgoing(emitted, caller) for emitted in (*unit.emitted, *unheard)])
        return reply

    async def _answer(self, request: Message, envelope: Envelope, until: float) -> str:
        handler = self._handlers[envelope.name]
        try:
            return rendered(Done(data=await attempt(self._shared, None, lambda unit: handler(request, unit), until)))
        except Refusal as refusal:
            return rendered(Failed(problem=problem(refusal)))

    def _until(self, envelope: Envelope) -> float:
        left = self._patience if envelope.deadline is None else envelope.deadline - time.time()
        return asyncio.get_running_loop().time() + min(left, 60.0)


def _limit(envelope: Envelope) -> float | None:
    return None if envelope.deadline is None else min(envelope.deadline - time.time() - MARGIN_SECONDS, MOST_SECONDS)


def called(envelope: Envelope, shared: Shared) -> Caller:
    """Who sent the command, for the journal; the body is remembered as a keyed digest only."""
    return Caller(
        name=envelope.name,
        message_id=envelope.message_id or "",
        digest=shared.keys.digest(envelope.body),
        app_id=envelope.app_id,
        actor=envelope.actor,
        correlation_id=envelope.correlation_id,
        traceparent=envelope.traceparent,
    )


def problem(refusal: Refusal | StoreUnavailable) -> Problem:
    """A model's refusal in the words of the bus."""
    if isinstance(refusal, StoreUnavailable):
        code = refusal.__cause__.code if isinstance(refusal.__cause__, Refusal) else "store.unavailable"
        return Problem(kind="unavailable", code=code, message=str(refusal))
    return Problem.model_validate(
        {"kind": refusal.kind, "code": refusal.code, "message": str(refusal), "details": refusal.details}
    )


def rendered(reply: Reply) -> str:
    """A reply's JSON."""
    return reply.model_dump_json()


def _refused(why: Problem, envelope: Envelope, caller: Caller) -> Emitted:
    told = CommandRefused(message_id=envelope.message_id, app_id=caller.app_id, name=envelope.name, problem=why)
    return Emitted("command.refused", f"command/{caller.message_id}", 1, told)
