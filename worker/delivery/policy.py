"""What becomes of a delivery that could not be carried out: a decision, as plain data."""

from dataclasses import dataclass
from typing import Literal

from contracts.problem import Problem
from contracts.topology.declared import DELIVERY_LIMIT
from contracts.topology.retry_steps import RETRY_STEPS
from handlers.problems import problem
from models.errors.base import DeadlinePassed
from worker.delivery.envelope import Envelope

FailureKind = Literal["expired", "poison", "circuit_open", "undecodable", "unavailable", "fault", "forbidden"]
Action = Literal["drop", "reply", "refuse", "hold", "defer", "retry", "dead_letter", "report"]
CIRCUIT_STEP = "5s"
OUTAGE_STEPS = {60.0: "30s", 5.0: "5s", 0.0: "1s"}  # from so many seconds of an outage on


@dataclass(frozen=True, slots=True)
class DeliveryFailure:
    """Why a delivery was not carried out.

    `error` and `fault`, its id in the log, belong to a fault of ours; `malformed` to what could not be decoded.
    """

    kind: FailureKind
    problem: Problem
    error: Exception | None = None
    fault: str = ""
    malformed: bool = False


@dataclass(frozen=True, slots=True)
class OutageState:
    """For how many seconds the database has been down, None while it is up; whether one more delivery may be held."""

    seconds: float | None = None
    may_hold: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with a delivery, and on which wait queue a deferred one waits.

    drop: the caller waits no more. reply: answer with the problem. refuse: journal the refusal and publish
    `command.refused`. hold: keep it in flight until the database is back. defer: wait without counting an attempt.
    retry: climb the retry ladder. report: publish `command.refused` alone.
    dead_letter: answer with the problem and keep the message.
    """

    action: Action
    step: str = ""


# of deliveries whose senders do not wait for a reply
_UNASKED = {"circuit_open": Decision("defer", CIRCUIT_STEP), "forbidden": Decision("report")}


def decide(failure: DeliveryFailure, envelope: Envelope, outage: OutageState) -> Decision:
    """Decide what becomes of a delivery that failed."""
    if failure.kind == "expired":
        return Decision("drop")
    if failure.kind in ("poison", "fault"):
        return Decision("dead_letter")
    if envelope.reply_to:
        return Decision("reply")
    if failure.kind in _UNASKED:
        return _UNASKED[failure.kind]
    if failure.kind == "undecodable":
        return _decide_undecodable(failure, envelope)
    return _decide_unavailable(envelope, outage)


def _decide_undecodable(failure: DeliveryFailure, envelope: Envelope) -> Decision:
    is_command = envelope.entry is not None and envelope.entry.is_command
    if failure.malformed or not envelope.message_id or not is_command:
        return Decision("dead_letter")
    return Decision("refuse")


def _decide_unavailable(envelope: Envelope, outage: OutageState) -> Decision:
    if outage.seconds is None:
        return Decision("retry" if envelope.attempt < len(RETRY_STEPS) else "dead_letter")
    if outage.may_hold:
        return Decision("hold")
    return Decision("defer", next(step for seconds, step in OUTAGE_STEPS.items() if outage.seconds >= seconds))


def failure_before_start(envelope: Envelope, moment: float) -> DeliveryFailure | None:
    """Return why a delivery must not be started at `moment` (Unix seconds), if so."""
    if envelope.deadline is not None and envelope.deadline <= moment:
        return DeliveryFailure("expired", problem(DeadlinePassed()))
    if envelope.redelivered and envelope.entry is not None and not envelope.entry.is_command:
        # its queue does not count deliveries: one that kills its workers must not come back for ever
        text = "a worker was lost with this query in flight: ask again"
        return DeliveryFailure("unavailable", Problem(kind="unavailable", code="service.interrupted", message=text))
    if envelope.deliveries >= DELIVERY_LIMIT:
        text = "workers died with this message in flight"
        return DeliveryFailure("poison", Problem(kind="internal", code="message.poison", message=text))
    return None


def open_circuit_failure(name: str) -> DeliveryFailure:
    """Return why a request of an open circuit is not run."""
    text = f"{name} keeps failing and is not run for a few seconds: try again with the same message_id"
    return DeliveryFailure("circuit_open", Problem(kind="unavailable", code="service.circuit_open", message=text))


def fault_failure(error: Exception, id: str) -> DeliveryFailure:
    """Return an unexpected exception as a failure; `id` names it to the caller and in the log."""
    text = f"a fault of the service, logged as {id}"
    why = Problem(kind="internal", code="service.fault", message=text, details={"fault": id})
    return DeliveryFailure("fault", why, error, id)
