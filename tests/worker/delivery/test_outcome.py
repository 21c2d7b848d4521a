"""What a request leads to: its reply, its name in the metrics, its delay."""

from typing import Any

import pytest

from contracts.problem import Kind, Problem
from worker.delivery.outcome import done_outcome, failed_outcome, repeated_outcome


def problem(kind: Kind, details: Any = None) -> Problem:
    return Problem(kind=kind, code="x.y", message="no", details=details)


def test_a_done_request_has_its_view_in_the_reply() -> None:
    outcome = done_outcome({"delay": 60}, committed=True)
    assert outcome.reply == '{"status":"done","data":{"delay":60}}'
    assert (outcome.name, outcome.delay, outcome.committed) == ("done", 0.0, True)


@pytest.mark.parametrize(
    ("kind", "details", "delay"),
    [
        ("unauthenticated", {"delay": 1.5}, 1.5),
        ("unauthenticated", None, 0.0),
        ("unauthenticated", [], 0.0),
        ("conflict", {"delay": 1.5}, 0.0),
    ],
)
def test_only_a_failed_sign_in_is_delayed(kind: Kind, details: Any, delay: float) -> None:
    outcome = failed_outcome(problem(kind, details))
    assert (outcome.name, outcome.delay, outcome.committed) == (kind, delay, False)


@pytest.mark.parametrize(
    "first", [done_outcome({"id": 7}, committed=True), failed_outcome(problem("unauthenticated", {"delay": 2}))]
)
def test_a_repeat_is_answered_word_for_word_and_as_late(first: Any) -> None:
    again = repeated_outcome(first.reply)
    assert (again.reply, again.name, again.delay) == (first.reply, first.name, first.delay)
    assert not again.committed
