"""Acting on what the policy decides about a delivery that could not be carried out."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from handlers.problems import problem
from models.errors.base import StoreUnavailable
from worker.delivery.dead_letter_content import DeadLetterReason
from worker.delivery.delayed_replies import DelayedReplies
from worker.delivery.envelope import Envelope
from worker.delivery.outage import Outage
from worker.delivery.outcome import failed_outcome
from worker.delivery.pipeline import Pipeline
from worker.delivery.policy import Decision, DeliveryFailure, decide
from worker.delivery.refusal_log import log_refusal
from worker.delivery.retry import Retry

log = structlog.get_logger()
Serve = Callable[[Envelope], Awaitable[str]]


class Settlement:
    """Settles failed deliveries, after which their messages are acknowledged."""

    def __init__(
        self,
        pipeline: Pipeline,
        replies: DelayedReplies,
        retry: Retry,
        outage: Outage,
        wake_relay: Callable[[], None],
    ) -> None:
        self._pipeline = pipeline
        self._replies = replies
        self._retry = retry
        self._outage = outage
        self.wake_relay = wake_relay

    async def settle(self, envelope: Envelope, failure: DeliveryFailure, serve: Serve) -> str:
        """Decide and act; return what became of the delivery, for the metrics.

        A delivery that was held until an outage was over is given to `serve` again.
        """
        decision = decide(failure, envelope, self._outage.state())
        if decision.action == "hold":
            if await self._outage.wait_until_over():
                return await serve(envelope)
            decision = decide(failure, envelope, replace(self._outage.state(), may_hold=False))
        if decision.action == "refuse":
            return await self._refuse(envelope, failure, serve)
        if decision.action == "report":
            await self._report(envelope, failure)
            return failure.problem.kind
        return await self._act(decision, envelope, failure)

    async def _refuse(self, envelope: Envelope, failure: DeliveryFailure, serve: Serve) -> str:
        try:
            outcome = await self._pipeline.refuse(failure.problem, envelope)
        except StoreUnavailable as error:
            return await self.settle(envelope, DeliveryFailure("unavailable", problem(error)), serve)
        log_refusal(envelope, outcome)
        if outcome.committed:
            self.wake_relay()
        return failure.problem.kind

    async def _act(self, decision: Decision, envelope: Envelope, failure: DeliveryFailure) -> str:
        if decision.action == "drop":
            return "late"
        if decision.action == "defer":
            await self._retry.defer(envelope, decision.step, failure.problem)
            return "deferred"
        if decision.action == "retry":
            await self._retry.retry_delayed(envelope, failure.problem)
            return "deferred"
        await self._replies.send(envelope, failed_outcome(failure.problem))
        if decision.action == "reply":
            return failure.problem.kind
        if failure.kind == "undecodable":
            await self._report(envelope, failure)
        await self._retry.dead_letter(envelope, DeadLetterReason(failure.problem, failure.error, failure.fault))
        return "dead_lettered"

    async def _report(self, envelope: Envelope, failure: DeliveryFailure) -> None:
        is_query = envelope.entry is not None and not envelope.entry.is_command
        if envelope.reply_to or is_query:
            return
        try:
            await self._pipeline.report(failure.problem, envelope)
        except StoreUnavailable as error:  # the dead letter still tells
            log.warning("refusal not published", message_id=envelope.message_id, reason=str(error))
        else:
            self.wake_relay()
