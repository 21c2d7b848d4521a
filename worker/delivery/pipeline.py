"""Carry out a decoded request: in one transaction with its journal entry where it is a command."""

import asyncio
import math
import time
from dataclasses import replace
from itertools import count
from time import monotonic
from uuid import uuid4

from contracts.base import Message
from contracts.problem import Problem
from contracts.refusals import CommandRefused
from contracts.reply import Failed
from handlers.cloudevents import cloud_event
from handlers.handler import Handlers
from handlers.problems import problem
from handlers.registry import GROUPED
from handlers.views import shown_users
from models.errors.base import DeadlinePassed, MessageReused, Refusal, StoreUnavailable
from models.store.journal import CommandContext
from models.store.time_limit import limit_operations
from models.transaction import LONGEST_RETRY_DELAY, with_transaction
from models.turns import take_turns
from models.unit_of_work import Dependencies, Emitted, UnitOfWork
from tracing.spans import begin_step, current_headers
from worker.delivery.bodies import canonical_json
from worker.delivery.envelope import Envelope
from worker.delivery.outcome import RequestOutcome, done_outcome, failed_outcome, repeated_outcome

MARGIN_SECONDS = 0.05
DATABASE_MARGIN_SECONDS = 0.075
MAX_SECONDS = 3600.0
MAX_RETRY_SECONDS = 60.0

WITHOUT_DATABASE = ("health.", "worker.diagnose", "retry.list")  # answered while it is down


