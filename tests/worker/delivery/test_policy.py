"""The policy for failed deliveries, as a table."""

from dataclasses import replace

import pytest

from contracts.catalog import CATALOG
from contracts.problem import Problem
from contracts.topology.declared import DELIVERY_LIMIT
from contracts.topology.retry_steps import RETRY_STEPS
from worker.delivery.envelope import Envelope
from worker.delivery.policy import (
    Decision,
    DeliveryFailure,
    OutageState,
    decide,
    failure_before_start,
    fault_failure,
    open_circuit_failure,
)

WHY = Problem(kind="unavailable", code="x.y", message="no")
POISON = DeliveryFailure("poison", WHY)
EXPIRED = DeliveryFailure("expired", WHY)
UNAVAILABLE = DeliveryFailure("unavailable", WHY)
WRONG_FIELDS = DeliveryFailure("undecodable", WHY)
MALFORMED = DeliveryFailure("undecodable", WHY, malformed=True)
FAULT = fault_failure(RuntimeError("x"), "id")
CIRCUIT = open_circuit_failure("user.create")

COMMAND = Envelope(name="user.create", entry=CATALOG["user.create"], body=b"{}", message_id="m")
QUERY = Envelope(name="user.get", entry=CATALOG["user.get"], body=b"{}", message_id="m")
UNKNOWN = Envelope(name="user.explode", entry=None, body=b"{}", message_id="m")
ANONYMOUS = replace(COMMAND, message_id=None)
EXHAUSTED = replace(COMMAND, attempt=len(RETRY_STEPS))
LAST_TRY = replace(COMMAND, attempt=len(RETRY_STEPS) - 1)

UP = OutageState()
FULL = OutageState(may_hold=False)


def down(seconds: float, may_hold: bool = False) -> OutageState:
    return OutageState(seconds, may_hold)


@pytest.mark.parametrize(
    ("failure", "envelope", "outage", "decision"),
    [
        (EXPIRED, COMMAND, UP, Decision("drop")),
        (EXPIRED, QUERY, down(9), Decision("drop")),
        (POISON, COMMAND, UP, Decision("dead_letter")),
        (FAULT, COMMAND, UP, Decision("dead_letter")),
        (FAULT, QUERY, down(9), Decision("dead_letter")),
        (CIRCUIT, COMMAND, UP, Decision("defer", "5s")),
        (CIRCUIT, EXHAUSTED, down(9), Decision("defer", "5s")),
        (WRONG_FIELDS, COMMAND, UP, Decision("refuse")),
        (WRONG_FIELDS, COMMAND, down(9), Decision("refuse")),
        (WRONG_FIELDS, ANONYMOUS, UP, Decision("dead_letter")),
        (WRONG_FIELDS, QUERY, UP, Decision("dead_letter")),
        (WRONG_FIELDS, UNKNOWN, UP, Decision("dead_letter")),
        (MALFORMED, COMMAND, UP, Decision("dead_letter")),
        (MALFORMED, UNKNOWN, UP, Decision("dead_letter")),
        (UNAVAILABLE, COMMAND, UP, Decision("retry")),
        (UNAVAILABLE, COMMAND, FULL, Decision("retry")),
        (UNAVAILABLE, LAST_TRY, UP, Decision("retry")),
        (UNAVAILABLE, EXHAUSTED, UP, Decision("dead_letter")),
        (UNAVAILABLE, COMMAND, down(0, may_hold=True), Decision("hold")),
        (UNAVAILABLE, EXHAUSTED, down(9, may_hold=True), Decision("hold")),
        (UNAVAILABLE, COMMAND, down(0), Decision("defer", "1s")),
        (UNAVAILABLE, COMMAND, down(4.9), Decision("defer", "1s")),
        (UNAVAILABLE, COMMAND, down(5), Decision("defer", "5s")),
        (UNAVAILABLE, EXHAUSTED, down(59), Decision("defer", "5s")),
        (UNAVAILABLE, COMMAND, down(60), Decision("defer", "30s")),
    ],
)
def test_what_becomes_of_a_delivery_without_a_caller(
    failure: DeliveryFailure, envelope: Envelope, outage: OutageState, decision: Decision
) -> None:
    assert decide(failure, envelope, outage) == decision


@pytest.mark.parametrize("outage", [UP, FULL, down(9), down(9, may_hold=True)])
@pytest.mark.parametrize("envelope", [COMMAND, QUERY, UNKNOWN, ANONYMOUS, EXHAUSTED])
@pytest.mark.parametrize(
    ("failure", "action"),
    [
        (EXPIRED, "drop"),
        (POISON, "dead_letter"),
        (FAULT, "dead_letter"),
        (CIRCUIT, "reply"),
        (WRONG_FIELDS, "reply"),
        (MALFORMED, "reply"),
        (UNAVAILABLE, "reply"),
    ],
)
def test_a_caller_hears_at_once_whatever_the_state(
    failure: DeliveryFailure, action: str, envelope: Envelope, outage: OutageState
) -> None:
    assert decide(failure, replace(envelope, reply_to="queue"), outage).action == action


@pytest.mark.parametrize(
    ("envelope", "kind"),
    [
        (COMMAND, None),
        (replace(COMMAND, deadline=100.1), None),
        (replace(COMMAND, deadline=100.0), "expired"),
        (replace(COMMAND, deliveries=DELIVERY_LIMIT - 1), None),
        (replace(COMMAND, deliveries=DELIVERY_LIMIT), "poison"),
        (replace(COMMAND, deliveries=DELIVERY_LIMIT, deadline=99.0), "expired"),
    ],
)
def test_what_is_not_even_started(envelope: Envelope, kind: str | None) -> None:
    failure = failure_before_start(envelope, 100.0)
    assert (failure and failure.kind) == kind