class Pipeline:
    """Carries requests out: each command in one transaction with its journal entry, each query on its own.

    `patience` (seconds) bounds the retries of a request whose caller named no deadline.
    """

    def __init__(self, shared: Dependencies, handlers: Handlers, patience: float) -> None:
        self._shared = shared
        self._handlers = handlers
        self._patience = patience

    async def carry_out(self, request: Message, envelope: Envelope) -> RequestOutcome:
        """Return the outcome before the deadline. Raises `StoreUnavailable`, and whatever fault a handler has."""
        if self._shared.store.availability.is_down and not envelope.name.startswith(WITHOUT_DATABASE):
            raise StoreUnavailable("the database is down: try again later with the same message_id")
        try:
            async with asyncio.timeout(_seconds_left(envelope)) as timeout:
                with limit_operations(self._end_of_operations(envelope)):
                    return await self._carry_out(request, envelope)
        except TimeoutError:
            if timeout.expired():
                raise StoreUnavailable(DeadlinePassed.text) from DeadlinePassed()
            raise
        except StoreUnavailable as error:
            if isinstance(error.__cause__, Refusal) or not self._is_out_of_time(envelope):
                raise
            raise StoreUnavailable(DeadlinePassed.text) from DeadlinePassed()

    async def refuse(self, why: Problem, envelope: Envelope) -> RequestOutcome:
        """Journal that a command was refused, with `command.refused` where it has no caller."""
        context = self._context(envelope)
        until = self._retry_until(envelope)
        try:
            return await self._journal_refusal(why, envelope, context, until)
        except MessageReused as reused:  # the entry of the id's first command stays as it is
            why = problem(reused)
        if envelope.reply_to is not None:
            return failed_outcome(why)
        await self._journal_refusal(why, envelope, _entry_apart(context), until)
        return failed_outcome(why, committed=True)

    async def report(self, why: Problem, envelope: Envelope) -> None:
        """Publish `command.refused` for a message that cannot be read; its message_id may still be used."""
        context = self._context(envelope)
        await self._journal_refusal(why, envelope, _entry_apart(context), self._retry_until(envelope))

    async def _carry_out(self, request: Message, envelope: Envelope) -> RequestOutcome:
        if envelope.entry is None or not envelope.entry.is_command:
            return await self._run_query(request, envelope)
        runs = count()
        try:
            return await with_transaction(
                self._shared,
                self._context(envelope),
                lambda unit: self._run_command(request, envelope, unit, is_rerun=next(runs) > 0),
                self._retry_until(envelope),
                grouped=envelope.name in GROUPED,
            )
        except Refusal as refusal:
            if refusal.kind == "unavailable":  # the same message_id shall be tried again, so nothing is remembered
                raise StoreUnavailable(str(refusal)) from refusal
            return await self.refuse(problem(refusal), envelope)

    async def _run_command(
        self, request: Message, envelope: Envelope, unit: UnitOfWork, is_rerun: bool
    ) -> RequestOutcome:
        context = unit.context
        # a first delivery is rarely a repeat; where it is one, the entry's unique id undoes this run and the next looks
        may_repeat = is_rerun or envelope.redelivered or not (envelope.entry and envelope.entry.is_reversible)
        if may_repeat and (stored := await self._shared.journal.find_reply(context)) is not None:
            return repeated_outcome(stored)
        with begin_step("handle"):
            result = await self._handlers[envelope.name](request, unit)
        emitted = [*unit.emitted]
        if isinstance(result, Failed):
            outcome = failed_outcome(result.problem, committed=True)
            emitted += [] if envelope.reply_to else [_refused_event(result.problem, envelope, context)]
        else:
            outcome = done_outcome(result, committed=True)
            for id in shown_users(result):
                unit.add_subject(f"user/{id}")
        context = unit.context
        events = [cloud_event(event, context) async for event in take_turns(emitted)]
        with begin_step("commit"):
            await unit.commit(outcome.reply, events, outcome.code)
        return outcome

    async def _run_query(self, request: Message, envelope: Envelope) -> RequestOutcome:
        handler = self._handlers[envelope.name]
        try:
            with begin_step("handle"):
                view = await with_transaction(
                    self._shared, None, lambda unit: handler(request, unit), self._retry_until(envelope)
                )
        except Refusal as refusal:
            return failed_outcome(problem(refusal))
        return done_outcome(view)

    async def _journal_refusal(
        self, why: Problem, envelope: Envelope, context: CommandContext, until: float
    ) -> RequestOutcome:
        refused = _refused_event(why, envelope, context)

        async def write_entry(unit: UnitOfWork) -> RequestOutcome:
            stored = await self._shared.journal.find_reply(context)
            if stored is not None:
                return repeated_outcome(stored)
            outcome = failed_outcome(why, committed=True)
            events = [] if envelope.reply_to else [cloud_event(refused, self._context(envelope))]
            with begin_step("commit"):
                await unit.commit(outcome.reply, events, outcome.code)
            return outcome

        return await with_transaction(self._shared, context, write_entry, until)

    def _context(self, envelope: Envelope) -> CommandContext:
        newest, *former = self._shared.keys.digest_pairs(envelope.body, canonical_json(envelope.body))
        return CommandContext(
            name=envelope.name,
            message_id=envelope.message_id or "",
            digest=newest[0],
            canonical_digest=newest[1],
            former_digests=tuple(former),
            app_id=envelope.app_id,
            caller=envelope.caller,
            actor=envelope.actor,
            client_address=envelope.client_address,
            correlation_id=envelope.correlation_id,
            traceparent=current_headers().get("traceparent", envelope.traceparent),
        )

    def _retry_until(self, envelope: Envelope) -> float:
        """Return the loop time until which the request is tried again."""
        left = self._patience if envelope.deadline is None else envelope.deadline - time.time()
        return asyncio.get_running_loop().time() + min(left, MAX_RETRY_SECONDS)

    def _is_out_of_time(self, envelope: Envelope) -> bool:
        """Whether it is the caller's deadline that left no time for another attempt."""
        left = _seconds_left(envelope)
        return left is not None and left <= LONGEST_RETRY_DELAY and not self._shared.store.availability.is_down

    def _end_of_operations(self, envelope: Envelope) -> float:
        """Return when the database shall end what it still does, in monotonic seconds: before the work is cancelled."""
        if envelope.deadline is not None:
            return monotonic() + envelope.deadline - time.time() - DATABASE_MARGIN_SECONDS
        is_command = envelope.entry is not None and envelope.entry.is_command
        return math.inf if is_command else monotonic() + self._patience


def _seconds_left(envelope: Envelope) -> float | None:
    return None if envelope.deadline is None else min(envelope.deadline - time.time() - MARGIN_SECONDS, MAX_SECONDS)


def _entry_apart(context: CommandContext) -> CommandContext:
    return replace(context, message_id=f"{context.message_id or uuid4().hex}/{context.name}/{context.digest}")


def _refused_event(why: Problem, envelope: Envelope, context: CommandContext) -> Emitted:
    sender = {"app_id": context.app_id, "caller": context.caller}
    view = CommandRefused(message_id=envelope.message_id, **sender, name=envelope.name, problem=why)
    return Emitted("command.refused", f"command/{context.message_id}", 1, view)
